using Microsoft.Extensions.Logging;

namespace Sluice.Records.Output;

/// <summary>
/// Writes out records that any thread hands over, on a task of its own, in batches.
/// <code>
/// Write ──► buffer ──► a batch ──► written out
/// (any thread)         (the writer, when it has gathered for a while)
/// </code>
/// Handing over is one short lock and no wake-up: only the first record after a silence wakes the writer, which then
/// gathers for a while. A full buffer drops and counts: traffic never waits for its records. A batch that cannot be written
/// is tried again each second, while the buffer holds what comes meanwhile.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    /// <summary>For what waits at the end: an output that takes it, but slowly, does not hold up the end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly IRecordBuffer _buffer;
    private readonly TimeSpan _gather;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writing;

    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _closing = new();
    private volatile bool _isClosed;
    private long _closedAt;
    private volatile string? _failing;
    private bool _asleep;
    private bool _reopen;
    private long _dropped;
    private long _written;
    private long _failures;

    // The writer's own.
    private long _droppedTold;

    /// <summary>Starts the writer. An output that cannot be opened now is tried again like any failed write.</summary>
    /// <param name="buffer">Becomes the writer's, which disposes it.</param>
    /// <param name="gather">How long it gathers before it writes.</param>
    /// <param name="before">What must have ended before it writes; null: nothing.</param>
    public RecordWriter(IRecordBuffer buffer, TimeSpan gather, TimeProvider time, ILogger log, Task? before = null)
    {
        (_buffer, _gather, _time, _log) = (buffer, gather, time, log);
        _writing = Task.Run(() => RunAsync(before ?? Task.CompletedTask));
    }

    public string Name => _buffer.Name;

    /// <summary>All is written out; its output is about to be closed.</summary>
    public Task Ended => _writing;

    /// <summary>Records written out.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Records given up: the buffer was full, or the end came before they could be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Writes that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Why nothing can be written just now; null: it can.</summary>
    public string? Failing => _failing;

    /// <summary>Hands over a record, which nobody changes from here on. Never blocks.</summary>
    /// <returns>False: it is closed, and takes none.</returns>
    public bool Write(ExchangeRecord record)
    {
        if (!_buffer.TryAdd(record))
        {
            if (_isClosed)
                return false;
            Interlocked.Increment(ref _dropped);
            return true;
        }
        // The buffer's lock orders this read behind the writer's "asleep, and the buffer is empty".
        if (Volatile.Read(ref _asleep))
            Wake();
        return true;
    }

    /// <summary>Opens the output anew, soon. What was handed over before goes to the old place or the new one, whole.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopen, true);
        Wake();
    }

    /// <summary>Writes out what is there and closes the output.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _closedAt, _time.GetTimestamp());
        _isClosed = true;
        _buffer.Complete();
        await _closing.CancelAsync();
        Wake();
        await _writing;
        _buffer.Dispose();
        _closing.Dispose();
        _wake.Dispose();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _asleep, false))
            _wake.Release();
    }

    private async Task RunAsync(Task before)
    {
        await before;
        while (true)
        {
            await SleepUntilNeededAsync();
            // Looked at before the buffer is: what came just before the end is written out, too.
            var ends = _closing.IsCancellationRequested;
            if (!ends)
                await PauseAsync(_gather);
            // What comes while this is written gathers for the next time.
            var left = _buffer.Count;
            do
            {
                TellDropped();
                if (Volatile.Read(ref _reopen))
                    TryReopen();
                if (IsOverdue)
                {
                    GiveUp();
                    return;
                }
                int? written;
                while (true)
                {
                    // A try that began before the end is not the last one: the output may take it by now.
                    var isLast = _closing.IsCancellationRequested;
                    if ((written = TryWriteOut()) is not null)
                        break;
                    if (isLast)
                    {
                        GiveUp();
                        return;
                    }
                    await PauseAsync(RetryEvery);
                    if (Volatile.Read(ref _reopen))
                        TryReopen();
                }
                left -= written.Value;
            }
            while (left > 0);
            if (ends)
                return;
        }
    }

    private async ValueTask SleepUntilNeededAsync()
    {
        if (IsNeeded)
            return;
        Interlocked.Exchange(ref _asleep, true);
        // Between the look and the word "asleep" a record may have come without waking anybody.
        if (IsNeeded)
        {
            // Whoever took the word back has released, or will: a wake-up too many costs an empty round.
            Interlocked.Exchange(ref _asleep, false);
            return;
        }
        await _wake.WaitAsync();
    }

    private bool IsOverdue => _isClosed && _time.GetElapsedTime(Volatile.Read(ref _closedAt)) > Patience;

    private bool IsNeeded => _closing.IsCancellationRequested || Volatile.Read(ref _reopen) || _buffer.Count > 0;

    private async ValueTask PauseAsync(TimeSpan span)
    {
        if (span > TimeSpan.Zero)
            await Task.Delay(span, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void TellDropped()
    {
        var dropped = Dropped - _droppedTold;
        if (dropped == 0)
            return;
        _buffer.AddDropped(dropped, _time.GetUtcNow());
        RecordsLog.Dropped(_log, Name, dropped);
        _droppedTold += dropped;
    }

    /// <summary>Returns how many records of the buffer are settled; null: none, they are to be tried again.</summary>
    private int? TryWriteOut()
    {
        try
        {
            var written = _buffer.WriteOut();
            if (_failing is not null)
                RecordsLog.Recovered(_log, Name);
            _failing = null;
            Interlocked.Add(ref _written, written);
            return written;
        }
        catch (RecordsRefusedException e)
        {
            Interlocked.Increment(ref _failures);
            Interlocked.Add(ref _dropped, e.Records);
            // Nobody is told in the output itself: it takes none.
            _droppedTold += e.Records;
            _failing = e.Message;
            RecordsLog.Refused(_log, Name, e.Records, e.Message);
            return e.Records;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failing = e.Message;
            RecordsLog.Failed(_log, Name, Interlocked.Increment(ref _failures), _buffer.Count, e.Message);
            return null;
        }
    }

    private void TryReopen()
    {
        Volatile.Write(ref _reopen, false);
        try
        {
            _buffer.Reopen();
            RecordsLog.Reopened(_log, Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RecordsLog.ReopenFailed(_log, Name, e.Message);
        }
    }

    private void GiveUp()
    {
        var lost = _buffer.Count;
        Interlocked.Add(ref _dropped, lost);
        RecordsLog.Lost(_log, Name, lost);
    }
}
