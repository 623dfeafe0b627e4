using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

public sealed class DeadlinesTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly Deadlines _deadlines;

    public DeadlinesTests() => _deadlines = new Deadlines(_time);

    public void Dispose() => _deadlines.Dispose();

    private sealed class Waiter : TimeLimited
    {
        public Waiter(Deadlines deadlines) : base(deadlines) => Open();

        public int TimedOut { get; private set; }

        public bool SawItself { get; private set; }

        public Action? Then { get; set; }

        public bool IsLate => IsTimedOut;

        public void AllowAnother(TimeSpan limit) => AllowAnew(limit);

        public void Leave() => Close();

        protected internal override void OnTimedOut()
        {
            TimedOut++;
            SawItself = IsTimedOut;
            Then?.Invoke();
        }
    }

    [Fact]
    public void LimitThatPasses_IsToldOnce()
    {
        var waiter = new Waiter(_deadlines);
        Assert.True(waiter.Allow(Second));
        _time.Advance(Second - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, waiter.TimedOut);
        _time.Advance(TimeSpan.FromMilliseconds(251)); // the sweep's grain
        Assert.Equal((1, true), (waiter.TimedOut, waiter.SawItself));
        _time.Advance(10 * Second);
        Assert.Equal(1, waiter.TimedOut);
    }

    [Fact]
    public void LimitThatHasPassed_StaysSoUntilAnotherWaitBegins()
    {
        var waiter = new Waiter(_deadlines);
        waiter.Allow(Second);
        _time.Advance(2 * Second);
        Assert.False(waiter.Allow(Second));
        Assert.False(waiter.Allow(Timeout.InfiniteTimeSpan));
        Assert.True(waiter.IsLate);
        waiter.AllowAnother(Second);
        Assert.False(waiter.IsLate);
        _time.Advance(2 * Second);
        Assert.Equal(2, waiter.TimedOut);
    }

    [Fact]
    public void NoLimit_NeverPasses()
    {
        var (never, lifted) = (new Waiter(_deadlines), new Waiter(_deadlines));
        lifted.Allow(Second);
        lifted.Allow(Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal((0, 0), (never.TimedOut, lifted.TimedOut));
    }

    [Fact]
    public void LimitGivenAnewWithinTheSweep_HoldsFromThen()
    {
        var waiter = new Waiter(_deadlines);
        waiter.Then = () => waiter.AllowAnother(Second);
        waiter.Allow(Second);
        _time.Advance(TimeSpan.FromSeconds(1.3));
        Assert.Equal((1, false), (waiter.TimedOut, waiter.IsLate));
        _time.Advance(TimeSpan.FromSeconds(1.3));
        Assert.Equal(2, waiter.TimedOut);
    }

    [Fact]
    public void WhoHasLeft_IsNotTold()
    {
        var waiters = Enumerable.Range(0, 5).Select(_ => new Waiter(_deadlines)).ToList();
        waiters.ForEach(waiter => waiter.Allow(Second));
        // The last, the first, one between, and one twice.
        foreach (var i in new[] { 4, 0, 2, 2 })
            waiters[i].Leave();
        Assert.Equal(2, _deadlines.Count);
        Assert.Equal([waiters[3], waiters[1]], _deadlines.Snapshot());
        _time.Advance(2 * Second);
        Assert.Equal([0, 1, 0, 1, 0], waiters.Select(waiter => waiter.TimedOut));
    }

    [Fact]
    public void WhoLeavesWithinTheSweep_DisturbsNobody()
    {
        var waiters = Enumerable.Range(0, 3).Select(_ => new Waiter(_deadlines)).ToList();
        waiters.ForEach(waiter => waiter.Then = () => waiters.ForEach(other => other.Leave()));
        waiters.ForEach(waiter => waiter.Allow(Second));
        _time.Advance(2 * Second);
        Assert.Equal(0, _deadlines.Count);
        Assert.All(waiters, waiter => Assert.Equal(1, waiter.TimedOut));
    }
}
