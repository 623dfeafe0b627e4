namespace Sluice.Cache.Disk;

/// <summary>What waits for the writer; bounded by the memory that it keeps: a slow disk slows nobody, what does not fit is not stored.</summary>
internal sealed class DiskQueue(long mostBytes)
{
    private readonly object _gate = new();
    private List<DiskJob> _jobs = [];
    private long _bytes;
    private bool _isClosed;

    public long Bytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>False: there is no room.</summary>
    public bool TryAdd(DiskJob job)
    {
        lock (_gate)
        {
            if (_isClosed || !job.IsUrgent && _bytes > 0 && _bytes + job.Bytes > mostBytes)
                return false;
            _bytes += job.Bytes;
            _jobs.Add(job);
            if (_jobs.Count == 1)
                Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Waits for jobs and takes all of them, leaving <paramref name="empty"/> in their place. Null: closed, and all are done.</summary>
    public List<DiskJob>? Take(List<DiskJob> empty)
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                if (_isClosed)
                    return null;
                Monitor.Wait(_gate);
            }
            (var taken, _jobs) = (_jobs, empty);
            return taken;
        }
    }

    public void Done(DiskJob job)
    {
        lock (_gate)
            _bytes -= job.Bytes;
    }

    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.Pulse(_gate);
        }
    }
}
