// What each record costs where it goes: the access log, the history, the metrics, and log and metrics together.
//
// What: hits of 1 KiB over 2,000 URLs. In each round five proxies start, which differ in their logs alone: none, log, history, metrics, log and metrics. All are warmed up and asked in
//   turns in random order; of each kind the difference to the one without any, of the rounds the median and the quartiles.
// Strategy: new processes in each round: the same program differs by more than a log from one start to the next (what the JIT inlines, how hash codes fall), and that is to be in the quartiles.
// Facts: CPU time is counted by 10 ms. What is written late is waited for, and counted. Metrics are scraped once in a turn of 2 s, where 10 to 60 s are usual.
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Checks;

internal static class RecordsCost
{
    private const int Urls = 2000;
    private const double MayAdd = 1.5; // us, log and metrics together
    private const string Usage = "records-cost [--rounds 15] [--seconds 2] [--turns 2] [--warm-up 5]";
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(600);

    private static readonly Kind[] Kinds =
    [
        new("bare", "logs: { access: off }", IsScraped: false),
        new("log", "logs: { access: { format: json, to: access.log } }", IsScraped: false),
        new("history", "logs: { access: off, history: { path: history } }", IsScraped: false),
        new("metrics", "logs: { access: off }\nadmin: { socket: admin.sock }", IsScraped: true),
        new("log and metrics", "logs: { access: { format: json, to: access.log } }\nadmin: { socket: admin.sock }", IsScraped: true),
    ];

    public static async Task<int> RunAsync(string[] options)
    {
        var rounds = Arguments.Number(options, "--rounds", 15);
        var turns = Arguments.Number(options, "--turns", 2);
        var seconds = TimeSpan.FromSeconds(Arguments.Number(options, "--seconds", 2));
        var warmUp = TimeSpan.FromSeconds(Arguments.Number(options, "--warm-up", 5));
        Console.WriteLine($"{Usage}: {rounds} rounds of {turns} turns of {seconds.TotalSeconds} s, {AskedListener.Clients} clients, {Urls} URLs");
        using var origin = new Origin(AskedListener.BlockSize);
        var pairs = Kinds.Skip(1).ToDictionary(kind => kind, _ => new Pairs());
        for (var round = 0; round < rounds; round++)
        {
            var costs = await RoundAsync(origin.Port, turns, seconds, warmUp);
            foreach (var (kind, added) in pairs)
                added.Add(costs[kind], costs[Kinds[0]]);
            Console.WriteLine(string.Join("  ", Kinds.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Name} {costs[kind]:0.00}"))));
        }
        foreach (var (kind, added) in pairs)
            Console.WriteLine($"{kind.Name}: {added}");
        var isRight = pairs[Kinds[^1]].Median <= MayAdd;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isRight ? "all right" : "FAILED")}: log and metrics may add {MayAdd:0.0} us"));
        return isRight ? 0 : 1;
    }

    /// <summary>The mean of each kind's turns.</summary>
    private static async Task<Dictionary<Kind, double>> RoundAsync(int origin, int turns, TimeSpan seconds, TimeSpan warmUp)
    {
        var sides = new List<Side>();
        try
        {
            foreach (var kind in Shuffled())
                sides.Add(await Side.StartAsync(kind, origin));
            foreach (var side in sides)
                await side.MeasureAsync(warmUp);
            for (var turn = 0; turn < turns; turn++)
                foreach (var side in Shuffled().Select(kind => sides.Single(side => side.Kind == kind)))
                    side.Costs.Add(await side.MeasureAsync(seconds));
            return sides.ToDictionary(side => side.Kind, side => side.Costs.Average());
        }
        finally
        {
            foreach (var side in sides)
                await side.DisposeAsync();
        }
    }

    private static Kind[] Shuffled()
    {
        var kinds = Kinds.ToArray();
        Random.Shared.Shuffle(kinds);
        return kinds;
    }

    private sealed record Kind(string Name, string Logs, bool IsScraped);

    private sealed class Side(Kind kind, ServedProxy proxy, AskedListener listener, DirectoryInfo folder) : IAsyncDisposable
    {
        public Kind Kind => kind;

        public List<double> Costs { get; } = [];

        public static async Task<Side> StartAsync(Kind kind, int origin)
        {
            var folder = Directory.CreateTempSubdirectory("sluice-bench-");
            var file = Path.Combine(folder.FullName, "sluice.yaml");
            await File.WriteAllTextAsync(file, $$"""
                listeners: [{ name: site, kind: reverse, bind: 127.0.0.1:0, to: http://127.0.0.1:{{origin}} }]
                cache: { memory: 64MiB }
                {{kind.Logs}}
                """);
            var proxy = await ServedProxy.StartAsync(file);
            var requests = Enumerable.Range(0, Urls).Select(i => Encoding.ASCII.GetBytes(
                $"GET /fresh/{i}/{AskedListener.Length} HTTP/1.1\r\nHost: www.site{i % 50}.test\r\nReferer: http://www.site{i % 50}.test/\r\n"
                + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36\r\nAccept: */*\r\n\r\n"));
            return new Side(kind, proxy, new AskedListener(proxy, proxy.EndPoints[0], [.. requests], Late), folder);
        }

        public async Task<double> MeasureAsync(TimeSpan seconds)
        {
            var scraping = kind.IsScraped ? ScrapeAsync(seconds / 2) : Task.CompletedTask;
            var cost = await listener.MeasureAsync(seconds);
            await scraping;
            return cost;
        }

        public async ValueTask DisposeAsync()
        {
            await proxy.StopAsync();
            await proxy.DisposeAsync();
            folder.Delete(recursive: true);
        }

        private async Task ScrapeAsync(TimeSpan after)
        {
            await Task.Delay(after);
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder.FullName, "admin.sock")));
            await socket.SendAsync("GET /metrics HTTP/1.0\r\nHost: admin\r\n\r\n"u8.ToArray());
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            var metrics = await reader.ReadToEndAsync();
            if (!metrics.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || !metrics.Contains("http_server_request_duration_seconds_count", StringComparison.Ordinal))
                throw new InvalidDataException($"no metrics: {metrics.Split('\r')[0]}");
        }
    }
}
