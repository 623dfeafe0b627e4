// A full disk under history and access log: traffic goes on, what is lost is counted and shown, and both recover.
//
// What: history and log (JSON) are on a small tmpfs. Clients ask without pause while it fills up, while it is full for so long that the queues run over, and after somebody has made room.
// Strategy: at the end each of the two must account for every answer: its records and those that it says are missing, together, are all there were. Nothing may stand twice.
// Facts: needs root, to mount.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Sluice.Records;

namespace Sluice.Bench.Checks;

internal static class HistoryFull
{
    private const string Usage = "history-full [--seconds 40] [--clients 32]";
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(string[] options)
    {
        var seconds = TimeSpan.FromSeconds(Arguments.Number(options, "--seconds", 40));
        var clients = Arguments.Number(options, "--clients", 32);
        var folder = Directory.CreateTempSubdirectory("sluice-history-full-").FullName;
        var disk = Path.Combine(folder, "disk");
        Directory.CreateDirectory(disk);
        Console.WriteLine($"{Usage}: full for {seconds.TotalSeconds} s, {clients} clients");
        var configuration = Path.Combine(folder, "sluice.yaml");
        await File.WriteAllTextAsync(configuration,
            "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\nlogs: { access: { format: json, to: disk/access.log }, history: { path: disk/history.db, size: 256MiB } }\n");
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=512m", "none", disk);
        try
        {
            return await CheckAsync(configuration, disk, seconds, clients);
        }
        finally
        {
            await RunAsync("umount", disk);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> CheckAsync(string configuration, string disk, TimeSpan seconds, int clients)
    {
        var ballast = Path.Combine(disk, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[480 << 20]);
        using var origin = new Origin(16 << 10);
        await using var proxy = await ServedProxy.StartAsync(configuration);
        var load = Enumerable.Range(0, clients).Select(number => new NumberedClient(proxy.Forward, origin.Port, number)).ToList();
        using var over = new CancellationTokenSource();
        var asking = load.Select(client => Task.Run(() => client.AskUntilAsync(over.Token))).ToList();
        var began = Stopwatch.GetTimestamp();
        await UntilAsync(proxy, "cannot be written to", 2, TimeSpan.FromMinutes(2));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"both cannot be written to after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s and {load.Sum(client => client.Answered.Count)} answers"));
        var before = load.Sum(client => client.Answered.Count);
        await Task.Delay(seconds);
        Console.WriteLine($"while the disk was full: {load.Sum(client => client.Answered.Count) - before} answers, wrong: {load.Count(client => client.Fault is not null)}");
        File.Delete(ballast);
        began = Stopwatch.GetTimestamp();
        await UntilAsync(proxy, "again", 2, Recovery);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"written to again {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s after there was room"));
        await Task.Delay(TimeSpan.FromSeconds(2));
        await over.CancelAsync();
        await Task.WhenAll(asking);
        var (answers, faults) = (load.Sum(client => (long)client.Answered.Count), load.Select(client => client.Fault).OfType<string>().ToList());
        load.ForEach(client => client.Dispose());
        var dropped = await proxy.StopAsync();
        foreach (var line in proxy.Said.Where(line => line.Contains("dropped", StringComparison.Ordinal)))
            Console.WriteLine($"  it says: {line.Trim()}");
        var history = OfHistory(Path.Combine(disk, "history.db"));
        var log = OfLog(Path.Combine(disk, "access.log"));
        Console.WriteLine($"{answers} answers, {faults.Count} wrong; history: {history}; log: {log}; counted as dropped: {dropped}");
        var right = faults.Count == 0 && history.Twice == 0 && log.Twice == 0 && history.Records + history.Missing == answers && log.Records + log.Missing == answers
            && history.Missing > 0 && dropped == history.Missing + log.Missing;
        Console.WriteLine(right ? "all right" : $"FAILED {faults.FirstOrDefault()}");
        return right ? 0 : 1;
    }

    private static async Task UntilAsync(ServedProxy proxy, string said, int outputs, TimeSpan patience)
    {
        for (var began = Stopwatch.GetTimestamp(); ; await Task.Delay(20))
        {
            if (proxy.Said.Where(line => line.Contains(said, StringComparison.Ordinal)).Select(line => line.Contains("history.db", StringComparison.Ordinal)).Distinct().Count() == outputs)
                return;
            if (Stopwatch.GetElapsedTime(began) > patience)
                throw new TimeoutException($"'{said}' is not said of both: {string.Join(" | ", proxy.Said.TakeLast(5))}");
        }
    }

    private readonly record struct Account(long Records, long Missing, long Twice);

    private static Account OfHistory(string path)
    {
        using var reader = HistoryReader.Open(path);
        var seen = new HashSet<string>();
        var (records, missing, twice) = (0L, 0L, 0L);
        foreach (var row in reader.After(RecordFilter.All, 0, CancellationToken.None))
        {
            missing += row.Dropped;
            records += row.Record is null ? 0 : 1;
            twice += row.Record is null || seen.Add(row.Record.Url!) ? 0 : 1;
        }
        return new Account(records, missing, twice);
    }

    private static Account OfLog(string path)
    {
        var seen = new HashSet<string>();
        var (records, missing, twice) = (0L, 0L, 0L);
        foreach (var line in File.ReadLines(path))
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("dropped", out var dropped))
            {
                missing += dropped.GetInt64();
                continue;
            }
            records++;
            twice += seen.Add(json.RootElement.GetProperty("url_full").GetString()!) ? 0 : 1;
        }
        return new Account(records, missing, twice);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode}; it needs root");
    }
}
