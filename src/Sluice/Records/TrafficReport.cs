namespace Sluice.Records;

/// <summary>By what the tops are ordered, the most first.</summary>
public enum TrafficOrder
{
    Exchanges,
    Bytes,
    Denied,
    Failed,
    Hits,
}

/// <summary>What has passed lately; GET /v1/traffic.</summary>
/// <param name="Seconds">The width of the window that ended at <paramref name="Now"/>.</param>
/// <param name="Series">A point for each second of the window, the oldest first; the second under way is not in it.</param>
/// <param name="Totals">Of the window.</param>
/// <param name="Listeners">Those on which something passed in the window.</param>
/// <param name="Hosts">Whom was asked for, the most first; like the other tops they count whole minutes: the window may begin in the first of them.</param>
/// <param name="Clients">By address.</param>
/// <param name="Users">Those who have logged in.</param>
public sealed record TrafficReport(
    DateTimeOffset Now, int Seconds, TrafficSeries Series, TrafficSums Totals, IReadOnlyList<ListenerTraffic> Listeners, IReadOnlyList<NamedTraffic> Hosts,
    IReadOnlyList<NamedTraffic> Clients, IReadOnlyList<NamedTraffic> Users, IReadOnlyList<RuleTraffic> Rules);

/// <summary>Columns of one length: the n-th of each is of the same second.</summary>
/// <param name="Time">Seconds since 1970.</param>
/// <param name="Failed">Those with an error in their record.</param>
/// <param name="Hits">Answered from the cache, the stale and the revalidated included.</param>
/// <param name="Lookups">Those for which the cache was asked.</param>
/// <param name="BytesUp">Octets of bodies, tunnels and relays, from clients; of open tunnels as they flow, of the rest when it ends.</param>
/// <param name="SavedBytes">Octets that came from the cache instead of upstream.</param>
/// <param name="P50">Milliseconds; null: nothing ended in that second. Tunnels and relays have no latency.</param>
public sealed record TrafficSeries(
    IReadOnlyList<long> Time, IReadOnlyList<long> Exchanges, IReadOnlyList<long> Failed, IReadOnlyList<long> Denied, IReadOnlyList<long> Hits, IReadOnlyList<long> Lookups,
    IReadOnlyList<long> BytesUp, IReadOnlyList<long> BytesDown, IReadOnlyList<long> SavedBytes, IReadOnlyList<double?> P50, IReadOnlyList<double?> P90, IReadOnlyList<double?> P99);

/// <summary>The same names as in <see cref="TrafficSeries"/>, of a window.</summary>
public sealed record TrafficSums(
    long Exchanges, long Failed, long Denied, long Hits, long Lookups, long BytesUp, long BytesDown, long SavedBytes, double? P50, double? P90, double? P99);

/// <summary>One point of each series, as it is told once a second.</summary>
/// <param name="Time">Seconds since 1970: when it began.</param>
public sealed record TrafficSecond(
    long Time, long Exchanges, long Failed, long Denied, long Hits, long Lookups, long BytesUp, long BytesDown, long SavedBytes, double? P50, double? P90, double? P99);

/// <summary>The sums of one listener.</summary>
public sealed record ListenerTraffic(
    string Name, long Exchanges, long Failed, long Denied, long Hits, long Lookups, long BytesUp, long BytesDown, long SavedBytes, double? P50, double? P90, double? P99);

/// <param name="Name">A host, an address or a user.</param>
/// <param name="Bytes">Both ways.</param>
public sealed record NamedTraffic(string Name, long Exchanges, long Bytes, long Denied, long Failed, long Hits);

/// <param name="Rule">Its id, or what else decides: <c>allow</c>, <c>login</c>, <c>connectPorts</c>.</param>
/// <param name="Denied">Those that it refused; the others it allowed or only noted.</param>
public sealed record RuleTraffic(string Rule, long Exchanges, long Denied);
