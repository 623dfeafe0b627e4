using System.Globalization;
using SQLitePCL;

namespace Sluice.Records.History;

/// <summary>
/// The database as its one writer has it open: rows come in batches, each one transaction, and the oldest go where they are too old or too many.
/// <code>
/// batch ──► write-ahead log (-wal) ──► every W octets into the database   (SQLite's checkpoint; the only time that it waits for the disk)
/// </code>
/// A process that is killed loses what was not handed over yet; a machine that loses power what came since the last checkpoint, and no more (synchronous=NORMAL).
/// Straight on SQLite's C interface: through ADO.NET a row costs more than twice as much (docs/decisions/0024).
/// </summary>
internal sealed class HistoryFile : IDisposable
{
    private const int PageBytes = 8 << 10;

    // What one transaction deletes at most: some 10 ms.
    private const int MostDeleted = 16 << 10;
    private const int PagesShrunkPerBatch = 256;

    private readonly sqlite3 _database;
    private readonly HistoryOptions _options;
    private readonly List<sqlite3_stmt> _statements = [];
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _rollback;
    private readonly sqlite3_stmt _insert;
    private readonly sqlite3_stmt _deleteOldest;
    private readonly sqlite3_stmt _deleteOld;
    private readonly sqlite3_stmt _newest;
    private readonly sqlite3_stmt _oldest;
    private readonly sqlite3_stmt _pages;
    private readonly sqlite3_stmt _freePages;
    private readonly RowBinder _row;
    private long _lastId;

    static HistoryFile() => Batteries_V2.Init();

    private HistoryFile(sqlite3 database, HistoryOptions options)
    {
        (_database, _options) = (database, options);
        try
        {
            SetUp();
            _begin = Prepare("BEGIN IMMEDIATE");
            _commit = Prepare("COMMIT");
            _rollback = Prepare("ROLLBACK");
            _insert = Prepare(HistorySchema.Insert);
            _deleteOldest = Prepare("DELETE FROM exchanges WHERE id <= (SELECT id FROM exchanges ORDER BY id LIMIT 1 OFFSET ?1)");
            _deleteOld = Prepare("DELETE FROM exchanges WHERE id <= min(?2, coalesce((SELECT id FROM exchanges ORDER BY id LIMIT 1 OFFSET ?1), ?2))");
            _newest = Prepare("SELECT coalesce(max(id), 0) FROM exchanges");
            _oldest = Prepare($"SELECT coalesce(min(id), {long.MaxValue}) FROM exchanges");
            _pages = Prepare("PRAGMA page_count");
            _freePages = Prepare("PRAGMA freelist_count");
            _row = new RowBinder(_insert);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>About as much a batch may hold.</summary>
    public static long BatchBytesOf(HistoryOptions options) => Math.Min(2 << 20, options.SizeBytes / 64);

    private long BatchBytes => BatchBytesOf(_options);

    /// <summary>After so many octets the write-ahead log goes into the database.</summary>
    private long WalBytes => Math.Clamp(_options.SizeBytes / 16, 1 << 20, 16 << 20);

    /// <summary>More than this it may not become: somebody has been reading for too long, so that it cannot begin anew.</summary>
    private long MostWalBytes => _options.SizeBytes / 8;

    /// <summary>Of the database without its write-ahead log.</summary>
    private long MostPages => (_options.SizeBytes - MostWalBytes) / PageBytes;

    /// <summary>Makes it where there is none.</summary>
    /// <exception cref="HistoryException">It cannot be opened.</exception>
    public static HistoryFile Open(HistoryOptions options)
    {
        if (!File.Exists(options.Path))
            MakeEmpty(options.Path);
        // Used by one thread at a time: no lock within.
        var result = raw.sqlite3_open_v2(options.Path, out var database, raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE | raw.SQLITE_OPEN_NOMUTEX, null);
        if (result == raw.SQLITE_OK)
            return new HistoryFile(database, options);
        using (database)
            throw HistoryException.Of(result, database);
    }

    /// <summary>Writes a batch whole or not at all.</summary>
    /// <param name="dropped">So many records are missing behind it.</param>
    /// <exception cref="HistoryException">Disk full and the like; nothing is written.</exception>
    public void Append(List<ExchangeRecord> records, long dropped, DateTimeOffset now)
    {
        CheckWal();
        Run(_begin);
        try
        {
            // Whoever had this file open before may have written since.
            _lastId = Number(_newest);
            DeleteOld(now, Math.Clamp(2 * records.Count, 1000, MostDeleted));
            MakeRoom(records.Count);
            foreach (var record in records)
                Insert(_row.Bind(NextId(record.Time + record.Duration), record));
            if (dropped > 0)
                Insert(_row.BindDropped(NextId(now), now, dropped));
            Run(_commit);
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Lets go what is too old, a step at a time.</summary>
    /// <returns>There is more.</returns>
    public bool DeleteOld(DateTimeOffset now, int rows = MostDeleted)
    {
        var before = HistorySchema.IdAt(now - _options.Keep);
        if (Number(_oldest) >= before)
            return false;
        raw.sqlite3_bind_int64(_deleteOld, 1, rows - 1);
        raw.sqlite3_bind_int64(_deleteOld, 2, before - 1);
        Run(_deleteOld);
        return raw.sqlite3_changes(_database) == rows;
    }

    public void Dispose()
    {
        foreach (var statement in _statements)
            statement.Dispose();
        _database.Dispose();
    }

    // What people have looked at is nobody's business beside the owner's and the group's; SQLite gives the files beside it the same mode.
    private static void MakeEmpty(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        new FileStream(path, options).Dispose();
    }

    private void SetUp()
    {
        Run($"PRAGMA page_size = {PageBytes}");
        Run("PRAGMA auto_vacuum = INCREMENTAL");
        // A reader that begins just when the log is begun anew.
        Run("PRAGMA busy_timeout = 1000");
        var version = Number(Prepare("PRAGMA user_version"));
        if (version > HistorySchema.Version)
            throw new HistoryException($"{_options.Path} was written by a newer Sluice (its version is {version}, this one knows {HistorySchema.Version}): name another file in logs.history.path, or remove this one");
        if (version == 0 && Number(Prepare("SELECT count(*) FROM sqlite_schema")) > 0)
            throw new HistoryException($"{_options.Path} is the database of another program: name another file in logs.history.path");
        Run("PRAGMA journal_mode = WAL");
        Run("PRAGMA synchronous = NORMAL");
        Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA wal_autocheckpoint = {WalBytes / PageBytes}"));
        Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_size_limit = {WalBytes}"));
        if (version == 0)
            Run($"BEGIN IMMEDIATE; {HistorySchema.Create}; PRAGMA user_version = {HistorySchema.Version}; COMMIT");
    }

    private long NextId(DateTimeOffset end) => _lastId = Math.Max(_lastId + 1, HistorySchema.IdAt(end));

    private void MakeRoom(int rows)
    {
        if (Number(_pages) > MostPages)
            Run(string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({PagesShrunkPerBatch})"));
        var step = Math.Max(rows, 16);
        for (var deleted = 0; deleted < MostDeleted && Number(_pages) - Number(_freePages) > MostPages - BatchBytes * 2 / PageBytes; step *= 2)
        {
            raw.sqlite3_bind_int64(_deleteOldest, 1, step - 1);
            Run(_deleteOldest);
            var count = raw.sqlite3_changes(_database);
            if (count == 0)
                return;
            deleted += count;
        }
    }

    /// <summary>The log begins anew when all of it is in the database and nobody reads in it.</summary>
    private void CheckWal()
    {
        var wal = new FileInfo(_options.Path + "-wal");
        if (!wal.Exists || wal.Length <= MostWalBytes)
            return;
        var result = raw.sqlite3_wal_checkpoint_v2(_database, "main", raw.SQLITE_CHECKPOINT_TRUNCATE, out _, out _);
        if (result == raw.SQLITE_BUSY)
            throw new HistoryException($"{wal.FullName} has {wal.Length >> 20} MiB and cannot begin anew: somebody has been reading in it for too long");
        Check(result);
    }

    private void Insert(int bound)
    {
        Check(bound);
        Run(_insert);
    }

    private void RollBack()
    {
        // After some errors SQLite has done so itself.
        if (raw.sqlite3_get_autocommit(_database) == 0 && raw.sqlite3_step(_rollback) is not raw.SQLITE_DONE)
            raw.sqlite3_reset(_insert);
        raw.sqlite3_reset(_rollback);
    }

    private sqlite3_stmt Prepare(string sql)
    {
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        _statements.Add(statement);
        return statement;
    }

    private void Run(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        raw.sqlite3_reset(statement);
        if (result != raw.SQLITE_DONE && result != raw.SQLITE_ROW)
            throw HistoryException.Of(result, _database);
    }

    private void Run(string sql) => Check(raw.sqlite3_exec(_database, sql));

    private long Number(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        var number = result == raw.SQLITE_ROW ? raw.sqlite3_column_int64(statement, 0) : 0;
        raw.sqlite3_reset(statement);
        return result == raw.SQLITE_ROW ? number : throw HistoryException.Of(result, _database);
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
            throw HistoryException.Of(result, _database);
    }
}
