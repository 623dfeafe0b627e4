// What a policy with a list of a million domains adds to a request, end to end.
//
// What: hits of 1 KiB over many hosts, none of them listed, through two listeners of one proxy: one has the policy, the other has none. So both sides are
//   the same code, as hot, in the same heap.
// Strategy: pairs in random order; of each pair the difference of the CPU time per request (user and system, of the proxy's process alone), of the pairs the median
//   and the quartiles: what else the machine does changes within seconds, and hits both sides of a pair alike. Both are first warmed up until the optimizing JIT is done.
//   Each has connections of its own: how the kernel shares them out among the event loops costs more than a policy, and is to be another each time.
// Facts: CPU time is counted by 10 ms. In forward form the hosts are below .localhost, which needs no name server.
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;

namespace Sluice.Bench.Checks;

internal static class CensorCost
{
    private const int BlockSize = 4 << 10;
    private const int Length = 1 << 10;
    private const int Clients = 32;
    private const double MayAdd = 1; // us
    private const string Usage = "censor-cost [--domains 1000000] [--hosts 2000] [--pairs 15] [--seconds 2] [--warm-up 6]";
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    public static async Task<int> RunAsync(string[] options)
    {
        var domains = Arguments.Number(options, "--domains", 1_000_000);
        var hosts = Arguments.Number(options, "--hosts", 2000);
        var pairs = Arguments.Number(options, "--pairs", 15);
        var seconds = TimeSpan.FromSeconds(Arguments.Number(options, "--seconds", 2));
        var warmUp = TimeSpan.FromSeconds(Arguments.Number(options, "--warm-up", 6));
        Console.WriteLine($"{Usage}: {domains} domains, {hosts} hosts, {pairs} pairs of {seconds.TotalSeconds} s, {Clients} clients");
        var folder = Directory.CreateTempSubdirectory("sluice-bench-");
        try
        {
            using var origin = new Origin(BlockSize);
            await File.WriteAllLinesAsync(Path.Combine(folder.FullName, "list.txt"), DomainNames.Lines(new Random(1), domains));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sluice.yaml"), ConfigurationOf(origin.Port));
            await using var proxy = await ServedProxy.StartAsync(Path.Combine(folder.FullName, "sluice.yaml"));
            var random = new Random(2);
            var names = Enumerable.Range(0, hosts).Select(_ => DomainNames.Next(random)).ToList();
            var reverse = names.Select((name, i) => Request($"/fresh/{i}/{Length}", name)).ToList();
            var forward = names.Select((name, i) => Request($"http://{name}.localhost:{origin.Port}/fresh/{i}/{Length}", $"{name}.localhost:{origin.Port}")).ToList();
            var right = await CompareAsync("reverse", proxy, (0, 1), reverse, pairs, seconds, warmUp)
                & await CompareAsync("forward", proxy, (2, 3), forward, pairs, seconds, warmUp);
            await proxy.StopAsync();
            Console.WriteLine(right ? "all right" : "FAILED");
            return right ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<bool> CompareAsync(string form, ServedProxy proxy, (int On, int Off) listeners, List<byte[]> requests, int pairs, TimeSpan seconds, TimeSpan warmUp)
    {
        var on = new Side(proxy, proxy.EndPoints[listeners.On], requests);
        var off = new Side(proxy, proxy.EndPoints[listeners.Off], requests);
        await on.MeasureAsync(warmUp);
        await off.MeasureAsync(warmUp);
        var (withs, withouts, added) = (new List<double>(), new List<double>(), new List<double>());
        for (var pair = 0; pair < pairs; pair++)
        {
            var isOnFirst = Random.Shared.Next(2) == 0;
            var first = await (isOnFirst ? on : off).MeasureAsync(seconds);
            var second = await (isOnFirst ? off : on).MeasureAsync(seconds);
            withs.Add(isOnFirst ? first : second);
            withouts.Add(isOnFirst ? second : first);
            added.Add(withs[^1] - withouts[^1]);
        }
        var median = At(added, 0.5);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{form}: added {median:0.00} us of CPU a request (quartiles {At(added, 0.25):0.00} to {At(added, 0.75):0.00}, may {MayAdd:0.00}); with the list {At(withs, 0.5):0.00}, without a policy {At(withouts, 0.5):0.00}"));
        return median <= MayAdd;
    }

    private static double At(List<double> values, double part) => values.Order().ElementAt((int)(part * (values.Count - 1)));

    private static byte[] Request(string target, string host) =>
        Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: check\r\nAccept: */*\r\n\r\n");

    private static string ConfigurationOf(int origin) => $$"""
        listeners:
          - { name: site, kind: reverse, bind: 127.0.0.1:0, to: http://127.0.0.1:{{origin}}, policy: list }
          - { name: open-site, kind: reverse, bind: 127.0.0.1:0, to: http://127.0.0.1:{{origin}} }
          - { name: web, kind: forward, bind: 127.0.0.1:0, policy: list }
          - { name: open-web, kind: forward, bind: 127.0.0.1:0 }
        cache: { memory: 64MiB }
        policies: { list: { default: allow, rules: [{ id: list, deny: true, hosts: { file: list.txt } }] } }
        logs: { access: off }
        """;

    /// <summary>What is asked of one of the listeners.</summary>
    private sealed class Side(ServedProxy proxy, IPEndPoint listener, List<byte[]> requests)
    {
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
}
