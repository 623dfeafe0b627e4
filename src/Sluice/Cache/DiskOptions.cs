namespace Sluice.Cache;

/// <summary>The section <c>cache.disk</c>.</summary>
public sealed record DiskOptions
{
    /// <summary>A folder; made where its parent exists.</summary>
    public required string Path { get; init; }

    /// <summary>What its files may take together, in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>The largest body that is kept, in bytes; null: an eighth of <see cref="SizeBytes"/>.</summary>
    public long? MaxEntryBytes { get; init; }
}
