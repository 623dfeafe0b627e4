namespace Sluice.Net.Linux;

/// <summary>
/// How long a loop is away from its sockets. Everything runs inline there, so that whoever blocks it blocks all its
/// connections: a round that lasts longer than <see cref="Limit"/> is a stall. It is counted, and told of once, while it
/// still lasts if somebody looks (<see cref="IsStalled"/>).
/// </summary>
internal sealed class Pulse(int loop, TimeProvider time)
{
    public static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(50);

    private long _begun; // the time provider's ticks; 0: waiting for sockets
    private long _told;
    private long _stalls;

    public int Loop => loop;

    public long Stalls => Volatile.Read(ref _stalls);

    /// <summary>How long the round under way has lasted; zero: it waits for sockets.</summary>
    public TimeSpan Round => Volatile.Read(ref _begun) is not 0 and var begun ? time.GetElapsedTime(begun) : TimeSpan.Zero;

    public void Begin() => Volatile.Write(ref _begun, time.GetTimestamp());

    public void End()
    {
        if (time.GetElapsedTime(_begun) > Limit)
            Volatile.Write(ref _stalls, _stalls + 1);
        Volatile.Write(ref _begun, 0);
    }

    /// <summary>Whether the round under way has lasted too long; true once for each.</summary>
    public bool IsStalled(out TimeSpan since)
    {
        var begun = Volatile.Read(ref _begun);
        since = begun == 0 ? TimeSpan.Zero : time.GetElapsedTime(begun);
        if (since <= Limit || begun == _told)
            return false;
        _told = begun;
        return true;
    }
}
