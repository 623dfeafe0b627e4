// How long things take, so that quantiles of any stretch of time can be told.
//
// What: counts by microseconds in buckets that grow with the value: 16 to each power of two, so that the middle of a bucket is at most 1/32 from any value in it.
// Strategy: the second under way counts into an array of all buckets; a second that is over keeps those that are not empty, some dozens. Sums of seconds are sums of buckets, so
//   quantiles of a window are as good as those of a second: quantiles of quantiles would be none.
using System.Numerics;

namespace Sluice.Records.Gauging;

/// <summary>A bucket that is not empty.</summary>
internal readonly record struct LatencyCount(ushort Bucket, int Count);

/// <summary>A log-linear histogram of durations: from 1 us to 19 h, within 3.2 %.</summary>
internal sealed class LatencyHistogram
{
    private const int Bits = 4;
    private const int PerPower = 1 << Bits;
    private const int Powers = 36;
    private const int Buckets = (Powers - Bits + 1) * PerPower;
    private const long Longest = (1L << Powers) - 1;

    private readonly long[] _counts = new long[Buckets];
    private long _total;

    public void Add(TimeSpan duration)
    {
        _counts[BucketOf(duration.Ticks / TimeSpan.TicksPerMicrosecond)]++;
        _total++;
    }

    public void Add(LatencyCount[] counts)
    {
        foreach (var (bucket, count) in counts)
        {
            _counts[bucket] += count;
            _total += count;
        }
    }

    /// <summary>What it holds; it is empty then.</summary>
    public LatencyCount[] Take()
    {
        if (_total == 0)
            return [];
        var taken = new LatencyCount[Buckets - _counts.AsSpan().Count(0)];
        var at = 0;
        for (var bucket = 0; at < taken.Length; bucket++)
            if (_counts[bucket] > 0)
                taken[at++] = new LatencyCount((ushort)bucket, (int)Math.Min(_counts[bucket], int.MaxValue));
        Clear();
        return taken;
    }

    public void Clear()
    {
        Array.Clear(_counts);
        _total = 0;
    }

    /// <summary>In milliseconds; null: it is empty.</summary>
    /// <param name="quantile">From 0 to 1.</param>
    public double? Quantile(double quantile)
    {
        if (_total == 0)
            return null;
        var rank = Math.Max(1, (long)Math.Ceiling(quantile * _total));
        var bucket = 0;
        for (var seen = _counts[0]; seen < rank; seen += _counts[bucket])
            bucket++;
        return Middle(bucket) / 1000;
    }

    private static int BucketOf(long microseconds)
    {
        var value = Math.Clamp(microseconds, 0, Longest);
        var power = BitOperations.Log2((ulong)value | 1);
        // Up to 16 us each has a bucket of its own.
        return power < Bits ? (int)value : (power - Bits + 1) * PerPower + (int)(value >> (power - Bits)) - PerPower;
    }

    private static double Middle(int bucket)
    {
        if (bucket < PerPower)
            return bucket;
        var width = 1L << (bucket / PerPower - 1);
        return (bucket % PerPower + PerPower) * width + (width - 1) / 2.0;
    }
}
