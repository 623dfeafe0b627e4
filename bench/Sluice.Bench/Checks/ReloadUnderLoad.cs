// A list of a million domains is replaced while clients are busy: no error, no stall, and what is now refused is refused.
//
// What: clients ask without pause, half for what is stored and half for what may not be. Each time another list takes the place of the one in force, by rename (and the last time another
//   configuration file, which names another list); it names one more host, to which a tunnel is open. One client asks for that host every 5 ms: its first refusal is the swap.
// Strategy: p99 of the second around the swap (most of it before, where the list is read) against the p99 of the seconds before the change.
// Facts: a changed file is seen within a second and read when it has not changed for another one. Clients, origin and proxy share the machine, and this process's clients take
//   most of it: the latencies are those of a machine with no time left.
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Sluice.Bench.Checks;

internal static class ReloadUnderLoad
{
    private const int BlockSize = 4 << 10;
    private const int StoredUrls = 2000;
    private const double MayGrow = 2;
    private const string Usage = "reload [--domains 1000000] [--clients 200] [--times 5]";
    private static readonly TimeSpan Before = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan After = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(string[] options)
    {
        var domains = Arguments.Number(options, "--domains", 1_000_000);
        var count = Arguments.Number(options, "--clients", 200);
        var times = Arguments.Number(options, "--times", 5);
        Console.WriteLine($"{Usage}: {domains} domains, {count} clients, {times} lists and one configuration");
        var folder = Directory.CreateTempSubdirectory("sluice-bench-");
        try
        {
            var lines = DomainNames.Lines(new Random(1), domains).ToList();
            for (var i = 0; i <= times + 1; i++)
                await File.WriteAllLinesAsync(In($"list-{i}.txt"), lines.Append($"swap{i}.localhost"));
            File.Move(In("list-0.txt"), In("list.txt"));
            lines.Clear();
            await File.WriteAllTextAsync(In("sluice.yaml"), ConfigurationOf("list.txt"));
            await File.WriteAllTextAsync(In("next.yaml"), ConfigurationOf($"list-{times + 1}.txt"));
            using var origin = new Origin(BlockSize);
            await using var proxy = await ServedProxy.StartAsync(In("sluice.yaml"));
            using var over = new CancellationTokenSource();
            var clients = Enumerable.Range(0, count).Select(i => new Client(proxy, origin.Port, i)).ToList();
            var load = Task.WhenAll(clients.Select(client => Task.Run(() => client.AskUntilAsync(over.Token))));
            await Task.Delay(WarmUp);
            var swaps = new List<Swap>();
            for (var i = 1; i <= times; i++)
                swaps.Add(await SwapAsync(proxy, origin.Port, $"swap{i}.localhost", In($"list-{i}.txt"), In("list.txt")));
            swaps.Add(await SwapAsync(proxy, origin.Port, $"swap{times + 1}.localhost", In("next.yaml"), In("sluice.yaml")));
            await over.CancelAsync();
            await load;
            await proxy.StopAsync();
            return Judge(clients, swaps) ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string In(string file) => Path.Combine(folder.FullName, file);
    }

    private static async Task<Swap> SwapAsync(ServedProxy proxy, int origin, string host, string next, string inForce)
    {
        using var tunnel = await Wire.ConnectAsync(proxy.Forward, BlockSize);
        await tunnel.SendAsync($"CONNECT {host}:{origin} HTTP/1.1\r\nHost: {host}:{origin}\r\n\r\n");
        var head = await tunnel.ReadHeadAsync();
        if (head?.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) is not true)
            throw new InvalidDataException($"no tunnel to {host}: {head}");
        using var probe = await Wire.ConnectAsync(proxy.Forward, BlockSize);
        await Task.Delay(Before);
        var heap = await proxy.AllocatedAsync();
        var changed = Stopwatch.GetTimestamp();
        File.Move(next, inForce, overwrite: true);
        var closed = ClosedAsync(tunnel);
        var refused = await RefusedAsync(probe, $"GET http://{host}:{origin}/fresh/1/16 HTTP/1.1\r\nHost: {host}:{origin}\r\n\r\n", changed);
        var end = await closed.WaitAsync(Patience);
        await Task.Delay(After);
        var then = await proxy.AllocatedAsync();
        return new Swap(Path.GetFileName(inForce), changed, refused, end, then.Gen2Collections - heap.Gen2Collections, then.Paused - heap.Paused);
    }

    /// <summary>When the host was refused first.</summary>
    private static async Task<long> RefusedAsync(Wire probe, string request, long changed)
    {
        while (Stopwatch.GetElapsedTime(changed) < Patience)
        {
            await probe.SendAsync(request);
            var head = await probe.ReadHeadAsync() ?? throw new InvalidDataException("FIN");
            if (head.StartsWith("HTTP/1.1 403", StringComparison.Ordinal))
                return Stopwatch.GetTimestamp();
            await probe.ReadBodyAsync(head, new PatternCheck(1));
            await Task.Delay(Pause);
        }
        throw new TimeoutException("the new list has not come into force");
    }

    /// <summary>When the tunnel was closed.</summary>
    private static async Task<long> ClosedAsync(Wire tunnel)
    {
        try
        {
            await tunnel.ReadHeadAsync();
        }
        catch (SocketException)
        {
            // Reset
        }
        return Stopwatch.GetTimestamp();
    }

    private static bool Judge(List<Client> clients, List<Swap> swaps)
    {
        foreach (var fault in clients.Where(client => client.Fault is not null).Take(10))
            Console.WriteLine($"client {fault.Number}: {fault.Fault}");
        var answers = clients.SelectMany(client => client.Answers).OrderBy(answer => answer.Ended).ToList();
        var ratios = new List<double>();
        Console.WriteLine("changed       before p50/p99 ms   1 s around p50/p99   2 s around p50/p99   worst s p99   times   refused after   tunnel closed after   full collections   paused");
        foreach (var swap in swaps)
        {
            var before = Latencies.Within(answers, swap.Changed, -Before.TotalSeconds, 0);
            var second = Latencies.Within(answers, swap.Refused, -0.75, 0.25);
            var two = Latencies.Within(answers, swap.Refused, -1.5, 0.5);
            var wait = Stopwatch.GetElapsedTime(swap.Changed, swap.Refused).TotalSeconds;
            var worst = Enumerable.Range(0, (int)(wait * 10) + 1).Max(tenth => Latencies.Within(answers, swap.Changed, tenth / 10.0, tenth / 10.0 + 1).P99);
            ratios.Add(second.P99 / before.P99);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{swap.File,-12} {before.P50,9:0.00} {before.P99,8:0.00} {second.P50,11:0.00} {second.P99,8:0.00} {two.P50,11:0.00} {two.P99,8:0.00} {worst,13:0.00} {ratios[^1],7:0.00} {wait,13:0.00} s {Stopwatch.GetElapsedTime(swap.Changed, swap.Closed).TotalSeconds,19:0.00} s {swap.Collections,18} {swap.Paused.TotalMilliseconds,9:0.0} ms"));
        }
        var errors = clients.Count(client => client.Fault is not null);
        var median = ratios.Order().ElementAt(ratios.Count / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{answers.Count} answers, all checked; errors {errors}; p99 of the second of a reload to that before: {median:0.00} in the median, {ratios.Max():0.00} at most (may {MayGrow:0.0})"));
        var right = errors == 0 && median <= MayGrow;
        Console.WriteLine(right ? "all right" : "FAILED");
        return right;
    }

    private static string ConfigurationOf(string list) => $$"""
        listeners: [{ name: web, kind: forward, bind: 127.0.0.1:0, policy: list }]
        cache: { memory: 64MiB }
        policies: { list: { default: allow, rules: [{ id: list, deny: true, hosts: { file: {{list}} } }] } }
        limits: { connectPorts: [1-65535] }
        logs: { access: { format: json, to: access.log } }
        """;

    /// <param name="File">That was replaced, at <paramref name="Changed"/>.</param>
    /// <param name="Refused">When the host that the new list names was first refused.</param>
    /// <param name="Closed">When the tunnel to it was closed. All in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="Collections">Of the whole heap, until a second after the swap.</param>
    /// <param name="Paused">For collections of any generation.</param>
    private sealed record Swap(string File, long Changed, long Refused, long Closed, int Collections, TimeSpan Paused);

    /// <summary>Ticks of <see cref="Stopwatch"/>.</summary>
    private readonly record struct Answer(long Ended, long Took);

    /// <summary>Milliseconds.</summary>
    private readonly record struct Latencies(double P50, double P99)
    {
        /// <summary>Of the answers that ended between these seconds after <paramref name="moment"/>.</summary>
        public static Latencies Within(List<Answer> answers, long moment, double from, double to)
        {
            var (begin, end) = (moment + (long)(from * Stopwatch.Frequency), moment + (long)(to * Stopwatch.Frequency));
            var sorted = answers.SkipWhile(answer => answer.Ended < begin).TakeWhile(answer => answer.Ended < end).Select(answer => answer.Took).Order().ToList();
            return sorted.Count == 0 ? new Latencies(double.PositiveInfinity, double.PositiveInfinity) : new Latencies(At(0.5), At(0.99));

            double At(double part) => Stopwatch.GetElapsedTime(0, sorted[(int)(part * sorted.Count)]).TotalMilliseconds;
        }
    }

    private sealed class Client(ServedProxy proxy, int origin, int number)
    {
        private readonly Random _random = new(number);

        public int Number => number;

        public string? Fault { get; private set; }

        public List<Answer> Answers { get; } = [];

        public async Task AskUntilAsync(CancellationToken over)
        {
            try
            {
                using var wire = await Wire.ConnectAsync(proxy.Forward, BlockSize);
                while (!over.IsCancellationRequested)
                {
                    var began = Stopwatch.GetTimestamp();
                    var url = _random.Next(StoredUrls);
                    await AskAsync(wire, url, _random.Next(2) == 0 ? "fresh" : "private").WaitAsync(Patience, CancellationToken.None);
                    var ended = Stopwatch.GetTimestamp();
                    Answers.Add(new Answer(ended, ended - began));
                }
            }
            catch (Exception e) when (e is SocketException or InvalidDataException or TimeoutException)
            {
                Fault = e.Message;
            }
        }

        private async Task AskAsync(Wire wire, int url, string kind)
        {
            await wire.SendAsync($"GET http://www.site{url % 100}.localhost:{origin}/{kind}/{url}/1024 HTTP/1.1\r\nHost: www.site{url % 100}.localhost:{origin}\r\nUser-Agent: check\r\nAccept: */*\r\n\r\n");
            var head = await wire.ReadHeadAsync() ?? "FIN";
            var check = new PatternCheck(url);
            await wire.ReadBodyAsync(head, check);
            if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || check.Fault(1024) is not null)
                throw new InvalidDataException($"{head.Split('\r')[0]}: {check.Fault(1024)}");
        }
    }
}
