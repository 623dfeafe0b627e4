using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sluice.Bench.Checks;

/// <summary>A listener that clients ask as fast as it answers, and what that costs the proxy: user and system time of its process a request.
/// Each turn has connections of its own: how the kernel shares them out among the event loops is to be another each time.</summary>
/// <param name="requests">For bodies of <see cref="Length"/> octets of the pattern whose seed is the request's place.</param>
/// <param name="late">What is still to be done for the requests when the last is answered, and belongs to their cost, is done within that.</param>
internal sealed class AskedListener(ServedProxy proxy, IPEndPoint listener, IReadOnlyList<byte[]> requests, TimeSpan late = default)
{
    public const int Clients = 32;
    public const int Length = 1 << 10;
    public const int BlockSize = 4 << 10;
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    private readonly int[] _next = [.. Enumerable.Range(0, Clients).Select(client => client * requests.Count / Clients)];

    /// <summary>Microseconds of CPU a request, on new connections that are kept.</summary>
    public async Task<double> MeasureAsync(TimeSpan time)
    {
        var wires = new List<Wire>();
        for (var i = 0; i < Clients; i++)
            wires.Add(await Wire.ConnectAsync(listener, BlockSize));
        await Task.Delay(Settle);
        var (cpu, began) = (proxy.Cpu, Stopwatch.GetTimestamp());
        var answers = await Task.WhenAll(wires.Select((wire, client) => Task.Run(() => AskAsync(wire, client, began + (long)(time.TotalSeconds * Stopwatch.Frequency)))));
        await Task.Delay(late);
        var spent = (proxy.Cpu - cpu).TotalMicroseconds;
        wires.ForEach(wire => wire.Dispose());
        return spent / answers.Sum();
    }

    private async Task<int> AskAsync(Wire wire, int client, long end)
    {
        var answers = 0;
        for (; Stopwatch.GetTimestamp() < end; answers++)
        {
            var url = _next[client]++ % requests.Count;
            await wire.SendAsync(requests[url]);
            var head = await wire.ReadHeadAsync() ?? "FIN";
            var check = new PatternCheck(url);
            await wire.ReadBodyAsync(head, check);
            if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || check.Fault(Length) is not null)
                throw new InvalidDataException($"{head.Split('\r')[0]}: {check.Fault(Length)}");
        }
        return answers;
    }
}

/// <summary>What something adds, by pairs of turns with it and without it: what else the machine does changes within seconds, and hits both of a pair alike.</summary>
internal sealed class Pairs
{
    private readonly List<double> _withs = [];
    private readonly List<double> _withouts = [];

    public double Median => At(Added, 0.5);

    public static double MedianOf(IEnumerable<double> values) => At(values, 0.5);

    public void Add(double with, double without)
    {
        _withs.Add(with);
        _withouts.Add(without);
    }

    /// <summary>The median of what was added, its quartiles, and the medians of both sides.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"added {Median:0.00} us of CPU a request (quartiles {At(Added, 0.25):0.00} to {At(Added, 0.75):0.00}); with {At(_withs, 0.5):0.00}, without {At(_withouts, 0.5):0.00}");

    private IEnumerable<double> Added => _withs.Zip(_withouts, (with, without) => with - without);

    private static double At(IEnumerable<double> values, double part)
    {
        var ordered = values.Order().ToList();
        return ordered[(int)(part * (ordered.Count - 1))];
    }
}
