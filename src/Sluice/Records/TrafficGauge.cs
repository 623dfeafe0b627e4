// The gauge on the wall: what passes just now, and what has passed in the last quarter of an hour.
//
// What: counts by second and listener, names by minute, the last records, and readers who follow.
// Strategy: one more output of the records, with its queue and its task: traffic pays for the hand-over only, and the rest happens in batches under one lock. Seconds are counted by
//   the monotonic clock, so that a clock that is set makes no gap; a record counts in the second in which it comes here, some 100 ms after its end.
// Facts: bounded whatever clients do: 900 seconds, 512 names in each of 15 minutes, 4,000 records of 8 Mi characters together, 1,000 records for each reader.
using Microsoft.Extensions.Logging;
using Sluice.Records.Gauging;

namespace Sluice.Records;

/// <summary>Counts every record it is given, and tells what it has counted. Safe for concurrent use; bounded in memory.</summary>
public sealed class TrafficGauge : IAsyncDisposable
{
    /// <summary>The widest window, in seconds.</summary>
    public const int LongestWindow = SecondSeries.Longest;

    /// <summary>As many records are held at most.</summary>
    public const int MostRecent = RecentRecords.Most;

    // More than that are not told after a pause: the machine slept.
    private const int MostSecondsTold = 10;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);

    // Behind the end of a second, so that it is over by then.
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Func<IEnumerable<OpenFlow>> _open;
    private readonly DateTimeOffset _began;
    private readonly long _beganAt;
    private readonly TrafficCounts _counts;
    private readonly RecordWriter _writer;
    private readonly ITimer _ticking;
    private long _looked;
    private bool _ended;
    private volatile LiveTraffic[] _readers = [];

    /// <param name="open">The tunnels and relays that are open.</param>
    public TrafficGauge(Func<IEnumerable<OpenFlow>> open, TimeProvider time, ILogger log)
    {
        (_open, _time, _began, _beganAt) = (open, time, time.GetUtcNow(), time.GetTimestamp());
        _looked = _beganAt;
        _counts = new TrafficCounts(SecondNow);
        _writer = new RecordWriter(new Feed(this), Gather, time, log);
        _ticking = time.CreateTimer(static gauge => ((TrafficGauge)gauge!).Tick(), this, UntilNextSecond, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Records that came faster than they could be counted.</summary>
    public long Missed => _writer.Dropped;

    /// <summary>Hands over a record, which nobody changes from here on. Never blocks.</summary>
    public void Write(ExchangeRecord record) => _writer.Write(record);

    /// <param name="seconds">The width of the window, 1 to <see cref="LongestWindow"/>.</param>
    /// <param name="top">How many names at most.</param>
    /// <param name="listener">Series and totals of this one only; null: of all.</param>
    public TrafficReport Report(int seconds, int top, TrafficOrder order = TrafficOrder.Exchanges, string? listener = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(seconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(seconds, LongestWindow);
        lock (_lock)
        {
            Advance();
            var first = _counts.Second - seconds;
            var told = _counts.Listeners.Where(one => listener is null || one.Key == listener).Select(one => one.Value).ToList();
            return new TrafficReport(_time.GetUtcNow(), seconds, Missed,
                TrafficSummary.Series(told, first, seconds, Shift),
                TrafficSummary.Sums(told, first, seconds),
                [.. _counts.Listeners.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => TrafficSummary.Listener(one.Key, one.Value, first, seconds))],
                TrafficSummary.Top(_counts.Hosts.Since(first / 60), top, order),
                TrafficSummary.Top(_counts.Clients.Since(first / 60), top, order),
                TrafficSummary.Top(_counts.Users.Since(first / 60), top, order),
                TrafficSummary.TopRules(_counts.Rules.Since(first / 60), top));
        }
    }

    /// <summary>The last records, the newest first.</summary>
    public IReadOnlyList<ExchangeRecord> Recent(RecordFilter filter, int limit)
    {
        ExchangeRecord[] all;
        lock (_lock)
            all = _counts.Recent.ToArray();
        return [.. Enumerable.Reverse(all).Where(filter.Matches).Take(limit)];
    }

    /// <summary>Octets per second of an open tunnel, in the last second.</summary>
    public (long Up, long Down) RateOf(long tunnel)
    {
        lock (_lock)
            return _counts.Flows.RateOf(tunnel);
    }

    /// <summary>From now on, until it is disposed of.</summary>
    /// <param name="filter">Which records it gets.</param>
    public LiveTraffic Follow(RecordFilter filter)
    {
        lock (_lock)
        {
            var reader = new LiveTraffic(filter, Leave);
            _readers = [.. _readers, reader];
            if (_ended)
                reader.End();
            return reader;
        }
    }

    /// <summary>Counts what is queued; readers are told that no more comes.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
        }
        await _ticking.DisposeAsync();
        await _writer.DisposeAsync();
        lock (_lock)
        {
            foreach (var reader in _readers)
                reader.End();
        }
    }

    private void Leave(LiveTraffic reader)
    {
        lock (_lock)
            _readers = [.. _readers.Where(other => other != reader)];
    }

    internal void Count(IReadOnlyList<ExchangeRecord> batch)
    {
        lock (_lock)
        {
            Advance();
            foreach (var record in batch)
                _counts.Add(record);
            foreach (var reader in _readers)
                foreach (var record in batch)
                    reader.Offer(record);
        }
    }

    private void Tick()
    {
        lock (_lock)
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
        _counts.Flows.Look(_open(), over, _time.GetElapsedTime(_looked, now), _counts.AddFlow);
        _looked = now;
        _counts.Begin(second);
        if (_readers.Length == 0)
            return;
        for (; over < second; over++)
            if (second - over <= MostSecondsTold)
                Tell(over);
    }

    private void Tell(long second)
    {
        var latencies = new LatencyHistogram();
        var counts = _counts.Sum(second, latencies);
        var point = TrafficSummary.Point(second + Shift, counts, latencies);
        foreach (var reader in _readers)
            reader.Offer(point);
    }

    private DateTimeOffset Monotonic => _began + _time.GetElapsedTime(_beganAt);

    private long SecondNow => Monotonic.ToUnixTimeSeconds();

    /// <summary>By how many seconds the clock has been set since the start.</summary>
    private long Shift => (long)Math.Round((_time.GetUtcNow() - Monotonic).TotalSeconds);

    private TimeSpan UntilNextSecond => TimeSpan.FromTicks(TimeSpan.TicksPerSecond - Monotonic.Ticks % TimeSpan.TicksPerSecond) + Late;

    /// <summary>The end of the writer's queue.</summary>
    private sealed class Feed(TrafficGauge gauge) : IRecordOutput
    {
        // As long as that readers wait for the lock.
        private const int Most = 1024;

        private readonly List<ExchangeRecord> _batch = new(Most);

        public string Name => "the traffic gauge";

        public bool HasRoom => _batch.Count < Most;

        public void Add(ExchangeRecord record) => _batch.Add(record);

        public void AddDropped(long count, DateTimeOffset now)
        {
            // The writer has counted them.
        }

        public void WriteOut()
        {
            gauge.Count(_batch);
            _batch.Clear();
        }

        public void Reopen()
        {
        }

        public void Dispose()
        {
        }
    }
}
