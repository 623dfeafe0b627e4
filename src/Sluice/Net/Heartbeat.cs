using Microsoft.Extensions.Logging;
using Sluice.Net.Linux;

namespace Sluice.Net;

/// <summary>Looks at the event loops twice a second and tells of each that has been away from its sockets for more than
/// 50 ms: somebody blocks or computes where only bytes should be moved.</summary>
public sealed class Heartbeat : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    private readonly ILogger _logger;
    private readonly IReadOnlyList<Pulse> _pulses;
    private readonly ITimer _timer;
    private long _told;

    public Heartbeat(TimeProvider time, ILogger logger)
        : this(time, logger, TcpSocket.UsesEpoll ? [.. EventLoop.All.Select(loop => loop.Pulse)] : [])
    {
    }

    internal Heartbeat(TimeProvider time, ILogger logger, IReadOnlyList<Pulse> pulses)
    {
        _logger = logger;
        _pulses = pulses;
        _told = Stalls;
        _timer = time.CreateTimer(static heartbeat => ((Heartbeat)heartbeat!).Look(), this, Every, Every);
    }

    /// <summary>Since the process began.</summary>
    public long Stalls => _pulses.Sum(pulse => pulse.Stalls);

    /// <summary>How long the loop that has been away longest has been away; some microseconds where all is well.</summary>
    public TimeSpan Away => _pulses.Count == 0 ? TimeSpan.Zero : _pulses.Max(pulse => pulse.Round);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (var pulse in _pulses)
            if (pulse.IsStalled(out var since))
                NetLog.LoopStalls(_logger, pulse.Loop, (long)since.TotalMilliseconds);
        // Those that began and ended between two looks.
        if (Stalls - _told is > 0 and var more)
        {
            _told += more;
            NetLog.LoopsStalled(_logger, more);
        }
    }
}
