namespace Sluice.Records;

/// <summary>The section <c>logs.history</c>: records of the last days, in a database that can be asked.</summary>
public sealed record HistoryOptions
{
    /// <summary>What the write-ahead log and the pages beside the rows need at least.</summary>
    public const long LeastBytes = 16 << 20;

    public const long SizeByDefault = 1 << 30;

    public static readonly TimeSpan KeepByDefault = TimeSpan.FromDays(7);

    /// <summary>The database file; beside it stand its write-ahead log (<c>-wal</c>) and that one's index (<c>-shm</c>).</summary>
    public required string Path { get; init; }

    /// <summary>Records that ended longer ago go.</summary>
    public TimeSpan Keep { get; init; } = KeepByDefault;

    /// <summary>What database and write-ahead log may take together: the oldest records go first.</summary>
    public long SizeBytes { get; init; } = SizeByDefault;
}
