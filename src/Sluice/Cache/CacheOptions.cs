namespace Sluice.Cache;

/// <summary>The section <c>cache</c>.</summary>
public sealed record CacheOptions
{
    /// <summary>What the memory tier may hold, heads included, in bytes; 0 turns the cache off.</summary>
    public long MemoryBytes { get; init; } = 256L << 20;

    /// <summary>The largest body the memory tier keeps, in bytes; null: an eighth of <see cref="MemoryBytes"/>.</summary>
    public long? MaxEntryBytes { get; init; }

    /// <summary>In order.</summary>
    public IReadOnlyList<CacheRuleOptions> Rules { get; init; } = [];

    /// <summary>Null: there is no disk tier.</summary>
    public DiskOptions? Disk { get; init; }
}
