using Microsoft.Data.Sqlite;
using SQLitePCL;
using Sluice.Records.History;

namespace Sluice.Records;

/// <summary>A row of the history.</summary>
/// <param name="Id">Grows in the order in which rows were written.</param>
/// <param name="Record">Null: the row says that records are missing.</param>
/// <param name="Dropped">How many are missing.</param>
/// <param name="Time">When the exchange began, or what is missing was told.</param>
public sealed record StoredRecord(long Id, ExchangeRecord? Record, long Dropped, DateTimeOffset Time);

/// <summary>Asks the history. Reads beside the proxy that writes to it, and where none runs; waits for nobody and holds up nobody: what it reads is as it was when a page of rows began.</summary>
public sealed class HistoryReader : IDisposable
{
    // So many rows at once: the write-ahead log cannot begin anew while somebody reads.
    private const int PageRows = 2000;

    // Of SQLite's machine: some 100 us.
    private const int StepsBetweenLooks = 10_000;

    private readonly SqliteConnection _connection;

    private HistoryReader(SqliteConnection connection) => _connection = connection;

    /// <exception cref="IOException">There is no such file, it may not be read, or is no history.</exception>
    public static HistoryReader Open(string path)
    {
        if (!File.Exists(path))
            throw new HistoryException($"{path}: there is no history yet");
        var connection = Connect(path);
        try
        {
            using var version = connection.CreateCommand();
            version.CommandText = "PRAGMA user_version";
            if (version.ExecuteScalar() is not (long and HistorySchema.Version and var found))
                throw new HistoryException($"{path} is no history that this Sluice knows: its version is {version.ExecuteScalar()}, not {HistorySchema.Version}");
            return new HistoryReader(connection);
        }
        catch (Exception e)
        {
            connection.Dispose();
            throw e is SqliteException sql ? Wrong(sql, path) : e;
        }
    }

    /// <summary>The newest first.</summary>
    /// <param name="before">Only rows with a smaller id.</param>
    /// <param name="stop">Interrupts the search.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IReadOnlyList<StoredRecord> Newest(RecordFilter filter, int limit, long? before, CancellationToken stop)
    {
        using var command = new FilterSql(filter).On(_connection, HistorySchema.Select, before is null ? null : "id < @before", "ORDER BY id DESC LIMIT @limit");
        if (before is { } id)
            command.Parameters.AddWithValue("@before", id);
        command.Parameters.AddWithValue("@limit", limit);
        return Rows(command, stop);
    }

    /// <summary>The oldest first, as they come; in memory are a page of them.</summary>
    /// <param name="after">Only rows with a greater id.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    public IEnumerable<StoredRecord> After(RecordFilter filter, long after, CancellationToken stop)
    {
        var conditions = new FilterSql(filter);
        while (true)
        {
            using var command = conditions.On(_connection, HistorySchema.Select, "id > @after", "ORDER BY id LIMIT @limit");
            command.Parameters.AddWithValue("@after", after);
            command.Parameters.AddWithValue("@limit", PageRows);
            var rows = Rows(command, stop);
            foreach (var row in rows)
                yield return row;
            if (rows.Count < PageRows)
                yield break;
            after = rows[^1].Id;
        }
    }

    /// <summary>The id behind which the newest so many begin, to be read with <see cref="After"/>.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public long BeforeNewest(RecordFilter filter, int count, CancellationToken stop)
    {
        using var command = new FilterSql(filter).On(_connection, "SELECT id FROM exchanges", null, "ORDER BY id DESC LIMIT 1 OFFSET @count");
        command.Parameters.AddWithValue("@count", count);
        return Guarded(() => command.ExecuteScalar() as long? ?? 0, stop);
    }

    public void Dispose() => _connection.Dispose();

    private List<StoredRecord> Rows(SqliteCommand command, CancellationToken stop) => Guarded(() =>
    {
        var rows = new List<StoredRecord>();
        using var reader = command.ExecuteReader();
        while (reader.Read())
            rows.Add(RowReader.Read(reader));
        return rows;
    }, stop);

    private T Guarded<T>(Func<T> ask, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        raw.sqlite3_progress_handler(_connection.Handle, StepsBetweenLooks, _ => stop.IsCancellationRequested ? 1 : 0, null);
        try
        {
            return ask();
        }
        catch (SqliteException) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
        catch (SqliteException e)
        {
            throw Wrong(e, _connection.DataSource);
        }
    }

    // Who may only read cannot make the files beside it, which it needs where nobody writes: then nothing changes, either.
    private static SqliteConnection Connect(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        try
        {
            connection.Open();
            using var look = connection.CreateCommand();
            look.CommandText = "SELECT count(*) FROM sqlite_schema";
            look.ExecuteScalar();
            return connection;
        }
        catch (SqliteException e) when (e.SqliteErrorCode is raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY && !File.Exists(path + "-wal"))
        {
            connection.Dispose();
            connection = new SqliteConnection($"Data Source=file:{Uri.EscapeDataString(path)}?immutable=1;Mode=ReadOnly;Pooling=False");
            connection.Open();
            return connection;
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw Wrong(e, path);
        }
    }

    private static HistoryException Wrong(SqliteException e, string path) => new($"{path}: {e.Message}");
}
