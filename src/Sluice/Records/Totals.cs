namespace Sluice.Records;

/// <summary>What has passed since the start. Safe for concurrent use.</summary>
public sealed class Totals
{
    private long _exchanges;
    private long _hits;
    private long _denied;
    private long _failed;
    private long _bytesUp;
    private long _bytesDown;

    public long Exchanges => Interlocked.Read(ref _exchanges);

    /// <summary>Answered from the cache, the stale and the revalidated included.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    public long Denied => Interlocked.Read(ref _denied);

    /// <summary>Those with an error in their record.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Octets of bodies, tunnels and relays, from clients.</summary>
    public long BytesUp => Interlocked.Read(ref _bytesUp);

    /// <summary>Octets of bodies, tunnels and relays, to clients.</summary>
    public long BytesDown => Interlocked.Read(ref _bytesDown);

    public void Add(ExchangeRecord record)
    {
        Interlocked.Increment(ref _exchanges);
        if (record.Cache is CacheUse.Hit or CacheUse.Stale or CacheUse.Revalidated)
            Interlocked.Increment(ref _hits);
        if (record.Verdict.Denies)
            Interlocked.Increment(ref _denied);
        if (record.Error is not null)
            Interlocked.Increment(ref _failed);
        if (record.RequestBytes > 0)
            Interlocked.Add(ref _bytesUp, record.RequestBytes);
        if (record.ResponseBytes > 0)
            Interlocked.Add(ref _bytesDown, record.ResponseBytes);
    }
}
