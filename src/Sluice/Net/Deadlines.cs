// Time limits that cost no timer and no token.
//
// What: whoever waits writes down until when (TimeLimited.Allow); a sweep over all that are open ends those whose time has passed, by
// closing what they wait on.
// Facts: the grain is a quarter of a second, as limits are seconds. A limit that has passed stays so: whoever comes too
// late to write the next one is told. Silence needs no clock where bytes are counted: the sweep sees whether more have come.
namespace Sluice.Net;

/// <summary>Something that is not waited for without end.</summary>
public abstract class TimeLimited
{
    private const long Never = long.MaxValue;
    private const long Passed = -1;

    private readonly Deadlines _deadlines;
    private long _deadline = Never;

    protected TimeLimited(Deadlines deadlines)
    {
        _deadlines = deadlines;
    }

    internal TimeLimited? Next { get; set; }

    internal TimeLimited? Previous { get; set; }

    internal TimeProvider Time => _deadlines.Time;

    private protected TimeProvider Clock => _deadlines.Clock;

    /// <summary>From now on it may take so long. False: too late, its time has passed.</summary>
    public bool Allow(TimeSpan limit)
    {
        var next = limit == Timeout.InfiniteTimeSpan
            ? Never
            : Clock.GetTimestamp() + (long)(limit.TotalSeconds * Clock.TimestampFrequency);
        var was = Volatile.Read(ref _deadline);
        while (was != Passed)
        {
            var seen = Interlocked.CompareExchange(ref _deadline, next, was);
            if (seen == was)
                return true;
            was = seen;
        }
        return false;
    }

    /// <summary>Every sweep begins with it, on the sweep's thread.</summary>
    protected internal virtual void OnSweep()
    {
    }

    /// <summary>Its time has passed: on the sweep's thread, once.</summary>
    protected internal abstract void OnTimedOut();

    /// <summary>The same for a wait of another kind: also where an earlier limit has passed.</summary>
    protected void AllowAnew(TimeSpan limit)
    {
        Volatile.Write(ref _deadline, Never);
        Allow(limit);
    }

    /// <summary>Its time has passed, and it has not been given another.</summary>
    protected bool IsTimedOut => Volatile.Read(ref _deadline) == Passed;

    protected void Open() => _deadlines.Add(this);

    protected void Close() => _deadlines.Remove(this);

    /// <summary>True once.</summary>
    internal bool HasPassed(long now)
    {
        var deadline = Volatile.Read(ref _deadline);
        return deadline <= now && deadline != Passed && Interlocked.CompareExchange(ref _deadline, Passed, deadline) == deadline;
    }
}

/// <summary>All that are open, and the sweep.</summary>
public sealed class Deadlines : IDisposable
{
    private static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private TimeLimited? _first;

    public Deadlines(TimeProvider time)
    {
        Time = time;
        Clock = CoarseClock.Of(time);
        _timer = time.CreateTimer(static deadlines => ((Deadlines)deadlines!).Sweep(), this, Grain, Grain);
    }

    public TimeProvider Time { get; }

    internal TimeProvider Clock { get; }

    public int Count { get; private set; }

    /// <summary>Those that are open now.</summary>
    public IReadOnlyList<TimeLimited> Snapshot()
    {
        lock (_lock)
        {
            var all = new List<TimeLimited>(Count);
            for (var one = _first; one is not null; one = one.Next)
                all.Add(one);
            return all;
        }
    }

    public void Dispose() => _timer.Dispose();

    internal void Add(TimeLimited one)
    {
        lock (_lock)
        {
            one.Next = _first;
            if (_first is not null)
                _first.Previous = one;
            _first = one;
            Count++;
        }
    }

    internal void Remove(TimeLimited one)
    {
        lock (_lock)
        {
            if (one.Previous is null && _first != one)
                return;
            if (one.Previous is null)
                _first = one.Next;
            else
                one.Previous.Next = one.Next;
            if (one.Next is not null)
                one.Next.Previous = one.Previous;
            one.Next = one.Previous = null;
            Count--;
        }
    }

    private void Sweep()
    {
        var now = Clock.GetTimestamp();
        List<TimeLimited>? passed = null;
        lock (_lock)
        {
            for (var one = _first; one is not null; one = one.Next)
            {
                one.OnSweep();
                if (one.HasPassed(now))
                    (passed ??= []).Add(one);
            }
        }
        passed?.ForEach(static one => one.OnTimedOut());
    }
}
