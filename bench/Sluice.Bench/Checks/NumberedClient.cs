using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sluice.Bench.Checks;

/// <summary>A client whose every request has a URL of its own: who it is and the how many-th it is, so that records can be counted, and their order seen.</summary>
internal sealed class NumberedClient(IPEndPoint proxy, int origin, int number) : IDisposable
{
    private const int BlockSize = 16 << 10;
    private const int Length = 100;
    private const long MostRequests = 10_000_000;
    private Wire? _wire;

    public int Number => number;

    /// <summary>When each answer was whole (ticks of <see cref="Stopwatch"/>), the first at 0.</summary>
    public List<long> Answered { get; } = [];

    /// <summary>An answer that was not right.</summary>
    public string? Fault { get; private set; }

    public async Task AskUntilAsync(CancellationToken over)
    {
        while (Fault is null && !over.IsCancellationRequested)
        {
            try
            {
                _wire ??= await Wire.ConnectAsync(proxy, BlockSize);
                Fault = await AskAsync(_wire);
            }
            catch (Exception e) when (over.IsCancellationRequested && e is IOException or InvalidDataException or System.Net.Sockets.SocketException)
            {
                return;
            }
            catch (Exception e) when (e is IOException or InvalidDataException or System.Net.Sockets.SocketException)
            {
                // The proxy is being killed just now, or it is a fault: the caller knows.
                Fault = e.Message;
                return;
            }
            if (Fault is null)
                Answered.Add(Stopwatch.GetTimestamp());
        }
    }

    public void Dispose() => _wire?.Dispose();

    /// <summary>Which client and which of its requests, from 0, a URL is of; null: none.</summary>
    public static (int Client, int Request)? Of(string? url)
    {
        return url?.Split('/') is [.., var seed, _] && long.TryParse(seed, NumberStyles.None, CultureInfo.InvariantCulture, out var of)
            ? ((int)(of / MostRequests), (int)(of % MostRequests)) : null;
    }

    private async Task<string?> AskAsync(Wire wire)
    {
        var seed = number * MostRequests + Answered.Count;
        await wire.SendAsync($"GET http://127.0.0.1:{origin}/private/{seed}/{Length} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: check\r\n\r\n");
        var head = await wire.ReadHeadAsync() ?? throw new InvalidDataException("FIN");
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            return head.Split('\r')[0];
        var check = new PatternCheck(seed);
        await wire.ReadBodyAsync(head, check);
        return check.Fault(Length);
    }
}
