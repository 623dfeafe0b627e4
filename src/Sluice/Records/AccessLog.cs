using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Sluice.Records.Formats;
using Sluice.Records.Output;

namespace Sluice.Records;

/// <summary>
/// The access log: takes records from any thread and writes them out on a task of its own, in blocks.
/// <code>
/// Write ──► queue of 65,536 ──► format into one block ──► one write
/// (any thread)                  (the writer, at most every 50 ms for a file)
/// </code>
/// Handing over is one short lock and no wake-up: only the first record after a silence wakes the writer, which then
/// gathers for a while. A full queue drops and counts: traffic never waits for its log. A block that cannot be written
/// is kept and tried again each second, while the queue holds what comes meanwhile.
/// </summary>
public sealed class AccessLog : IAsyncDisposable
{
    internal const int QueueLength = 64 << 10;
    private const int BlockBytes = 128 << 10;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryEvery = TimeSpan.FromSeconds(1);

    private readonly Channel<ExchangeRecord> _queue = Channel.CreateBounded<ExchangeRecord>(
        new BoundedChannelOptions(QueueLength) { SingleReader = true });

    private readonly IRecordFormat? _format;
    private readonly ILogOutput _output;
    private readonly TimeSpan _gather;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Task _writing;

    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _closing = new();
    private volatile bool _isClosed;
    private bool _asleep;
    private bool _reopen;
    private long _dropped;
    private long _written;
    private long _failures;

    // The writer's own.
    private readonly LineBuffer _block = new(BlockBytes + (16 << 10));
    private int _recordsInBlock;
    private long _droppedTold;
    private bool _failing;

    /// <summary>Starts the writer. A file that cannot be opened now is tried again like any failed write.</summary>
    public AccessLog(LogOptions options, TimeProvider time, ILogger log)
        : this(options, options.File is { } path ? new FileOutput(path) : new StreamOutput(Console.OpenStandardOutput()),
            // A person waits for the line; a file or pipe does not.
            options.File is null && !Console.IsOutputRedirected ? TimeSpan.Zero : Gather, time, log)
    {
    }

    internal AccessLog(LogOptions options, ILogOutput output, TimeSpan gather, TimeProvider time, ILogger log)
    {
        _output = output;
        _gather = gather;
        _time = time;
        _log = log;
        _format = options.Off ? null : options.Format switch
        {
            LogFormat.Json => new JsonFormat(),
            LogFormat.Combined => new CombinedFormat(),
            LogFormat.Squid => new SquidFormat(),
            _ => new ReadableFormat(time.LocalTimeZone),
        };
        _writing = _format is null ? Task.CompletedTask : Task.Run(() => RunAsync(_format));
    }

    /// <summary>Records written out.</summary>
    public long Written => Interlocked.Read(ref _written);

    /// <summary>Records given up: the queue was full, or the end came before they could be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Writes that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Hands over a record, which nobody changes from here on. Never blocks.</summary>
    /// <returns>False: it is closed, and takes none.</returns>
    public bool Write(ExchangeRecord record)
    {
        if (_format is null)
            return true;
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

    /// <summary>Opens the file by its path anew, soon (SIGHUP, after a rotation). What was handed over before goes to
    /// the old file or the new one, whole.</summary>
    public void Reopen()
    {
        Volatile.Write(ref _reopen, true);
        Wake();
    }

    /// <summary>Writes out what is queued and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
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

    private async Task RunAsync(IRecordFormat format)
    {
        while (true)
        {
            await SleepUntilNeededAsync();
            if (!_closing.IsCancellationRequested)
                await PauseAsync(_gather);
            do
            {
                if (Volatile.Read(ref _reopen))
                    TryReopen();
                Fill(format);
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
            if (_closing.IsCancellationRequested)
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

    private bool IsNeeded => _closing.IsCancellationRequested || Volatile.Read(ref _reopen) || _queue.Reader.Count > 0;

    private async ValueTask PauseAsync(TimeSpan span)
    {
        if (span > TimeSpan.Zero)
            await Task.Delay(span, _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Fill(IRecordFormat format)
    {
        while (_block.Length < BlockBytes && _queue.Reader.TryRead(out var record))
        {
            format.Write(record, _block);
            _recordsInBlock++;
        }
        var dropped = Dropped;
        if (dropped == _droppedTold)
            return;
        format.WriteDropped(dropped - _droppedTold, _time.GetUtcNow(), _block);
        RecordsLog.Dropped(_log, dropped - _droppedTold);
        _droppedTold = dropped;
    }

    // True where nothing is left to write.
    private bool TryWriteOut()
    {
        if (_block.Length == 0)
            return true;
        try
        {
            _output.Write(_block.Written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _failing = true;
            RecordsLog.Failed(_log, Interlocked.Increment(ref _failures), _recordsInBlock + _queue.Reader.Count, e.Message);
            return false;
        }
        if (_failing)
            RecordsLog.Recovered(_log);
        _failing = false;
        Interlocked.Add(ref _written, _recordsInBlock);
        _recordsInBlock = 0;
        _block.Clear();
        return true;
    }

    private void TryReopen()
    {
        Volatile.Write(ref _reopen, false);
        try
        {
            _output.Reopen();
            RecordsLog.Reopened(_log);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            RecordsLog.ReopenFailed(_log, e.Message);
        }
    }

    private void GiveUp()
    {
        var lost = _recordsInBlock + _queue.Reader.Count;
        Interlocked.Add(ref _dropped, lost);
        RecordsLog.Lost(_log, lost);
    }
}
