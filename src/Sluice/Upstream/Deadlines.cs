using System.Collections.Concurrent;

namespace Sluice.Upstream;

/// <summary>The open connections and the sweep that closes those whose deadline has passed. The grain is a quarter of a
/// second: limits are seconds.</summary>
internal sealed class Deadlines : IDisposable
{
    public const long Never = long.MaxValue;
    public const long Passed = -1;
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<UpstreamConnection, bool> _open = [];
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public Deadlines(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(static state => ((Deadlines)state!).Sweep(), this, Grain, Grain);
    }

    public TimeProvider Time => _time;

    public int Count => _open.Count;

    public long In(TimeSpan limit) => limit == Timeout.InfiniteTimeSpan
        ? Never
        : _time.GetTimestamp() + (long)(limit.TotalSeconds * _time.TimestampFrequency);

    public void Add(UpstreamConnection connection) => _open[connection] = true;

    public void Remove(UpstreamConnection connection) => _open.TryRemove(connection, out _);

    public void Dispose()
    {
        _timer.Dispose();
        foreach (var connection in _open.Keys)
            connection.CutOff(Cut.TimedOut);
    }

    private void Sweep()
    {
        var now = _time.GetTimestamp();
        foreach (var (connection, _) in _open)
            if (connection.HasPassed(now))
                connection.CutOff(Cut.TimedOut);
    }
}
