// What each record costs where it goes: the access log, the history, the metrics, log and metrics together, metrics and the live gauge.
//
// What: hits of 1 KiB over 2,000 URLs. In each round a process starts with proxies that differ in where their records go alone: nowhere, log, history, metrics, log and metrics, metrics and gauge, everywhere. All are warmed up and asked in
//   turns in random order; of each kind the difference to the one without any, of the rounds the median and the quartiles.
// Strategy: from one start to the next the same program differs by more than a log (what the JIT inlines, how hash codes fall). So a pair's two are of one process, and each pair has another. From one second to the next
//   the machine differs by as much: many short turns, of which the median counts.
// Facts: each turn has connections of its own, since how they fall to the event loops changes the cost of all kinds. CPU time is counted by 10 ms. What is written late is waited for, and counted; what goes on without requests
//   (clocks, an export of metrics each 2 s) is counted to all kinds alike.
//   A log that grows takes fresh pages of memory. Where a virtual machine gives those back to its host, they cost far more than the writing: what a plain write of a line costs is shown beside.
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Sluice.Records.Output;

namespace Sluice.Bench.Checks;

internal static class RecordsCost
{
    private const int Urls = 2000;
    private const int Line = 680; // octets
    private const long Written = 64L << 20;
    private const string Judged = "log and metrics";
    private const double MayAdd = 1.5; // us, log and metrics together
    private const string Usage = "records-cost [--rounds 15] [--turns 15] [--milliseconds 400] [--warm-up 3]";
    // Metrics alone: the admin API brings the gauge of the live view. Nobody is there to take them, which costs a try in each turn.
    private const string Metrics = "otlp: { to: \"http://127.0.0.1:9\", metrics: true, logs: false, traces: false, interval: 2s }";
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(200);

    private static readonly Kind[] Kinds =
    [
        new("bare", "logs: { access: off }", IsScraped: false),
        new("log", "logs: { access: { format: json, to: access.log } }", IsScraped: false),
        new("history", "logs: { access: off, history: { path: history } }", IsScraped: false),
        new("metrics", $"logs: {{ access: off }}\n{Metrics}", IsScraped: false),
        new("log and metrics", $"logs: {{ access: {{ format: json, to: access.log }} }}\n{Metrics}", IsScraped: false),
        new("metrics and the gauge", "logs: { access: off }\nadmin: { socket: admin.sock }", IsScraped: true),
        new("all three and the gauge", "logs: { access: { format: json, to: access.log }, history: { path: history } }\nadmin: { socket: admin.sock }", IsScraped: true),
    ];

    public static async Task<int> RunAsync(string[] options)
    {
        var rounds = Arguments.Number(options, "--rounds", 15);
        var turns = Arguments.Number(options, "--turns", 15);
        var length = TimeSpan.FromMilliseconds(Arguments.Number(options, "--milliseconds", 400));
        var warmUp = TimeSpan.FromSeconds(Arguments.Number(options, "--warm-up", 3));
        Console.WriteLine($"{Usage}: {rounds} rounds of {turns} turns of {length.TotalMilliseconds} ms, {AskedListener.Clients} clients, {Urls} URLs");
        using var origin = new Origin(AskedListener.BlockSize);
        var pairs = Kinds.Skip(1).ToDictionary(kind => kind, _ => new Pairs());
        var lines = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var costs = await RoundAsync(origin.Port, turns, length, warmUp);
            lines.Add(LineWritten());
            foreach (var (kind, added) in pairs)
                added.Add(costs[kind], costs[Kinds[0]]);
            Console.WriteLine(string.Join("  ", Kinds.Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Name} {costs[kind]:0.00}"))));
        }
        foreach (var (kind, added) in pairs)
            Console.WriteLine($"{kind.Name}: {added}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"of a log's, a plain write of its lines to a new file: {Pairs.MedianOf(lines):0.00} us"));
        var isRight = pairs[Kinds.Single(kind => kind.Name == Judged)].Median <= MayAdd;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(isRight ? "all right" : "FAILED")}: log and metrics may add {MayAdd:0.0} us"));
        return isRight ? 0 : 1;
    }

    /// <summary>The median of each kind's turns.</summary>
    private static async Task<Dictionary<Kind, double>> RoundAsync(int origin, int turns, TimeSpan length, TimeSpan warmUp)
    {
        var folder = Directory.CreateTempSubdirectory("sluice-bench-");
        try
        {
            await using var proxy = await ServedProxy.StartAsync([.. Kinds.Select(kind => FileOf(kind, origin, folder))]);
            var requests = Requests.ToList();
            var listeners = Kinds.Zip(proxy.EndPoints).ToDictionary(kind => kind.First, kind => new AskedListener(proxy, kind.Second, requests, Late));
            var costs = Kinds.ToDictionary(kind => kind, _ => new List<double>());
            foreach (var kind in Shuffled())
                await listeners[kind].MeasureAsync(warmUp);
            for (var turn = 0; turn < turns; turn++)
                foreach (var kind in Shuffled())
                {
                    var scraping = kind.IsScraped ? ScrapeAsync(Path.Combine(folder.FullName, kind.Name), length / 2) : Task.CompletedTask;
                    costs[kind].Add(await listeners[kind].MeasureAsync(length));
                    await scraping;
                }
            await proxy.StopAsync();
            return costs.ToDictionary(kind => kind.Key, kind => Pairs.MedianOf(kind.Value));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<byte[]> Requests => Enumerable.Range(0, Urls).Select(i => Encoding.ASCII.GetBytes(
        $"GET /fresh/{i}/{AskedListener.Length} HTTP/1.1\r\nHost: www.site{i % 50}.test\r\nReferer: http://www.site{i % 50}.test/\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36\r\nAccept: */*\r\n\r\n"));

    private static string FileOf(Kind kind, int origin, DirectoryInfo folder)
    {
        var file = Path.Combine(folder.CreateSubdirectory(kind.Name).FullName, "sluice.yaml");
        File.WriteAllText(file, $$"""
            listeners: [{ name: site, kind: reverse, bind: 127.0.0.1:0, to: http://127.0.0.1:{{origin}} }]
            cache: { memory: 64MiB }
            {{kind.Logs}}
            """);
        return file;
    }

    private static async Task ScrapeAsync(string folder, TimeSpan after)
    {
        await Task.Delay(after);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(folder, "admin.sock")));
        await socket.SendAsync("GET /metrics HTTP/1.0\r\nHost: admin\r\n\r\n"u8.ToArray());
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        var metrics = await reader.ReadToEndAsync();
        if (!metrics.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) || !metrics.Contains("http_server_request_duration_seconds_count", StringComparison.Ordinal))
            throw new InvalidDataException($"no metrics: {metrics.Split('\r')[0]}");
    }

    /// <summary>Microseconds of CPU for a line's octets, written in blocks as large as the log's.</summary>
    private static double LineWritten()
    {
        var block = new byte[LineQueue.BlockBytes];
        var path = Path.GetTempFileName();
        using var me = Process.GetCurrentProcess();
        var before = me.TotalProcessorTime;
        using (var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
            for (var i = 0; i < Written / block.Length; i++)
                file.Write(block);
        me.Refresh();
        var spent = me.TotalProcessorTime - before;
        File.Delete(path);
        return spent.TotalMicroseconds / (Written / Line);
    }

    private static Kind[] Shuffled()
    {
        var kinds = Kinds.ToArray();
        Random.Shared.Shuffle(kinds);
        return kinds;
    }

    private sealed record Kind(string Name, string Logs, bool IsScraped);
}
