using System.Text.Unicode;

namespace Sluice.Cli.Demo;

/// <summary>The texts of one client: each begins with the client's number and its own, so that no two are the same,
/// goes on with 16 to 143 random characters of mixed case and ends with a line feed.</summary>
internal sealed class Texts(int client)
{
    /// <summary>No text is longer.</summary>
    public const int MaxLength = 256;

    private ulong _state = 0x9E3779B97F4A7C15UL * (uint)(client + 1);

    private static ReadOnlySpan<byte> Alphabet => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789,."u8;

    /// <returns>The text's length.</returns>
    public int Write(int request, Span<byte> to)
    {
        Utf8.TryWrite(to, $"client {client}, request {request}: ", out var length);
        var more = 16 + (int)(Next() & 127);
        for (var bits = 0UL; more > 0; more--, bits >>= 6)
        {
            if (bits == 0)
                bits = Next();
            to[length++] = Alphabet[(int)(bits & 63)];
        }
        to[length++] = (byte)'\n';
        return length;
    }

    /// <summary>Where the answer first differs from the text's capitals (a position, 0 and up), or -1.</summary>
    public static int FirstWrongByte(ReadOnlySpan<byte> text, ReadOnlySpan<byte> answer)
    {
        for (var i = 0; i < text.Length && i < answer.Length; i++)
            if (answer[i] != (text[i] is >= (byte)'a' and <= (byte)'z' ? text[i] - 32 : text[i]))
                return i;
        return text.Length == answer.Length ? -1 : Math.Min(text.Length, answer.Length);
    }

    // Xorshift (Marsaglia 2003): a few instructions, so that what is measured is the relay.
    private ulong Next()
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return _state;
    }
}
