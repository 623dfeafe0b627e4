// The gauge on the wall: what passes just now, and what has passed in the last quarter of an hour.
//
// What: counts by second and listener, names by minute, the last records, and readers who follow.
// Strategy: whoever hands over a record counts it, under a lock that nobody holds for long: most records die young then. Seconds that are over have a lock of their own, for those
//   who look at them and for the one who ends seconds. Seconds are counted by the monotonic clock, so that a clock that is set makes no gap; each is ended shortly after it is over.
// Facts: bounded whatever clients do: 900 seconds, 512 names in each of 15 minutes, 4,000 records of 4 Mi characters together and as many refused ones,
//   1,000 records for each reader.
using Sluice.Records.Gauging;

namespace Sluice.Records;

/// <summary>Counts every record it is given, and tells what it has counted. Safe for concurrent use; bounded in memory.</summary>
public sealed class TrafficGauge : IAsyncDisposable
{
    /// <summary>The widest window, in seconds.</summary>
    public const int LongestWindow = SecondSeries.Longest;

    /// <summary>As many records are held at most, and as many refused ones.</summary>
    public const int MostRecent = RecentRecords.Most;

    // More than that are not told after a pause: the machine slept.
    private const int MostSecondsTold = 10;

    // Behind the end of a second, so that it is over by then.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(20);

    // What is under way: held by traffic.
    private readonly Lock _lock = new();

    // What is over, and who reads. Taken before the other.
    private readonly Lock _looking = new();

    private readonly TimeProvider _time;
    private readonly Func<IEnumerable<OpenFlow>> _open;
    private readonly DateTimeOffset _began;
    private readonly long _beganAt;
    private readonly TrafficCounts _counts;
    private readonly Flows _flows = new();
    private readonly ITimer _ticking;
    private long _looked;
    private bool _ended;
    private volatile LiveTraffic[] _readers = [];

    /// <param name="open">The tunnels and relays that are open.</param>
    public TrafficGauge(Func<IEnumerable<OpenFlow>> open, TimeProvider time)
    {
        (_open, _time, _began, _beganAt) = (open, time, time.GetUtcNow(), time.GetTimestamp());
        _looked = _beganAt;
        _counts = new TrafficCounts(SecondNow);
        _ticking = time.CreateTimer(static gauge => ((TrafficGauge)gauge!).Tick(), this, UntilNextSecond, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Counts a record, which nobody changes from here on.</summary>
    public void Write(ExchangeRecord record)
    {
        var flowed = record.Kind == RecordKind.Http ? default : _flows.End(record.Number);
        var host = record.Host;
        lock (_lock)
            _counts.Add(record, host, flowed);
        foreach (var reader in _readers)
            reader.Offer(record);
    }

    /// <param name="seconds">The width of the window, 1 to <see cref="LongestWindow"/>.</param>
    /// <param name="top">How many names at most.</param>
    /// <param name="listener">Series and totals of this one only; null: of all.</param>
    public TrafficReport Report(int seconds, int top, TrafficOrder order = TrafficOrder.Exchanges, string? listener = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(seconds, LongestWindow);
        lock (_looking)
        {
            Advance();
            var first = _counts.Second - seconds;
            SecondSeries[] listeners;
            NamesByMinute names;
            lock (_lock)
                (listeners, names) = (_counts.Listeners, _counts.NamesSince(first / 60));
            var told = listeners.Where(one => listener is null || one.Listener == listener).ToList();
            return new TrafficReport(_time.GetUtcNow(), seconds,
                TrafficSummary.Series(told, first, seconds, Shift),
                TrafficSummary.Sums(told, first, seconds),
                [.. listeners.OrderBy(one => one.Listener, StringComparer.Ordinal).Select(one => TrafficSummary.Listener(one, first, seconds))],
                TrafficSummary.Top(names.Hosts, top, order),
                TrafficSummary.Top(names.Clients, top, order),
                TrafficSummary.Top(names.Users, top, order),
                TrafficSummary.TopRules(names.Rules, top));
        }
    }

    /// <summary>The last records, the newest first.</summary>
    public IReadOnlyList<ExchangeRecord> Recent(RecordFilter filter, int limit)
    {
        ExchangeRecord[] all;
        lock (_lock)
            all = [.. _counts.Recent.ToArray(), .. _counts.Refused.ToArray()];
        return [.. Enumerable.Reverse(all).Where(filter.Matches).OrderByDescending(record => record.Time + record.Duration).Take(limit)];
    }

    /// <summary>Octets per second of an open tunnel, in the last second.</summary>
    public (long Up, long Down) RateOf(long tunnel) => _flows.RateOf(tunnel);

    /// <summary>From now on, until it is disposed of.</summary>
    /// <param name="filter">Which records it gets.</param>
    public LiveTraffic Follow(RecordFilter filter)
    {
        lock (_looking)
        {
            var reader = new LiveTraffic(filter, Leave);
            _readers = [.. _readers, reader];
            if (_ended)
                reader.End();
            return reader;
        }
    }

    /// <summary>Readers are told that no more comes.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ticking.DisposeAsync();
        lock (_looking)
        {
            _ended = true;
            foreach (var reader in _readers)
                reader.End();
        }
    }

    private void Leave(LiveTraffic reader)
    {
        lock (_looking)
            _readers = [.. _readers.Where(other => other != reader)];
    }

    private void Tick()
    {
        lock (_looking)
            Advance();
        _ticking.Change(UntilNextSecond, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Ends seconds that are over.</summary>
    private void Advance()
    {
        var second = SecondNow;
        var over = _counts.Second;
        if (second <= over)
            return;
        // What flowed since the last look belongs to the second that ends.
        var now = _time.GetTimestamp();
        _flows.Look(_open(), over, _time.GetElapsedTime(_looked, now), AddFlow);
        _looked = now;
        SecondSeries[] listeners;
        lock (_lock)
        {
            _counts.Begin(second);
            listeners = _counts.Listeners;
        }
        if (_readers.Length == 0)
            return;
        for (; over < second; over++)
            if (second - over <= MostSecondsTold)
                Tell(listeners, over);
    }

    private void AddFlow(string listener, long up, long down)
    {
        lock (_lock)
            _counts.AddFlow(listener, up, down);
    }

    private void Tell(SecondSeries[] listeners, long second)
    {
        var latencies = new LatencyHistogram();
        var counts = TrafficSummary.Sum(listeners, second, 1, latencies);
        var point = TrafficSummary.Point(second + Shift, counts, latencies);
        foreach (var reader in _readers)
            reader.Offer(point);
    }

    private DateTimeOffset Monotonic => _began + _time.GetElapsedTime(_beganAt);

    private long SecondNow => Monotonic.ToUnixTimeSeconds();

    /// <summary>By how many seconds the clock has been set since the start.</summary>
    private long Shift => (long)Math.Round((_time.GetUtcNow() - Monotonic).TotalSeconds);

    private TimeSpan UntilNextSecond => TimeSpan.FromTicks(TimeSpan.TicksPerSecond - Monotonic.Ticks % TimeSpan.TicksPerSecond) + Late;
}
