using System.Threading.Tasks.Sources;

namespace Sluice.Net.Linux;

/// <summary>
/// One direction of a socket: whether it is worth trying, and who waits for that. Set by the loop (edge-triggered),
/// cleared by whoever is about to make the system call, before it: what comes in between sets it again.
/// </summary>
internal sealed class Readiness : IValueTaskSource<bool>
{
    private const int Unknown = 0, Ready = 1, Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _source; // continuations run inline
    private int _state;
    private int _cancelled;
    private volatile bool _disposed;

    /// <summary>True at once or later: try; false: <see cref="Cancel"/>. One waiter at a time.</summary>
    /// <exception cref="ObjectDisposedException"><see cref="Dispose"/> was called.</exception>
    public ValueTask<bool> WaitAsync()
    {
        if (Volatile.Read(ref _state) != Ready && !_disposed && Volatile.Read(ref _cancelled) == 0)
        {
            _source.Reset();
            if (Interlocked.CompareExchange(ref _state, Awaited, Unknown) == Unknown)
            {
                // Whoever disposes or cancels does so before it looks at the state.
                if (_disposed)
                    Set();
                else if (Volatile.Read(ref _cancelled) != 0)
                    Wake();
                return new ValueTask<bool>(this, _source.Version);
            }
        }
        return new ValueTask<bool>(Outcome());
    }

    public bool IsSet => Volatile.Read(ref _state) == Ready;

    public void Set()
    {
        // Whoever clears makes the system call after it, and that sees what this tells of.
        if (Volatile.Read(ref _state) == Ready)
            return;
        if (Interlocked.Exchange(ref _state, Ready) == Awaited)
            _source.SetResult(true);
    }

    public void Clear() => Interlocked.Exchange(ref _state, Unknown);

    /// <summary>Ends the wait, or the next one, with false.</summary>
    public void Cancel()
    {
        Interlocked.Exchange(ref _cancelled, 1);
        Wake();
    }

    /// <summary>Nothing has come: a wait after this one is not to end for it.</summary>
    private void Wake()
    {
        if (Interlocked.CompareExchange(ref _state, Unknown, Awaited) == Awaited)
            _source.SetResult(true);
    }

    /// <summary>Ends the wait, and all later ones, with an exception; on the thread pool, since whoever disposes does not
    /// expect to run the other's code.</summary>
    public void Dispose()
    {
        _disposed = true;
        if (Interlocked.Exchange(ref _state, Ready) == Awaited)
            ThreadPool.UnsafeQueueUserWorkItem(static readiness => readiness._source.SetResult(true), this, preferLocal: false);
    }

    private bool Outcome()
    {
        ObjectDisposedException.ThrowIf(_disposed, typeof(TcpSocket));
        return Interlocked.Exchange(ref _cancelled, 0) == 0;
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _source.GetResult(token);
        return Outcome();
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
