using Sluice.Net;
using Sluice.Net.Linux;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

public sealed class HeartbeatTests : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly ManualTime _time = new();
    private readonly LogLines _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public void RoundThatLasts_IsToldOnce()
    {
        var pulse = new Pulse(1, _time);
        using var heartbeat = new Heartbeat(_time, _log, [pulse]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        pulse.Begin();
        _time.Advance(Look);
        _time.Advance(Look);
        Assert.Contains("Event loop 1", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.Equal(0, heartbeat.Stalls); // not over yet
        pulse.End();
        Assert.Equal(1, heartbeat.Stalls);
    }

    [Theory]
    [InlineData(50, 0)]
    [InlineData(51, 1)]
    public void RoundBetweenTwoLooks_IsCounted(int milliseconds, int stalls)
    {
        var pulse = new Pulse(0, _time);
        using var heartbeat = new Heartbeat(_time, _log, [pulse]);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        pulse.Begin();
        _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
        pulse.End();
        _time.Advance(Look);
        Assert.Equal(stalls, heartbeat.Stalls);
        Assert.Equal(stalls, _log.Lines.Length);
    }
}
