using System.Net;
using System.Runtime.InteropServices;
using Sluice.Records.Formats;

namespace Sluice.Records.Gauging;

/// <summary>Reports from counts.</summary>
internal static class TrafficSummary
{
    public static TrafficSecond Point(long time, in Counts c, LatencyHistogram latencies)
    {
        var (p50, p90, p99) = Quantiles(latencies);
        return new TrafficSecond(time, c.Exchanges, c.Failed, c.Denied, c.Hits, c.Lookups, c.BytesUp, c.BytesDown, c.SavedBytes, p50, p90, p99);
    }

    /// <param name="first">The first second of the window.</param>
    /// <param name="shift">From the numbers of seconds to seconds since 1970.</param>
    public static TrafficSeries Series(IReadOnlyCollection<SecondSeries> listeners, long first, int seconds, long shift)
    {
        var points = new TrafficSecond[seconds];
        var latencies = new LatencyHistogram();
        for (var i = 0; i < seconds; i++)
        {
            points[i] = Point(first + i + shift, Sum(listeners, first + i, 1, latencies), latencies);
            latencies.Clear();
        }
        return new TrafficSeries(Column(p => p.Time), Column(p => p.Exchanges), Column(p => p.Failed), Column(p => p.Denied), Column(p => p.Hits), Column(p => p.Lookups),
            Column(p => p.BytesUp), Column(p => p.BytesDown), Column(p => p.SavedBytes), Column(p => p.P50), Column(p => p.P90), Column(p => p.P99));

        IReadOnlyList<T> Column<T>(Converter<TrafficSecond, T> value) => Array.ConvertAll(points, value);
    }

    public static TrafficSums Sums(IReadOnlyCollection<SecondSeries> listeners, long first, int seconds)
    {
        var latencies = new LatencyHistogram();
        var c = Sum(listeners, first, seconds, latencies);
        var (p50, p90, p99) = Quantiles(latencies);
        return new TrafficSums(c.Exchanges, c.Failed, c.Denied, c.Hits, c.Lookups, c.BytesUp, c.BytesDown, c.SavedBytes, p50, p90, p99);
    }

    public static ListenerTraffic Listener(SecondSeries series, long first, int seconds)
    {
        var s = Sums([series], first, seconds);
        return new ListenerTraffic(series.Listener, s.Exchanges, s.Failed, s.Denied, s.Hits, s.Lookups, s.BytesUp, s.BytesDown, s.SavedBytes, s.P50, s.P90, s.P99);
    }

    public static IReadOnlyList<NamedTraffic> Top<T>(IReadOnlyList<KeyValuePair<T, Tally>[]> minutes, int top, TrafficOrder order) where T : notnull =>
    [
        .. Merge(minutes, NameOf)
            .Select(named => new NamedTraffic(named.Key, named.Value.Exchanges, named.Value.Bytes, named.Value.Denied, named.Value.Failed, named.Value.Hits))
            .OrderByDescending(named => By(named, order)).ThenByDescending(named => named.Exchanges).ThenBy(named => named.Name, StringComparer.Ordinal).Take(top),
    ];

    public static IReadOnlyList<RuleTraffic> TopRules(IReadOnlyList<KeyValuePair<string, Tally>[]> minutes, int top) =>
    [
        .. Merge(minutes, NameOf).Select(named => new RuleTraffic(named.Key, named.Value.Exchanges, named.Value.Denied))
            .OrderByDescending(rule => rule.Exchanges).ThenBy(rule => rule.Rule, StringComparer.Ordinal).Take(top),
    ];

    private static Dictionary<string, Tally> Merge<T>(IReadOnlyList<KeyValuePair<T, Tally>[]> minutes, Func<T, string> nameOf) where T : notnull
    {
        var sums = new Dictionary<T, Tally>();
        foreach (var minute in minutes)
            foreach (var (name, tally) in minute)
                CollectionsMarshal.GetValueRefOrAddDefault(sums, name, out _).Add(tally);
        var named = new Dictionary<string, Tally>(sums.Count);
        foreach (var (name, tally) in sums)
            CollectionsMarshal.GetValueRefOrAddDefault(named, nameOf(name), out _).Add(tally);
        return named;
    }

    private static string NameOf<T>(T name) => name is IPAddress address ? SafeText.Plain(address).ToString() : name as string ?? "";

    private static long By(NamedTraffic named, TrafficOrder order) => order switch
    {
        TrafficOrder.Bytes => named.Bytes,
        TrafficOrder.Denied => named.Denied,
        TrafficOrder.Failed => named.Failed,
        TrafficOrder.Hits => named.Hits,
        _ => named.Exchanges,
    };

    /// <summary>What passed in seconds that are over.</summary>
    /// <param name="latencies">Gets it, too.</param>
    public static Counts Sum(IReadOnlyCollection<SecondSeries> listeners, long first, int seconds, LatencyHistogram latencies)
    {
        var sum = new Counts();
        foreach (var series in listeners)
            for (var second = first; second < first + seconds; second++)
            {
                sum.Add(series.CountsOf(second));
                latencies.Add(series.LatenciesOf(second));
            }
        return sum;
    }

    private static (double?, double?, double?) Quantiles(LatencyHistogram latencies) =>
        (Rounded(latencies.Quantile(0.5)), Rounded(latencies.Quantile(0.9)), Rounded(latencies.Quantile(0.99)));

    private static double? Rounded(double? milliseconds) => milliseconds is { } value ? Math.Round(value, 3) : null;
}
