using Sluice.Net;

namespace Sluice.Records;

/// <summary>What has passed since the start. Safe for concurrent use.</summary>
public sealed class Totals
{
    private readonly Stripes _counts = new(Enum.GetValues<Total>().Length);

    private enum Total { Exchanges, Hits, Denied, Failed, BytesUp, BytesDown }

    public long Exchanges => Of(Total.Exchanges);

    /// <summary>Answered from the cache, the stale and the revalidated included.</summary>
    public long Hits => Of(Total.Hits);

    public long Denied => Of(Total.Denied);

    /// <summary>Those with an error in their record.</summary>
    public long Failed => Of(Total.Failed);

    /// <summary>Octets of bodies, tunnels and relays, from clients.</summary>
    public long BytesUp => Of(Total.BytesUp);

    /// <summary>Octets of bodies, tunnels and relays, to clients.</summary>
    public long BytesDown => Of(Total.BytesDown);

    public void Add(ExchangeRecord record)
    {
        var row = _counts.Here;
        row.Add((int)Total.Exchanges, 1);
        if (record.Cache is CacheUse.Hit or CacheUse.Stale or CacheUse.Revalidated)
            row.Add((int)Total.Hits, 1);
        if (record.Verdict.Denies)
            row.Add((int)Total.Denied, 1);
        if (record.Error is not null)
            row.Add((int)Total.Failed, 1);
        if (record.RequestBytes > 0)
            row.Add((int)Total.BytesUp, record.RequestBytes);
        if (record.ResponseBytes > 0)
            row.Add((int)Total.BytesDown, record.ResponseBytes);
    }

    private long Of(Total total) => _counts[(int)total];
}
