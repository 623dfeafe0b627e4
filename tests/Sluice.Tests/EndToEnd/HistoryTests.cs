using System.Globalization;
using System.Net;
using Microsoft.Data.Sqlite;
using Sluice.Records;
using Sluice.Tests.Kit;
using Sluice.Tests.Records;

namespace Sluice.Tests.EndToEnd;

/// <summary>The history in its bad hours, of the program as a process and on a disk that is full.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly LogLines _log = new();

    public void Dispose()
    {
        _log.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Killed_ItOpensAgainWithAllThatWasWritten()
    {
        using var processes = new SluiceProcesses();
        var history = _folder.File("history.db");
        await File.WriteAllTextAsync(_folder.File("s.yaml"),
            $"listeners: [{{ kind: forward, bind: 127.0.0.1:0, policy: p }}]\npolicies: {{ p: {{ default: deny, rules: [] }} }}\nlogs: {{ access: off, history: {{ path: {history} }} }}",
            TestContext.Current.CancellationToken);
        var asked = 0;
        for (var kill = 0; kill < 3; kill++)
        {
            var (process, at) = await processes.ServeAsync(_folder.File("s.yaml"));
            using var client = new HttpClient(new SocketsHttpHandler { Proxy = new WebProxy(at.ToString()) });
            var seen = asked;
            while (seen < asked + 20 || Stored(history) < asked + 20)
            {
                // Asked until a part is written: what comes behind that is in flight when the kill comes.
                using var answer = await client.GetAsync(new Uri($"http://example.com/{seen++}"), TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
                Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            }
            var written = Stored(history);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
            var rows = Numbers(history);
            Assert.InRange(rows.Count, written, seen);
            Assert.Equal(Enumerable.Range(asked, rows.Count - asked), rows.Skip(asked));
            asked = rows.Count;
        }
        using var connection = new SqliteConnection($"Data Source={history};Pooling=False");
        connection.Open();
        using var check = connection.CreateCommand();
        check.CommandText = "PRAGMA integrity_check";
        Assert.Equal("ok", check.ExecuteScalar());
    }

    [Fact]
    public async Task ADiskThatIsFull_LosesWhatIsCountedAndShown()
    {
        using var disk = new SmallDisk(192);
        var options = new LogOptions
        {
            Access = [new LogOutputOptions { Format = LogFormat.Json, File = disk.File("access.log") }],
            History = new HistoryOptions { Path = disk.File("history.db"), SizeBytes = 128 << 20, Keep = TimeSpan.FromDays(10_000) },
        };
        disk.Fill(spare: 256 << 10);
        var count = 0;
        var time = new ManualTime();
        await using var log = new AccessLog(options, time, _log);
        void Write(int more)
        {
            for (var i = 0; i < more; i++)
                log.Write(Numbered(count++));
        }
        async Task Until(Func<OutputState, bool> condition)
        {
            // The writers gather and try again by this clock.
            for (; !log.Outputs.All(condition); await Task.Yield())
                time.Advance(TimeSpan.FromMilliseconds(200));
        }
        Write(20_000);
        await Until(output => output.Failing is not null).Within(SluiceProcesses.Patience);
        Write(90_000);
        await Until(output => output.Dropped > 0).Within(SluiceProcesses.Patience);
        disk.MakeRoom();
        await Until(output => output.Failing is null).Within(SluiceProcesses.Patience);
        Write(1);
        await log.UseAsync(LogOptions.Off).Within(SluiceProcesses.Patience);

        using var reader = HistoryReader.Open(disk.File("history.db"));
        var rows = reader.After(RecordFilter.All, 0, CancellationToken.None).ToList();
        Assert.Contains(rows, row => row.Dropped > 0);
        var last = rows.FindLast(row => row.Record is not null)!.Record!.Number;
        Assert.Equal(count - 1, last);
        Assert.Contains(_log.Lines, line => line.Contains("history.db", StringComparison.Ordinal) && line.Contains("records were dropped", StringComparison.Ordinal));
        var lines = File.ReadLines(disk.File("access.log")).ToList();
        Assert.Equal(count, lines.Sum(line => Missing(line) ?? 1));
    }

    private static ExchangeRecord Numbered(int number)
    {
        var record = Sample.Miss();
        record.Number = number;
        return record;
    }

    private static long? Missing(string line)
    {
        using var json = System.Text.Json.JsonDocument.Parse(line);
        return json.RootElement.TryGetProperty("dropped", out var dropped) ? dropped.GetInt64() : null;
    }

    private static int Stored(string path) => File.Exists(path) ? Numbers(path).Count : 0;

    private static List<int> Numbers(string path)
    {
        try
        {
            using var reader = HistoryReader.Open(path);
            return [.. reader.After(RecordFilter.All, 0, CancellationToken.None).Select(row => int.Parse(row.Record!.Url!.AsSpan("http://example.com/".Length), CultureInfo.InvariantCulture))];
        }
        catch (HistoryException)
        {
            // It is being made.
            return [];
        }
    }
}
