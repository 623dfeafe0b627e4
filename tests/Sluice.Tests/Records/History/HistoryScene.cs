using Microsoft.Data.Sqlite;
using Sluice.Records;
using Sluice.Records.History;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records.History;

/// <summary>A history in a folder of its own, with its output and a reader.</summary>
internal sealed class HistoryScene : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("history-").FullName;

    public HistoryScene()
    {
        Options = new HistoryOptions { Path = System.IO.Path.Combine(_folder, "history.db") };
        Time.Advance(Sample.Miss().Time.AddMinutes(15) - Time.GetUtcNow());
    }

    public HistoryOptions Options { get; set; }

    public string Path => Options.Path;

    /// <summary>A quarter of an hour after the samples.</summary>
    public ManualTime Time { get; } = new();

    public long Bytes => new[] { "", "-wal", "-shm" }.Select(end => new FileInfo(Path + end)).Where(file => file.Exists).Sum(file => file.Length);

    public LogLines Log { get; } = new();

    public HistoryOutput Output() => new(Options, Time, Log);

    /// <summary>Writes them in one batch.</summary>
    public void Write(params IEnumerable<ExchangeRecord> records)
    {
        using var output = Output();
        foreach (var record in records)
            output.Add(record);
        output.WriteOut();
    }

    public IReadOnlyList<StoredRecord> All(RecordFilter? filter = null)
    {
        using var reader = HistoryReader.Open(Path);
        return [.. reader.After(filter ?? RecordFilter.All, 0, CancellationToken.None)];
    }

    /// <summary>What an administrator's own statement gives: its first column.</summary>
    public IReadOnlyList<object> Ask(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        var first = new List<object>();
        while (rows.Read())
            first.Add(rows.GetValue(0));
        return first;
    }

    public void Dispose()
    {
        Log.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
