// As many records as exchanges, in the log and in the history, whatever becomes of the exchanges.
//
// What: clients that for a while do one thing after the other: ask for what is stored, for what is not, for what a rule refuses, send what is no request, leave in the middle of an answer,
//   open a tunnel by CONNECT, or connect to a tcp listener. Each counts what it did. Then the log is counted line by line and the history row by row.
// Strategy: not only the sum must be the same: each kind is told by its record, each record has another number, and none is missing between the first and the last.
// Facts: an answer of 8 MiB is left after its head: it cannot have been sent whole.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Sluice.Bench.Checks;

internal static class RecordsCount
{
    private const int BlockSize = 4 << 10;
    private const int StoredUrls = 500;
    private const string Usage = "records-count [--clients 100] [--seconds 60]";

    private enum Did
    {
        Hit,
        Fetched,
        Refused,
        Malformed,
        Left,
        Tunnelled,
        Relayed,
    }

    public static async Task<int> RunAsync(string[] options)
    {
        var count = Arguments.Number(options, "--clients", 100);
        var seconds = Arguments.Number(options, "--seconds", 60);
        Console.WriteLine($"{Usage}: {count} clients, {seconds} s");
        var folder = Directory.CreateTempSubdirectory("sluice-bench-");
        try
        {
            using var origin = new Origin(BlockSize);
            await File.WriteAllTextAsync(In("sluice.yaml"), ConfigurationOf(origin.Port));
            await using var proxy = await ServedProxy.StartAsync(In("sluice.yaml"));
            var clients = Enumerable.Range(0, count).Select(i => new Client(proxy, origin.Port, i)).ToList();
            using var over = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
            var cpu = proxy.Cpu;
            await Task.WhenAll(clients.Select(client => Task.Run(() => client.ActUntilAsync(over.Token))));
            cpu = proxy.Cpu - cpu;
            var lost = await proxy.StopAsync();
            foreach (var fault in clients.Where(client => client.Fault is not null).Take(10))
                Console.WriteLine($"a client: {fault.Fault}");
            var did = Enum.GetValues<Did>().ToDictionary(kind => kind, kind => clients.Sum(client => client.Counts[(int)kind]));
            var (log, history) = (CountLog(In("access.log")), CountHistory(In("history")));
            var made = did.Values.Sum();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{made} exchanges, {made / (double)seconds:0}/s, {cpu.TotalMicroseconds / made:0.0} us of CPU each; records lost: {lost}"));
            Console.WriteLine($"{"",-10} {"made",9} {"log",9} {"history",9}");
            foreach (var (kind, number) in did)
                Console.WriteLine($"{kind,-10} {number,9} {log.Of(kind),9} {history.Of(kind),9}");
            Console.WriteLine($"numbers    {"",9} {log.Numbers,9} {history.Numbers,9}   from {log.First} to {log.Last}, {history.First} to {history.Last}");
            var isRight = lost == 0 && clients.All(client => client.Fault is null) && log.IsOf(did) && history.IsOf(did);
            Console.WriteLine(isRight ? "all right" : "FAILED");
            return isRight ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string In(string file) => Path.Combine(folder.FullName, file);
    }

    private static Tally CountLog(string file)
    {
        var tally = new Tally();
        foreach (var line in File.ReadLines(file))
        {
            using var json = JsonDocument.Parse(line);
            var record = json.RootElement;
            var status = record.TryGetProperty("http_response_status_code", out var code) ? code.GetInt32() : 0;
            tally.Add(record.GetProperty("number").GetInt64(), record.GetProperty("kind").GetString()!, record.GetProperty("verdict").GetString()!,
                status, record.GetProperty("cache").GetString()!, record.TryGetProperty("client_gone", out _));
        }
        return tally;
    }

    private static Tally CountHistory(string path)
    {
        var tally = new Tally();
        using var database = new SqliteConnection($"Data Source={path};Mode=ReadOnly");
        database.Open();
        using var command = database.CreateCommand();
        command.CommandText = "SELECT number, kind, verdict, coalesce(http_response_status_code, 0), cache, coalesce(client_gone, 0) FROM exchanges";
        using var rows = command.ExecuteReader();
        while (rows.Read())
            tally.Add(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetInt32(3), rows.GetString(4), rows.GetInt32(5) != 0);
        return tally;
    }

    private static string ConfigurationOf(int origin) => $$"""
        listeners:
          - { name: web, kind: forward, bind: 127.0.0.1:0, policy: list }
          - { name: relay, kind: tcp, bind: 127.0.0.1:0, to: 127.0.0.1:{{origin}} }
        cache: { memory: 64MiB }
        policies: { list: { default: allow, rules: [{ id: list, deny: true, hosts: [refused.test] }] } }
        limits: { connectPorts: [1-65535] }
        logs: { access: { format: json, to: access.log }, history: { path: history, size: 4GiB } }
        """;

    /// <summary>Records by what their exchanges were.</summary>
    private sealed class Tally
    {
        private readonly long[] _counts = new long[Enum.GetValues<Did>().Length];
        private readonly HashSet<long> _numbers = [];

        public long First { get; private set; } = long.MaxValue;

        public long Last { get; private set; }

        /// <summary>How many different ones.</summary>
        public long Numbers => _numbers.Count;

        public void Add(long number, string kind, string verdict, int status, string cache, bool isGone)
        {
            _counts[(int)(kind == "relay" ? Did.Relayed
                : kind == "connect" ? Did.Tunnelled
                : verdict == "deny" ? Did.Refused
                : status == 400 ? Did.Malformed
                : isGone ? Did.Left
                : cache == "HIT" ? Did.Hit
                : Did.Fetched)]++;
            (First, Last) = (Math.Min(First, number), Math.Max(Last, number));
            _numbers.Add(number);
        }

        public long Of(Did kind) => _counts[(int)kind];

        /// <summary>The same of each kind, and each number once. What is asked for the first time is no hit yet, and may be joined by others.</summary>
        public bool IsOf(Dictionary<Did, long> made) =>
            made.All(kind => kind.Key is Did.Hit or Did.Fetched || Of(kind.Key) == kind.Value)
            && Of(Did.Hit) + Of(Did.Fetched) == made[Did.Hit] + made[Did.Fetched] && made[Did.Hit] - Of(Did.Hit) is >= 0 and < 10 * StoredUrls
            && Numbers == made.Values.Sum() && Last - First + 1 == Numbers;
    }

    private sealed class Client(ServedProxy proxy, int origin, int number)
    {
        private static readonly int[] Weights = [60, 30, 4, 1, 1, 2, 2];

        private readonly Random _random = new(number);
        private Wire? _wire;

        public long[] Counts { get; } = new long[Weights.Length];

        public string? Fault { get; private set; }

        public async Task ActUntilAsync(CancellationToken over)
        {
            try
            {
                while (!over.IsCancellationRequested)
                {
                    var next = Draw();
                    await DoAsync(next);
                    Counts[(int)next]++;
                }
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                Fault = e.Message;
            }
            _wire?.Dispose();
        }

        private Did Draw()
        {
            var at = _random.Next(Weights.Sum());
            var kind = 0;
            for (; at >= Weights[kind]; kind++)
                at -= Weights[kind];
            return (Did)kind;
        }

        private Task DoAsync(Did what) => what switch
        {
            Did.Hit => AskAsync($"http://127.0.0.1:{origin}/fresh/{_random.Next(StoredUrls)}/1024", 200),
            Did.Fetched => AskAsync($"http://127.0.0.1:{origin}/private/{_random.Next(StoredUrls)}/1024", 200),
            Did.Refused => AskAsync("http://refused.test/", 403),
            Did.Malformed => MalformedAsync(),
            Did.Left => LeaveAsync(),
            Did.Tunnelled => TunnelAsync(),
            _ => RelayAsync(),
        };

        private async Task AskAsync(string url, int status)
        {
            _wire ??= await Wire.ConnectAsync(proxy.EndPoints[0], BlockSize);
            var head = await ExpectAsync(_wire, $"GET {url} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\nUser-Agent: check\r\n\r\n", status);
            await _wire.ReadBodyAsync(head, new PatternCheck(1));
            if (!string.Equals(Wire.Field(head, "Connection"), "close", StringComparison.OrdinalIgnoreCase))
                return;
            _wire.Dispose();
            _wire = null;
        }

        private async Task MalformedAsync()
        {
            using var wire = await Wire.ConnectAsync(proxy.EndPoints[0], BlockSize);
            await ExpectAsync(wire, "GET http://a.test/ HTTP/1.1\r\nHost : a.test\r\n\r\n", 400);
        }

        private async Task LeaveAsync()
        {
            using var wire = await Wire.ConnectAsync(proxy.EndPoints[0], BlockSize);
            await ExpectAsync(wire, $"GET http://127.0.0.1:{origin}/private/1/{8 << 20} HTTP/1.1\r\nHost: 127.0.0.1:{origin}\r\n\r\n", 200);
        }

        private async Task TunnelAsync()
        {
            using var wire = await Wire.ConnectAsync(proxy.EndPoints[0], BlockSize);
            await ExpectAsync(wire, $"CONNECT 127.0.0.1:{origin} HTTP/1.1\r\nHost: 127.0.0.1:{origin}\r\n\r\n", 200);
            await WithinAsync(wire);
        }

        private async Task RelayAsync()
        {
            using var wire = await Wire.ConnectAsync(proxy.EndPoints[1], BlockSize);
            await WithinAsync(wire);
        }

        private static async Task WithinAsync(Wire wire)
        {
            var head = await ExpectAsync(wire, "GET /private/1/1024 HTTP/1.1\r\nHost: a\r\n\r\n", 200);
            await wire.ReadBodyAsync(head, new PatternCheck(1));
        }

        private static async Task<string> ExpectAsync(Wire wire, string request, int status)
        {
            await wire.SendAsync(request);
            var head = await wire.ReadHeadAsync() ?? "FIN";
            return head.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal) ? head : throw new InvalidDataException($"{status} was due to {request.Split('\r')[0]}, not {head.Split('\r')[0]}");
        }
    }
}
