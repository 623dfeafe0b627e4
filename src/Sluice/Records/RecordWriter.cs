using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Sluice.Records;

/// <summary>
/// Takes records from any thread and hands them to one output on a task of its own, in batches.
/// <code>
/// Write ──► queue of 65,536 ──► a batch ──► written out
/// (any thread)                  (the writer, when it has gathered for a while)
/// </code>
/// Handing over is one short lock and no wake-up: only the first record after a silence wakes the writer, which then
/// gathers for a while. A full queue drops and counts: traffic never waits for its records. A batch that cannot be written
/// is kept and tried again each second, while the queue holds what comes meanwhile.
/// </summary>
internal sealed class RecordWriter : IAsyncDisposable
{
    internal const int QueueLength = 64 << 10;
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    /// <summary>For what waits at the end: an output that takes it, but slowly, does not hold up the end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Channel<ExchangeRecord> _queue = Channel.CreateBounded<ExchangeRecord>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true });

    private readonly IRecordOutput _output;
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
    private int _recordsInBatch;
    private long _droppedTold;

    /// <summary>Starts the writer. An output that cannot be opened now is tried again like any failed write.</summary>
    /// <param name="output">Becomes the writer's, which disposes it.</param>
    /// <param name="gather">How long it gathers before it writes.</param>
    /// <param name="before">What must have ended before it writes; null: nothing.</param>
    public RecordWriter(IRecordOutput output, TimeSpan gather, TimeProvider time, ILogger log, Task? before = null)
    {
        (_output, _gather, _time, _log) = (output, gather, time, log);
        _writing = Task.Run(() => RunAsync(before ?? Task.CompletedTask));
    }

    public string Name => _output.Name;

    /// <summary>All is written out; its output is about to be closed.</summary>
    public Task Ended => _writing;

    /// <summary>Records written out.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Records given up: the queue was full, or the end came before they could be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Writes that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Why nothing can be written just now; null: it can.</summary>
    public string? Failing => _failing;

    /// <summary>Hands over a record, which nobody changes from here on. Never blocks.</summary>
    /// <returns>False: it is closed, and takes none.</returns>
    public bool Write(ExchangeRecord record)
    {
        if (!_queue.Writer.TryWrite(record))
        {
            if (_isClosed)
                return false;
            Interlocked.Increment(ref _dropped);
            return true;
        }
        // The queue's lock orders this read behind the writer's "asleep, and the queue is empty".
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

    /// <summary>Writes out what is queued and closes the output.</summary>
    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _closedAt, _time.GetTimestamp());
        _isClosed = true;
        _queue.Writer.TryComplete();
        await _closing.CancelAsync();
        Wake();
        await _writing;
        _output.Dispose();
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
            // Looked at before the queue is: what came just before the end is written out, too.
            var ends = _closing.IsCancellationRequested;
            if (!ends)
                await PauseAsync(_gather);
            do
            {
                if (Volatile.Read(ref _reopen))
                    TryReopen();
                Fill();
                if (IsOverdue)
                {
                    GiveUp();
                    return;
                }
                while (!TryWriteOut())
                {
                    if (_closing.IsCancellationRequested)
                    {
                        GiveUp();
                        return;
                    }
                    await PauseAsync(RetryEvery);
                    if (Volatile.Read(ref _reopen))
                        TryReopen();
                }
            }
            while (_queue.Reader.TryPeek(out _));
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

    private bool IsNeeded => _closing.IsCancellationRequested || Volatile.Read(ref _reopen) || _queue.Reader.Count > 0;

    private async ValueTask PauseAsync(TimeSpan span)
    {
        if (span > TimeSpan.Zero)
            await Task.Delay(span, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Fill()
    {
        while (_output.HasRoom && _queue.Reader.TryRead(out var record))
        {
            _output.Add(record);
            _recordsInBatch++;
        }
        var dropped = Dropped;
        if (dropped == _droppedTold)
            return;
        _output.AddDropped(dropped - _droppedTold, _time.GetUtcNow());
        RecordsLog.Dropped(_log, Name, dropped - _droppedTold);
        _droppedTold = dropped;
    }

    private bool TryWriteOut()
    {
        try
        {
            _output.WriteOut();
        }
        catch (RecordsRefusedException e)
        {
            Interlocked.Increment(ref _failures);
            Interlocked.Add(ref _dropped, _recordsInBatch);
            // Nobody is told in the output itself: it takes none.
            _droppedTold += _recordsInBatch;
            _failing = e.Message;
            RecordsLog.Refused(_log, Name, _recordsInBatch, e.Message);
            _recordsInBatch = 0;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failing = e.Message;
            RecordsLog.Failed(_log, Name, Interlocked.Increment(ref _failures), _recordsInBatch + _queue.Reader.Count, e.Message);
            return false;
        }
        if (_failing is not null)
            RecordsLog.Recovered(_log, Name);
        _failing = null;
        Interlocked.Add(ref _written, _recordsInBatch);
        _recordsInBatch = 0;
        return true;
    }

    private void TryReopen()
    {
        Volatile.Write(ref _reopen, false);
        try
        {
            _output.Reopen();
            RecordsLog.Reopened(_log, Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RecordsLog.ReopenFailed(_log, Name, e.Message);
        }
    }

    private void GiveUp()
    {
        var lost = _recordsInBatch + _queue.Reader.Count;
        Interlocked.Add(ref _dropped, lost);
        RecordsLog.Lost(_log, Name, lost);
    }
}
