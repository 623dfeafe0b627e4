namespace Sluice.Upstream;

/// <summary>What is counted of one upstream. Safe for concurrent use.</summary>
internal sealed class UpstreamCounts(string name, TimeProvider time)
{
    private int _open;
    private long _requests;
    private long _connects;
    private long _failures;
    private volatile Failure? _last;
    private long _lastConnect;
    private long _took;

    public string Name => name;

    /// <summary>The configuration names it.</summary>
    public bool IsConfigured { get; set; }

    public int Open => Volatile.Read(ref _open);

    /// <summary>When it was dialled last, or anything else was counted that is no request.</summary>
    public long Touched { get; private set; } = time.GetTimestamp();

    /// <summary>A request goes up.</summary>
    public void Asked() => Interlocked.Increment(ref _requests);

    /// <param name="took">The name's look-up and the handshake included.</param>
    public void Connected(TimeSpan took)
    {
        Touched = time.GetTimestamp();
        Interlocked.Increment(ref _open);
        Interlocked.Increment(ref _connects);
        Volatile.Write(ref _took, took.Ticks);
        Volatile.Write(ref _lastConnect, time.GetUtcNow().UtcTicks);
    }

    /// <summary>A connection is closed, or is none of HTTP any more.</summary>
    public void Closed()
    {
        Touched = time.GetTimestamp();
        Interlocked.Decrement(ref _open);
    }

    /// <summary>Counts what is the upstream's failure, and nothing else.</summary>
    public void Ended(ForwardError error, string? detail)
    {
        if (error is ForwardError.None or ForwardError.NoDescriptors || error.Row().Status < 502)
            return;
        Touched = time.GetTimestamp();
        Interlocked.Increment(ref _failures);
        _last = new Failure(error, detail, time.GetUtcNow());
    }

    /// <summary>Takes over the counts of one that is forgotten.</summary>
    public void Add(UpstreamCounts other)
    {
        var state = other.State;
        Interlocked.Add(ref _requests, state.Requests);
        Interlocked.Add(ref _connects, state.Connects);
        Interlocked.Add(ref _failures, state.Failures);
    }

    /// <summary>But for what the shelves know.</summary>
    public UpstreamState State
    {
        get
        {
            var (last, connected) = (_last, Volatile.Read(ref _lastConnect));
            return new UpstreamState
            {
                Name = name,
                IsConfigured = IsConfigured,
                Open = Open,
                Requests = Interlocked.Read(ref _requests),
                Connects = Interlocked.Read(ref _connects),
                Failures = Interlocked.Read(ref _failures),
                LastError = last?.Error.Row().ProxyError,
                LastErrorDetail = last?.Detail,
                LastErrorAt = last?.At,
                LastConnect = connected == 0 ? null : new DateTimeOffset(connected, TimeSpan.Zero),
                ConnectMs = connected == 0 ? null : Math.Round(TimeSpan.FromTicks(Volatile.Read(ref _took)).TotalMilliseconds, 3),
            };
        }
    }

    private sealed record Failure(ForwardError Error, string? Detail, DateTimeOffset At);
}
