using Microsoft.Extensions.Logging;

namespace Sluice.Cache.Disk;

/// <summary>What the disk refuses: counted, told once in a while, and after a write that failed nothing is stored for a time, so that
/// traffic goes on as if there were no disk.</summary>
internal sealed class DiskFaults(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ToldEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _reads, _writes, _damaged;
    private long _told;
    private long _pausedAt;
    private TimeSpan _pause;

    public long Reads => Interlocked.Read(ref _reads);

    public long Writes => Interlocked.Read(ref _writes);

    public long Damaged => Interlocked.Read(ref _damaged);

    /// <summary>Nothing is stored now.</summary>
    public bool Pauses
    {
        get
        {
            lock (_gate)
                return _pause > TimeSpan.Zero && time.GetElapsedTime(_pausedAt) < _pause;
        }
    }

    public void OnRead(string path, string problem)
    {
        Interlocked.Increment(ref _reads);
        if (MayTell())
            DiskLog.ReadFailed(log, path, problem, Reads);
    }

    public void OnDamaged(string path)
    {
        Interlocked.Increment(ref _damaged);
        if (MayTell())
            DiskLog.Damaged(log, path, Damaged);
    }

    public void OnWrite(string path, string problem)
    {
        Interlocked.Increment(ref _writes);
        lock (_gate)
        {
            _pause = _pause == TimeSpan.Zero ? FirstPause : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
            _pausedAt = time.GetTimestamp();
        }
        if (MayTell())
            DiskLog.WriteFailed(log, path, problem, Writes);
    }

    /// <summary>A write has gone well.</summary>
    public void OnWritten()
    {
        lock (_gate)
        {
            if (_pause == TimeSpan.Zero)
                return;
            _pause = TimeSpan.Zero;
        }
        DiskLog.WritesAgain(log);
    }

    private bool MayTell()
    {
        lock (_gate)
        {
            if (_told != 0 && time.GetElapsedTime(_told) < ToldEvery)
                return false;
            _told = Math.Max(1, time.GetTimestamp());
            return true;
        }
    }
}
