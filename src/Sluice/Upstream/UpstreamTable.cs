// What is counted of each upstream, for so many of them.
//
// What: clients of a forward proxy name upstreams as they like, so those that nobody has asked for a while and that nothing leads to are forgotten when there
// are too many; their counts go on in one row for all of them. What the configuration names (any address may be dialled for it) is not forgotten.
// Facts: a request finds its counts on its connection, so this is asked only where one is made or none can be.
using System.Collections.Concurrent;
using Sluice.Net;

namespace Sluice.Upstream;

internal sealed class UpstreamTable(TimeProvider time)
{
    /// <summary>As many are told apart for long.</summary>
    public const int Most = 1000;

    /// <summary>And as many at all.</summary>
    private const int MostForNow = 4 * Most;

    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(bool Tls, HostPort At), UpstreamCounts> _rows = [];
    private readonly UpstreamCounts _others = new(UpstreamState.Others, time);

    public UpstreamCounts Of(Destination to, AddressRules rules)
    {
        var key = (to.Tls, to.At);
        if (!_rows.TryGetValue(key, out var counts))
        {
            if (_rows.Count >= MostForNow)
                return _others;
            counts = _rows.GetOrAdd(key, static (key, time) => new UpstreamCounts($"{(key.Tls ? "https" : "http")}://{key.At}", time), time);
        }
        counts.IsConfigured |= rules == AddressRules.Any;
        return counts;
    }

    /// <summary>Forgets those that have rested longest, where there are too many. Not for I/O threads.</summary>
    public void Prune()
    {
        var excess = _rows.Count - Most;
        if (excess <= 0)
            return;
        var resting = _rows.Where(row => row.Value.Open == 0 && time.GetElapsedTime(row.Value.Touched) >= Rest && !row.Value.IsConfigured);
        foreach (var row in resting.OrderBy(row => row.Value.Touched).Take(excess))
            if (_rows.TryRemove(row))
                _others.Add(row.Value);
    }

    /// <summary>Those told apart, by name, and last, where there are any, the others.</summary>
    public IReadOnlyList<UpstreamState> States(IEnumerable<(Destination To, int Idle, int Waiting)> shelves)
    {
        var held = shelves.GroupBy(shelf => (shelf.To.Tls, shelf.To.At))
            .ToDictionary(shelf => shelf.Key, shelf => (Idle: shelf.Sum(s => s.Idle), Waiting: shelf.Sum(s => s.Waiting)));
        var states = _rows.Select(row => row.Value.State with
        {
            Idle = held.GetValueOrDefault(row.Key).Idle,
            Waiting = held.GetValueOrDefault(row.Key).Waiting,
        }).OrderBy(state => state.Name, StringComparer.Ordinal).ToList();
        if (_others.State is { Requests: > 0 } or { Connects: > 0 } or { Failures: > 0 })
            states.Add(_others.State);
        return states;
    }
}
