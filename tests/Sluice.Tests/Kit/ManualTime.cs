namespace Sluice.Tests.Kit;

/// <summary>Time that passes only when the test says so. Timers fire within <see cref="Advance"/>, in the order they are due.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _stepped;
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
            return _now;
    }

    public override long GetTimestamp()
    {
        lock (_lock)
            return (_now - _stepped).Ticks;
    }

    /// <summary>Somebody sets the wall clock; the monotonic one goes on as it did.</summary>
    public void Step(TimeSpan by)
    {
        lock (_lock)
        {
            _stepped += by;
            _now += by;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (NextDue(end) is { } fire)
            fire();
        lock (_lock)
            _now = end;
    }

    /// <summary>Moves on in such steps until that has ended. Between two there is real time for what begins to wait only when other threads have come
    /// so far: a timer that is not there yet does not see the step.</summary>
    /// <param name="pause">Real milliseconds.</param>
    public async Task AdvanceUntilAsync(Task ended, TimeSpan step, int pause = 500)
    {
        for (var began = System.GetTimestamp(); !ended.IsCompleted;)
        {
            Assert.True(System.GetElapsedTime(began) < 2 * Waiting.Limit, $"it has not ended within {2 * Waiting.Limit}, at {GetUtcNow()}");
            Advance(step);
            await Task.WhenAny(ended, Task.Delay(pause));
        }
        await ended;
    }

    private Action? NextDue(DateTimeOffset end)
    {
        lock (_lock)
        {
            var timer = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
            if (timer is null)
                return null;
            if (timer.Due > _now)
                _now = timer.Due.Value;
            timer.Due = timer.Period > TimeSpan.Zero ? timer.Due + timer.Period : null;
            return timer.Fire;
        }
    }

    private sealed class ManualTimer(ManualTime time, Action fire) : ITimer
    {
        public Action Fire { get; } = fire;

        public DateTimeOffset? Due { get; set; }

        public TimeSpan Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._lock)
            {
                time._timers.Remove(this);
                Period = period;
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
                time._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (time._lock)
                time._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
