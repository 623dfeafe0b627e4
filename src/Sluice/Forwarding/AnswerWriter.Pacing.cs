using System.Buffers;
using Sluice.Policy;

namespace Sluice.Forwarding;

// Answers that a rule lets go only so fast: what is sent is paid for before the next may go.
internal sealed partial class AnswerWriter
{
    /// <param name="turn">As much goes at once, in octets.</param>
    private async ValueTask<bool> WriteByTurnsAsync(ReadOnlySequence<byte> pieces, int turn)
    {
        foreach (var piece in pieces)
            for (var rest = piece; !rest.IsEmpty; rest = rest[Math.Min(turn, rest.Length)..])
                if (!await WriteAsync(rest[..Math.Min(turn, rest.Length)]))
                    return false;
        return true;
    }

    private async ValueTask<bool> PaceAsync(ValueTask sending, int octets, Bandwidth bandwidth)
    {
        if (!await WaitAsync(sending, octets))
            return false;
        try
        {
            await bandwidth.TakeAsync(octets, _x.Aborted);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
        // Back to its I/O thread.
        return await GiveWayAsync();
    }
}
