using System.Runtime.InteropServices;

namespace Sluice.Records.Gauging;

/// <summary>What has passed in a stretch of time.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Counts
{
    public long Exchanges;
    public long Failed;
    public long Denied;
    public long Hits;
    public long Lookups;
    public long BytesUp;
    public long BytesDown;
    public long SavedBytes;

    /// <param name="flowed">Octets that were counted while they flowed.</param>
    public void Add(ExchangeRecord record, Flowed flowed)
    {
        Exchanges++;
        if (record.Error is not null)
            Failed++;
        if (record.Verdict.Denies)
            Denied++;
        if (record.Cache is not (CacheUse.None or CacheUse.Bypass))
            Lookups++;
        if (record.Cache is CacheUse.Hit or CacheUse.Stale or CacheUse.Revalidated)
        {
            Hits++;
            SavedBytes += record.ResponseBytes;
        }
        BytesUp += Math.Max(0, record.RequestBytes - flowed.Up);
        BytesDown += Math.Max(0, record.ResponseBytes - flowed.Down);
    }

    public void Add(in Counts other)
    {
        Exchanges += other.Exchanges;
        Failed += other.Failed;
        Denied += other.Denied;
        Hits += other.Hits;
        Lookups += other.Lookups;
        BytesUp += other.BytesUp;
        BytesDown += other.BytesDown;
        SavedBytes += other.SavedBytes;
    }
}
