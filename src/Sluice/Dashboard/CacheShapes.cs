using Sluice.Cache;

namespace Sluice.Dashboard;

/// <summary>GET /v1/cache/stats</summary>
/// <param name="Hits">Lookups that were answered without asking upstream, stale ones included.</param>
/// <param name="HitRatio">Of all lookups; 0 where there were none.</param>
/// <param name="OpenBans">Purges that some entry may not have been asked about yet.</param>
public sealed record CacheStats(
    long Hits, long StaleHits, long Misses, long Revalidations, double HitRatio, long Stores, long Freshened, long Invalidations, int OpenBans,
    TierStats? Memory, TierStats? Disk)
{
    public static CacheStats Of(HttpCache cache)
    {
        var c = cache.Counters;
        var lookups = c.Hits + c.Misses + c.Revalidations;
        return new(c.Hits, c.StaleHits, c.Misses, c.Revalidations, lookups == 0 ? 0 : Math.Round((double)c.Hits / lookups, 4), c.Stores, c.Freshened,
            c.Invalidations, cache.Care.OpenBans, c.CapacityBytes == 0 ? null : new TierStats(c.CapacityBytes, c.Bytes, c.Entries, c.Evictions, 0),
            c.Disk is { } d ? new TierStats(d.CapacityBytes, d.Bytes, d.Entries, d.Evictions, d.ReadFaults + d.WriteFaults + d.Damaged) : null);
    }
}

/// <param name="Faults">I/O errors.</param>
public sealed record TierStats(long CapacityBytes, long Bytes, long Entries, long Evictions, long Faults);

/// <summary>GET /v1/cache/entries</summary>
/// <param name="More">There are more than were asked for.</param>
public sealed record EntryList(IReadOnlyList<HeldEntry> Entries, bool More);

/// <summary>GET /v1/cache/entry: one for each place where answers may come from.</summary>
public sealed record EntryReport(IReadOnlyList<HeldAnswers> Routes);

/// <summary>The body of POST /v1/cache/purge: exactly one of Url, Prefix, Host, Tag and All.</summary>
public sealed record PurgeOrder
{
    public string? Url { get; init; }

    public string? Prefix { get; init; }

    public string? Host { get; init; }

    public string? Tag { get; init; }

    public bool All { get; init; }

    public string? Route { get; init; }

    public bool Soft { get; init; }
}
