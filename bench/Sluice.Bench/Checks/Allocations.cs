// What an exchange costs on the managed heap: bytes, objects by type, collections.
//
// What: each operation is done many times by clients in this process, on a proxy in a process of its own; the proxy says
// what it had allocated before and after.
// Strategy: GC.GetTotalAllocatedBytes(precise) counts every byte of that process and of no other, so that neither the
// clients nor the origin are in it. The types are sampled (AllocatedTypes) in a second pass: watching allocates, too.
// Facts: what the proxy allocates without any load is measured, shown and taken off. The first requests pay for code
// that is compiled later (boxes and closures that the optimizing JIT takes away), so each operation is warmed up. Buffers
// outside the heap, sockets' and the kernel's memory are not in it: `idle-relay` and `idle-http` of the peers show those.
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Sluice.Bench.Checks;

internal static class Allocations
{
    private const int BlockSize = 20 << 10;
    private const int Clients = 8;
    private const int Urls = 100;
    private const string Usage = "allocations [--requests 40000] [--types 0] [--only NAME]";

    // The record of what just ended is written within this.
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(3);

    public static async Task<int> RunAsync(string[] options)
    {
        var requests = Arguments.Number(options, "--requests", 40_000);
        var types = Arguments.Number(options, "--types", 0);
        var only = Arguments.Value(options, "--only", "");
        var logFile = Path.GetTempFileName();
        using var origin = new Origin(BlockSize);
        await using var proxy = await ServedProxy.StartAsync(origin.Port, logFile);
        var idle = await IdleAsync(proxy);
        Console.WriteLine($"{Usage}: {requests} of each on kept connections, a quarter with new ones; {Clients} clients");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"without load: {idle:0} bytes/s (taken off)"));
        Console.WriteLine("operation         bytes/op  gen0/million");
        foreach (var operation in Operation.All(proxy, origin.Port).Where(operation => operation.Name.StartsWith(only, StringComparison.Ordinal)))
        {
            var count = operation.Kept ? requests : requests / 4;
            await DoAsync(operation, Math.Max(count / 2, Urls));
            var (bytes, collections) = await CountAsync(proxy, operation, count, idle);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{operation.Name,-16} {bytes,9:0} {collections,13:0}"));
            if (types > 0)
                await SayTypesAsync(proxy, operation, count, types);
        }
        await proxy.StopAsync();
        File.Delete(logFile);
        return 0;
    }

    private static async Task<double> IdleAsync(ServedProxy proxy)
    {
        // The first question also pays for what answers it.
        await proxy.AllocatedAsync();
        var before = await proxy.AllocatedAsync();
        await Task.Delay(Idle);
        return ((await proxy.AllocatedAsync()).AllocatedBytes - before.AllocatedBytes) / Idle.TotalSeconds;
    }

    private static async Task<(double Bytes, double CollectionsPerMillion)> CountAsync(ServedProxy proxy, Operation operation, int count, double idle)
    {
        var (before, began) = (await proxy.AllocatedAsync(), Stopwatch.GetTimestamp());
        await DoAsync(operation, count);
        var after = await proxy.AllocatedAsync();
        var bytes = after.AllocatedBytes - before.AllocatedBytes - idle * Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (bytes / count, (after.Gen0Collections - before.Gen0Collections) * 1e6 / count);
    }

    private static async Task SayTypesAsync(ServedProxy proxy, Operation operation, int count, int types)
    {
        await proxy.WatchTypesAsync();
        await DoAsync(operation, count);
        foreach (var type in (await proxy.TypesAsync()).Take(types))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"    {type.Bytes / count,9:0} bytes {type.Objects / count,6:0.0} objects  {type.Name}"));
    }

    private static async Task DoAsync(Operation operation, int count)
    {
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => ClientAsync(operation, client, count))));
        await Task.Delay(Settle);
    }

    private static async Task ClientAsync(Operation operation, int client, int count)
    {
        Wire? wire = null;
        for (var n = client; n < count; n += Clients)
        {
            wire ??= await operation.OpenAsync();
            await operation.AskAsync(wire, n % Urls);
            if (operation.Kept)
                continue;
            wire.Dispose();
            wire = null;
        }
        wire?.Dispose();
    }

    /// <summary>One thing that clients do.</summary>
    /// <param name="Target">What a request names, before the number of the URL.</param>
    /// <param name="TunnelTo">The port that CONNECT asks for first.</param>
    private sealed record Operation(string Name, IPEndPoint Via, string Target, int Length, bool Kept, int? TunnelTo = null)
    {
        private const string Fields =
            "sec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\n" +
            "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
            "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nSec-Fetch-Mode: navigate\r\n" +
            "Referer: http://www.bench.test/a/page/that/linked/here.html\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n";

        public static IReadOnlyList<Operation> All(ServedProxy proxy, int origin)
        {
            var prefix = $"http://127.0.0.1:{origin}";
            return
            [
                new("hit-reverse", proxy.Reverse, "/fresh", 1 << 10, Kept: true),
                new("hit-forward", proxy.Forward, $"{prefix}/fresh", 1 << 10, Kept: true),
                new("hit-16k-forward", proxy.Forward, $"{prefix}/fresh", 16 << 10, Kept: true),
                new("hit-new", proxy.Forward, $"{prefix}/fresh", 1 << 10, Kept: false),
                new("fetch-reverse", proxy.Reverse, "/private", 1 << 10, Kept: true),
                new("fetch-forward", proxy.Forward, $"{prefix}/private", 1 << 10, Kept: true),
                new("fetch-new", proxy.Forward, $"{prefix}/private", 1 << 10, Kept: false),
                new("relay-kept", proxy.Relay, "/private", 1 << 10, Kept: true),
                new("relay-new", proxy.Relay, "/private", 1 << 10, Kept: false),
                new("connect-new", proxy.Forward, "/private", 1 << 10, Kept: false, TunnelTo: origin),
            ];
        }

        public async Task<Wire> OpenAsync()
        {
            var wire = await Wire.ConnectAsync(Via, BlockSize);
            if (TunnelTo is not { } port)
                return wire;
            await wire.SendAsync($"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0\r\n\r\n");
            await ReadHeadAsync(wire);
            return wire;
        }

        public async Task AskAsync(Wire wire, int url)
        {
            await wire.SendAsync($"GET {Target}/{url}/{Length} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Fields}\r\n");
            var check = new PatternCheck(url);
            await wire.ReadBodyAsync(await ReadHeadAsync(wire), check);
            if (check.Fault(Length) is { } fault)
                throw new InvalidDataException($"{Name}: {fault}");
        }

        private async Task<string> ReadHeadAsync(Wire wire)
        {
            var head = await wire.ReadHeadAsync() ?? "FIN";
            return head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) ? head : throw new InvalidDataException($"{Name}: {head.Split('\r')[0]}");
        }
    }
}
