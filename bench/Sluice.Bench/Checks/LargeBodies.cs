// Large bodies stay flat in memory and arrive whole.
//
// What: one body after another, each way (forward proxy, reverse proxy, relay) in each direction with each framing;
// every byte is compared, and the proxy's peak resident memory is measured per body.
// Facts: downloads may be stored by their fields, so that the cache begins with those whose length it does not know
// and has to give them up on the way. Client and origin share the machine with the proxy: GB/s is no speed record.
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sluice.Bench.Checks;

internal static class LargeBodies
{
    private const long MostResidentBytes = 250L << 20;
    private const int BlockSize = 256 << 10;
    private const string Usage = "large-bodies [--size 10GiB]";

    /// <summary>No row is slower than this, or it hangs.</summary>
    private const double LeastBytesPerSecond = 20e6;

    private sealed record Body(string Way, IPEndPoint Via, string Prefix, bool Up, bool Chunked, int Seed);

    public static async Task<int> RunAsync(string[] options)
    {
        var size = Arguments.Size(options, "--size", "10GiB");
        Console.WriteLine($"{Usage}: bodies of {size / (double)(1 << 30):0.###} GiB, cache of 64 MiB");
        var logFile = Path.GetTempFileName();
        using var origin = new Origin(BlockSize);
        await using var proxy = await ServedProxy.StartAsync(origin.Port, logFile);
        Console.WriteLine($"resident at start: {proxy.ResidentBytes >> 20} MiB");
        Console.WriteLine("way      direction  framing   seconds   GB/s  CPU s/GB  every byte         peak MiB");
        var bodies = Bodies(proxy, origin.Port).ToList();
        var failures = 0;
        foreach (var body in bodies)
            failures += await RowAsync(proxy, body, size) ? 0 : 1;
        await proxy.StopAsync();
        var records = File.ReadLines(logFile).Count();
        File.Delete(logFile);
        if (records != bodies.Count)
        {
            failures++;
            Console.WriteLine($"{records} records of {bodies.Count} bodies");
        }
        Console.WriteLine(failures == 0 ? "all right" : $"{failures} failures");
        return failures == 0 ? 0 : 1;
    }

    private static IEnumerable<Body> Bodies(ServedProxy proxy, int originPort)
    {
        var seed = 0;
        foreach (var (way, via, prefix) in new[]
        {
            ("forward", proxy.Forward, $"http://127.0.0.1:{originPort}"),
            ("reverse", proxy.Reverse, ""),
            ("relay", proxy.Relay, ""),
        })
            foreach (var up in new[] { false, true })
                foreach (var chunked in new[] { false, true })
                    yield return new Body(way, via, prefix, up, chunked, seed += 1000);
    }

    private static async Task<bool> RowAsync(ServedProxy proxy, Body body, long size)
    {
        proxy.ForgetPeak();
        var (cpu, began) = (proxy.Cpu, Stopwatch.GetTimestamp());
        string? fault;
        try
        {
            var limit = TimeSpan.FromSeconds(30 + size / LeastBytesPerSecond);
            fault = await (body.Up ? UpAsync(body, size) : DownAsync(body, size)).WaitAsync(limit);
        }
        catch (Exception e)
        {
            fault = e.Message;
        }
        var (seconds, spent) = (Stopwatch.GetElapsedTime(began).TotalSeconds, proxy.Cpu - cpu);
        var (peak, gigabytes) = (proxy.PeakResidentBytes, size / 1e9);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{body.Way,-8} {(body.Up ? "up" : "down"),-10} {(body.Chunked ? "chunked" : "length"),-9} {seconds,7:0.0} {gigabytes / seconds,6:0.00} {spent.TotalSeconds / gigabytes,9:0.00}  {fault ?? "right",-17} {peak >> 20,9}{(peak >= MostResidentBytes ? "  TOO MUCH" : "")}"));
        return fault is null && peak < MostResidentBytes;
    }

    /// <summary>Null: all is right.</summary>
    private static async Task<string?> DownAsync(Body body, long size)
    {
        using var wire = await Wire.ConnectAsync(body.Via, BlockSize);
        var kind = body.Chunked ? "fresh-chunked" : "fresh";
        await wire.SendAsync($"GET {body.Prefix}/{kind}/{body.Seed}/{size} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        var head = await wire.ReadHeadAsync() ?? "FIN";
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            return head.Split('\r')[0];
        var check = new PatternCheck(body.Seed);
        await wire.ReadBodyAsync(head, check);
        return check.Fault(size);
    }

    private static async Task<string?> UpAsync(Body body, long size)
    {
        using var wire = await Wire.ConnectAsync(body.Via, BlockSize);
        var framing = body.Chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {size}";
        await wire.SendAsync($"POST {body.Prefix}/take/{body.Seed}/{size} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{framing}\r\n\r\n");
        await wire.SendBodyAsync(body.Seed, size, body.Chunked);
        var head = await wire.ReadHeadAsync() ?? "FIN";
        var said = Wire.Field(head, "X-Body") ?? head.Split('\r')[0];
        return said == "whole" ? null : said;
    }
}
