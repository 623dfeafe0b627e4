// The history survives kill -9: it opens again, whole, and at most the records of the last second are missing.
//
// What: clients ask without pause; at a random moment the proxy gets SIGKILL, and is started again on the same file.
// Strategy: each request has a URL of its own, so that after each kill the rows of each client must be its requests from the first on, in their order, none twice, none left out, up to one
//   that was answered less than a second before the kill. A request in flight may have a row. Each row is looked at: a 200 of its length. SQLite's own integrity_check says the rest.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Sluice.Records;

namespace Sluice.Bench.Checks;

internal static class HistoryKill
{
    private const string Usage = "history-kill [--times 50] [--clients 16] [--folder FOLDER]";
    private static readonly TimeSpan MayBeMissing = TimeSpan.FromSeconds(1);

    public static async Task<int> RunAsync(string[] options)
    {
        var times = Arguments.Number(options, "--times", 50);
        var clients = Arguments.Number(options, "--clients", 16);
        var folder = Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-history-kill-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        Console.WriteLine($"{Usage}: {times} times, {clients} clients, in {folder}");
        var configuration = Path.Combine(folder, "sluice.yaml");
        await File.WriteAllTextAsync(configuration, "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\nlogs: { access: off, history: { path: history.db, size: 64MiB } }\n");
        using var origin = new Origin(16 << 10);
        var (wrong, answered, rows, missing, ages, random) = (new List<string>(), 0L, 0L, 0L, new List<TimeSpan>(), new Random(9));
        var last = 0L;
        for (var kill = 0; kill < times && wrong.Count == 0; kill++)
        {
            var load = Enumerable.Range(0, clients).Select(_ => (NumberedClient?)null).ToArray();
            long killed;
            await using (var proxy = await ServedProxy.StartAsync(configuration))
            {
                for (var i = 0; i < clients; i++)
                    load[i] = new NumberedClient(proxy.Forward, origin.Port, i);
                using var over = new CancellationTokenSource();
                var asking = load.Select(client => Task.Run(() => client!.AskUntilAsync(over.Token))).ToList();
                await Task.Delay(random.Next(300, 3000));
                killed = Stopwatch.GetTimestamp();
                await over.CancelAsync();
                await proxy.KillAsync();
                await Task.WhenAll(asking);
            }
            var oldest = TimeSpan.Zero;
            var found = Found(Path.Combine(folder, "history.db"), ref last, wrong);
            foreach (var client in load)
            {
                using var asked = client!;
                answered += asked.Answered.Count;
                if (asked.Fault is { } fault && asked.Answered.Count == 0)
                    wrong.Add(fault);
                var own = found.GetValueOrDefault(asked.Number) ?? [];
                rows += own.Count;
                if (!own.SequenceEqual(Enumerable.Range(0, own.Count)) || own.Count > asked.Answered.Count + 1)
                    wrong.Add($"client {asked.Number}: {asked.Answered.Count} answers, rows of {string.Join(' ', own.TakeLast(20))}");
                if (own.Count >= asked.Answered.Count)
                    continue;
                missing += asked.Answered.Count - own.Count;
                var age = Stopwatch.GetElapsedTime(asked.Answered[own.Count], killed);
                oldest = age > oldest ? age : oldest;
            }
            ages.Add(oldest);
        }
        foreach (var what in wrong.Take(10))
            Console.WriteLine($"WRONG {what}");
        ages.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{answered} answers, {rows} rows; {missing} missing, the oldest of each kill answered {ages[ages.Count / 2].TotalMilliseconds:0} ms before it in the median, at most {ages[^1].TotalMilliseconds:0} ms"));
        Directory.Delete(folder, recursive: true);
        var right = wrong.Count == 0 && ages[^1] <= MayBeMissing;
        Console.WriteLine(right ? "all right" : "FAILED");
        return right ? 0 : 1;
    }

    /// <summary>The requests of each client, in the order of the rows behind the last that were seen.</summary>
    private static Dictionary<int, List<int>> Found(string path, ref long last, List<string> wrong)
    {
        using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA integrity_check";
            if (command.ExecuteScalar() is not "ok" and var answer)
                wrong.Add($"integrity_check: {answer}");
        }
        var found = new Dictionary<int, List<int>>();
        using var reader = HistoryReader.Open(path);
        foreach (var row in reader.After(RecordFilter.All, last, CancellationToken.None))
        {
            last = row.Id;
            // What the kill broke off has a row, or none.
            if (row.Record is not { ClientGone: false, Error: null } record)
                continue;
            if (record is not { Status: 200, ResponseBytes: 100 } || NumberedClient.Of(record.Url) is not { } of)
                wrong.Add($"a row of {record.Url}: {record.Status}, {record.ResponseBytes} octets");
            else if (found.TryGetValue(of.Client, out var requests))
                requests.Add(of.Request);
            else
                found[of.Client] = [of.Request];
        }
        return found;
    }
}
