using SQLitePCL;

namespace Sluice.Records;

/// <summary>The history cannot be opened, read or written. An <see cref="IOException"/>, as its disk may be full and have room again.</summary>
public sealed class HistoryException(string message) : IOException(message)
{
    /// <summary>What stands in the file is no database, or one that is damaged.</summary>
    internal bool IsCorrupt { get; private init; }

    internal static HistoryException Of(int result, sqlite3 database) =>
        new(raw.sqlite3_errmsg(database).utf8_to_string()) { IsCorrupt = (result & 0xff) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB };
}
