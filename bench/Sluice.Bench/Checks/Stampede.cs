// Many clients at once for one cold object of a slow origin: one fetch, each its answer, nobody waits for a slow one.
//
// What: the first client asks and leaves when its answer has begun; the others ask at once; a hundredth of them reads nothing before all the
//   fast ones are done. So a fast one that waits for a slow one never ends, and the check fails by its time limit.
// Facts: clients, origin and proxy share the machine: with more clients the driver, which compares every octet, is the slowest of the three. The
//   proxy's peak is taken against its memory with all clients connected.
using System.Diagnostics;
using System.Globalization;

namespace Sluice.Bench.Checks;

internal static class Stampede
{
    private const int BlockSize = 64 << 10;
    private const long MayGrowBesides = 64L << 20;
    private const string Usage = "stampede [--clients 1000] [--size 10MiB] [--seconds 20]";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    public static async Task<int> RunAsync(string[] options)
    {
        if (options.Length > 0)
            return await RunAsync(Arguments.Number(options, "--clients", 1000), Arguments.Size(options, "--size", "10MiB"), Arguments.Number(options, "--seconds", 20)) ? 0 : 1;
        Console.WriteLine(Usage);
        var many = await RunAsync(1000, 10L << 20, 20);
        var large = await RunAsync(100, 100L << 20, 20);
        return many && large ? 0 : 1;
    }

    private static async Task<bool> RunAsync(int count, long size, int seconds)
    {
        var logFile = Path.GetTempFileName();
        var pace = TimeSpan.FromSeconds(seconds) / Math.Max(1, size / BlockSize);
        using var origin = new Origin(BlockSize, pace);
        // A body on its way in may have half of the memory, an entry an eighth.
        await using var proxy = await ServedProxy.StartAsync(origin.Port, logFile, new Sluice.Cache.CacheOptions { MemoryBytes = 9 * size });
        var request = $"GET http://127.0.0.1:{origin.Port}/fresh-paced/1/{size} HTTP/1.1\r\nHost: 127.0.0.1:{origin.Port}\r\n\r\n";
        var wires = new List<Wire>();
        for (var i = 0; i < count; i++)
            wires.Add(await Wire.ConnectAsync(proxy.Forward, BlockSize));
        var slow = wires[1..(1 + count / 100)];
        var fast = wires[(1 + count / 100)..];
        var before = proxy.ResidentBytes;
        proxy.ForgetPeak();

        var began = Stopwatch.GetTimestamp();
        await wires[0].SendAsync(request);
        foreach (var wire in wires.Skip(1))
            await wire.SendAsync(request);
        await wires[0].ReadHeadAsync();
        wires[0].Dispose();
        var silent = slow.Select(wire => wire.ReadHeadAsync().AsTask()).ToList();
        var answers = await Task.WhenAll(fast.Select(wire => ReadAsync(wire, null, size, began))).WaitAsync(Patience + TimeSpan.FromSeconds(seconds));
        var heads = await Task.WhenAll(silent);
        var late = await Task.WhenAll(slow.Zip(heads, (wire, head) => ReadAsync(wire, head, size, began))).WaitAsync(Patience);
        var growth = proxy.PeakResidentBytes - before;
        wires.ForEach(wire => wire.Dispose());
        await proxy.StopAsync();
        File.Delete(logFile);

        var faults = answers.Concat(late).Select(answer => answer.Fault).OfType<string>().ToList();
        foreach (var fault in faults.Take(5))
            Console.WriteLine($"  {fault}");
        var may = size + MayGrowBesides;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count} clients, {size >> 20} MiB in {origin.LastTook.TotalSeconds:0.0} s: origin fetches {origin.Requests}, first octet after {answers.Min(a => a.First):0.000} to {answers.Max(a => a.First):0.000} s, "
            + $"fast ones done after {answers.Min(a => a.Last):0.0} to {answers.Max(a => a.Last):0.0} s, slow ones {late.Select(a => a.Last).DefaultIfEmpty().Max():0.0} s, memory +{growth >> 20} MiB (may {may >> 20}), wrong {faults.Count}"));
        var right = origin.Requests == 1 && faults.Count == 0 && growth <= may;
        Console.WriteLine(right ? "all right" : "FAILED");
        return right;
    }

    private static async Task<Answer> ReadAsync(Wire wire, string? head, long size, long began)
    {
        try
        {
            head ??= await wire.ReadHeadAsync() ?? throw new InvalidDataException("FIN instead of an answer");
            var first = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var check = new PatternCheck(1);
            await wire.ReadBodyAsync(head, check);
            return new Answer(first, Stopwatch.GetElapsedTime(began).TotalSeconds, check.Fault(size));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or InvalidDataException)
        {
            return new Answer(0, 0, e.Message);
        }
    }

    private sealed record Answer(double First, double Last, string? Fault);
}
