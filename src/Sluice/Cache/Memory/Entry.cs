using Sluice.Http;

namespace Sluice.Cache.Memory;

/// <summary>A stored response: key, head, body. Immutable but for two marks; a 304 makes a new one with the same body.</summary>
internal sealed class Entry : GreedyDualNode
{
    // Entry, head, field list, vary, dictionary node, array of variants and ghost: measured on 64-bit, rounded up.
    private const int Overhead = 640;
    private const int StringCost = 24;

    /// <summary>A refresh that has not come back after this is taken for lost, and another may start.</summary>
    private static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(30);

    private volatile bool _isInvalidated;
    private long _refreshUntilTicks;

    public Entry(CacheKey key, EntryHead head, Body body, FieldList? trailers)
    {
        Key = key;
        Head = head;
        Body = body;
        Trailers = trailers;
        Hash = key.Hash;
        Size = Overhead + key.Cost + head.Vary.Cost + body.Cost + CostOf(head.Fields) + (trailers is null ? 0 : CostOf(trailers));
    }

    public CacheKey Key { get; }

    public EntryHead Head { get; }

    public Body Body { get; }

    public FieldList? Trailers { get; }

    /// <summary>Not served again before the origin has confirmed it (RFC 9111 s.4.4).</summary>
    public bool IsInvalidated => _isInvalidated;

    public void Invalidate() => _isInvalidated = true;

    /// <summary>True for one caller at a time: it refreshes the entry in the background.</summary>
    public bool TryClaimRefresh(DateTimeOffset now)
    {
        var until = Volatile.Read(ref _refreshUntilTicks);
        return until <= now.UtcTicks
            && Interlocked.CompareExchange(ref _refreshUntilTicks, (now + RefreshPatience).UtcTicks, until) == until;
    }

    private static long CostOf(FieldList fields)
    {
        long cost = 0;
        foreach (ref readonly var line in fields.Lines)
            cost += 2 * (StringCost + 8) + 2 * (line.Name.Length + line.Value.Length);
        return cost;
    }
}
