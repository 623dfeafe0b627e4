namespace Sluice.Cache;

/// <summary>The state and the totals of a cache at one moment.</summary>
/// <param name="CapacityBytes">What the memory tier may hold.</param>
/// <param name="Bytes">What it holds: heads, keys, bodies, bodies on their way in, and overhead.</param>
/// <param name="Entries">Answers held, each variant for itself.</param>
/// <param name="Hits">Lookups served without asking upstream.</param>
/// <param name="StaleHits">Of these: served stale.</param>
/// <param name="Misses">Lookups that went upstream with nothing to validate.</param>
/// <param name="Revalidations">Lookups that went upstream with validators.</param>
/// <param name="Stores">Entries committed.</param>
/// <param name="Freshened">304 answers that updated an entry.</param>
/// <param name="Evictions">Entries removed for room.</param>
/// <param name="Invalidations">URIs marked for validation by an unsafe method.</param>
/// <param name="Disk">Null: there is no disk tier.</param>
public readonly record struct CacheCounters(
    long CapacityBytes, long Bytes, int Entries,
    long Hits, long StaleHits, long Misses, long Revalidations,
    long Stores, long Freshened, long Evictions, long Invalidations, DiskCounters? Disk);
