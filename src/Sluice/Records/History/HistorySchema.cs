using Sluice.Records.Formats;

namespace Sluice.Records.History;

/// <summary>The one table; docs/history.md. Its columns are an id, the keys of <see cref="RecordFields"/> in their order, and what the access log has no key for.</summary>
internal static class HistorySchema
{
    /// <summary>Of the file (<c>PRAGMA user_version</c>): one more with each change of the table.</summary>
    public const int Version = 1;

    /// <summary>Microseconds since 1970 when the exchange ended, or one more than that of the row before, whichever is more: so rows are in the order in which they were
    /// written, and none that ended before a moment has a greater one. What is as old as that goes by it, and <c>since</c> begins at it, without an index.</summary>
    public const string Id = "id";

    /// <summary>The host of the URL (OpenTelemetry's <c>url.domain</c>).</summary>
    public const string Host = "url_domain";

    /// <summary>The fields that <c>logs.fields</c> names: an object in JSON, its members by OpenTelemetry's names.</summary>
    public const string Fields = "fields";

    /// <summary>How many records are missing; also the kind of a row that says so.</summary>
    public const string Dropped = "dropped";

    private static readonly string[] Kinds = [.. Enum.GetNames<RecordKind>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Uses = [.. Enum.GetNames<CacheUse>().Select(name => name.ToUpperInvariant())];

    /// <summary>Name and type.</summary>
    public static readonly IReadOnlyList<(string Name, string Type)> Columns =
    [
        (Id, "INTEGER PRIMARY KEY"),
        .. RecordFields.All.Select(field => (field.Key, field.Type switch { FieldType.Text => "TEXT", FieldType.Number => "REAL", _ => "INTEGER" })),
        (Host, "TEXT"), (Fields, "TEXT"), (Dropped, "INTEGER"),
    ];

    public static string Create { get; } = $"CREATE TABLE exchanges ({string.Join(", ", Columns.Select(column => $"{column.Name} {column.Type}"))}) STRICT";

    public static string Insert { get; } = $"INSERT INTO exchanges VALUES ({string.Join(", ", Columns.Select((_, i) => $"?{i + 1}"))})";

    public static string Select { get; } = $"SELECT {string.Join(", ", Columns.Select(column => column.Name))} FROM exchanges";

    /// <summary>As the access log names it; always the same object.</summary>
    public static string Name(RecordKind kind) => Kinds[(int)kind];

    /// <summary>As the access log names it; always the same object.</summary>
    public static string Name(CacheUse use) => Uses[(int)use];

    /// <summary>The least id of what ends then.</summary>
    public static long IdAt(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
