// What a policy with a list of a million domains adds to a request, end to end.
//
// What: hits of 1 KiB over many hosts, none of them listed, through two listeners of one proxy: one has the policy, the other has none. So both sides are
//   the same code, as hot, in the same heap.
// Strategy: pairs in random order; of each pair the difference of the CPU time per request (user and system, of the proxy's process alone), of the pairs the median
//   and the quartiles: what else the machine does changes within seconds, and hits both sides of a pair alike. Both are first warmed up until the optimizing JIT is done.
//   Each has connections of its own: how the kernel shares them out among the event loops costs more than a policy, and is to be another each time.
// Facts: CPU time is counted by 10 ms. In forward form the hosts are below .localhost, which needs no name server.
using System.Globalization;
using System.Text;

namespace Sluice.Bench.Checks;

internal static class CensorCost
{
    private const double MayAdd = 1; // us
    private const string Usage = "censor-cost [--domains 1000000] [--hosts 2000] [--pairs 15] [--seconds 2] [--warm-up 6]";

    public static async Task<int> RunAsync(string[] options)
    {
        var domains = Arguments.Number(options, "--domains", 1_000_000);
        var hosts = Arguments.Number(options, "--hosts", 2000);
        var pairs = Arguments.Number(options, "--pairs", 15);
        var seconds = TimeSpan.FromSeconds(Arguments.Number(options, "--seconds", 2));
        var warmUp = TimeSpan.FromSeconds(Arguments.Number(options, "--warm-up", 6));
        Console.WriteLine($"{Usage}: {domains} domains, {hosts} hosts, {pairs} pairs of {seconds.TotalSeconds} s, {AskedListener.Clients} clients");
        var folder = Directory.CreateTempSubdirectory("sluice-bench-");
        try
        {
            using var origin = new Origin(AskedListener.BlockSize);
            await File.WriteAllLinesAsync(Path.Combine(folder.FullName, "list.txt"), DomainNames.Lines(new Random(1), domains));
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "sluice.yaml"), ConfigurationOf(origin.Port));
            await using var proxy = await ServedProxy.StartAsync(Path.Combine(folder.FullName, "sluice.yaml"));
            var random = new Random(2);
            var names = Enumerable.Range(0, hosts).Select(_ => DomainNames.Next(random)).ToList();
            var reverse = names.Select((name, i) => Request($"/fresh/{i}/{AskedListener.Length}", name)).ToList();
            var forward = names.Select((name, i) => Request($"http://{name}.localhost:{origin.Port}/fresh/{i}/{AskedListener.Length}", $"{name}.localhost:{origin.Port}")).ToList();
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

    private static async Task<bool> CompareAsync(string form, ServedProxy proxy, (int On, int Off) listeners, List<byte[]> requests, int count, TimeSpan seconds, TimeSpan warmUp)
    {
        var on = new AskedListener(proxy, proxy.EndPoints[listeners.On], requests);
        var off = new AskedListener(proxy, proxy.EndPoints[listeners.Off], requests);
        await on.MeasureAsync(warmUp);
        await off.MeasureAsync(warmUp);
        var pairs = new Pairs();
        for (var pair = 0; pair < count; pair++)
        {
            var isOnFirst = Random.Shared.Next(2) == 0;
            var first = await (isOnFirst ? on : off).MeasureAsync(seconds);
            var second = await (isOnFirst ? off : on).MeasureAsync(seconds);
            pairs.Add(isOnFirst ? first : second, isOnFirst ? second : first);
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{form}: the policy {pairs}; may {MayAdd:0.00}"));
        return pairs.Median <= MayAdd;
    }

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
}
