namespace Sluice.Records.History;

/// <summary>The one table; docs/history.md. The columns are the keys of the JSON access log, in their order, and <c>id</c>, <c>host</c> before them.</summary>
internal static class HistorySchema
{
    /// <summary>Of the file (<c>PRAGMA user_version</c>): one more with each change of the table.</summary>
    public const int Version = 1;

    /// <summary>The kind of a row that says how many records are missing.</summary>
    public const string Dropped = "dropped";

    /// <summary>Microseconds since 1970 when the exchange ended, or one more than that of the row before, whichever is more: so rows are in the order in which they were
    /// written, and none that ended before a moment has a greater one. What is as old as that goes by it, and <c>since</c> begins at it, without an index.</summary>
    public const string Id = "id";

    /// <summary>Name and type; where a value may not be null that is said.</summary>
    public static readonly (string Name, string Type)[] Columns =
    [
        (Id, "INTEGER PRIMARY KEY"), ("time", "TEXT NOT NULL"), ("kind", "TEXT NOT NULL"), ("status", "INTEGER"), ("host", "TEXT"), ("client", "TEXT"), ("user", "TEXT"),
        ("method", "TEXT"), ("verdict", "TEXT"), ("cache", "TEXT"), ("rule", "TEXT"), ("error", "TEXT"), ("listener", "TEXT"), ("url", "TEXT"),
        ("number", "INTEGER"), ("generation", "INTEGER"), ("protocol", "TEXT"), ("request_bytes", "INTEGER"), ("response_bytes", "INTEGER"),
        ("duration_ms", "REAL"), ("first_byte_ms", "REAL"), ("cache_reason", "TEXT"), ("list", "TEXT"), ("line", "INTEGER"), ("tags", "TEXT"), ("tls", "TEXT"), ("sni", "TEXT"),
        ("upstream", "TEXT"), ("error_detail", "TEXT"), ("client_gone", "INTEGER"), ("content_type", "TEXT"), ("referer", "TEXT"), ("user_agent", "TEXT"),
        (Dropped, "INTEGER"),
    ];

    private static readonly string[] Kinds = [.. Enum.GetNames<RecordKind>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Uses = [.. Enum.GetNames<CacheUse>().Select(name => name.ToUpperInvariant())];

    /// <summary>As the access log names it; always the same object.</summary>
    public static string Name(RecordKind kind) => Kinds[(int)kind];

    /// <summary>As the access log names it; always the same object.</summary>
    public static string Name(CacheUse use) => Uses[(int)use];

    /// <summary>The least id of what ends then.</summary>
    public static long IdAt(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static string Create { get; } = $"CREATE TABLE IF NOT EXISTS exchanges ({string.Join(", ", Columns.Select(column => $"\"{column.Name}\" {column.Type}"))}) STRICT";

    public static string Insert { get; } = $"INSERT INTO exchanges VALUES ({string.Join(", ", Columns.Select((_, i) => $"?{i + 1}"))})";

    public static string Select { get; } = $"SELECT {string.Join(", ", Columns.Select(column => $"\"{column.Name}\""))} FROM exchanges";
}
