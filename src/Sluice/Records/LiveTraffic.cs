using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Sluice.Records;

/// <summary>What a reader of <see cref="LiveTraffic"/> gets: one of the two.</summary>
public readonly record struct LiveEvent(ExchangeRecord? Record, TrafficSecond? Second);

/// <summary>Records as they come, and each second as it ends. A reader that is too slow misses records and is told how many; nobody waits for it. For one reader.</summary>
public sealed class LiveTraffic : IDisposable
{
    private const int QueueLength = 1000;
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(50);

    private readonly Channel<LiveEvent> _queue = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly RecordFilter _filter;
    private readonly Action<LiveTraffic> _leave;
    private long _missed;

    internal LiveTraffic(RecordFilter filter, Action<LiveTraffic> leave) => (_filter, _leave) = (filter, leave);

    /// <summary>Until there is something to read, and what comes just behind it; false: no more will come.</summary>
    /// <exception cref="OperationCanceledException">Of <paramref name="stop"/>.</exception>
    public async ValueTask<bool> WaitAsync(CancellationToken stop)
    {
        if (!await _queue.Reader.WaitToReadAsync(stop))
            return false;
        // Traffic wakes a reader that waits, and pays for it: once for many records, not for each.
        await Task.Delay(Gather, stop);
        return true;
    }

    public bool TryRead([MaybeNullWhen(false)] out LiveEvent next) => _queue.Reader.TryRead(out next);

    /// <summary>Records that it was too slow for, since the last call.</summary>
    public long TakeMissed() => Interlocked.Exchange(ref _missed, 0);

    /// <summary>It is told no more.</summary>
    public void Dispose() => _leave(this);

    internal void Offer(ExchangeRecord record)
    {
        if (_filter.Matches(record) && !_queue.Writer.TryWrite(new LiveEvent(record, null)))
            Interlocked.Increment(ref _missed);
    }

    internal void Offer(TrafficSecond second) => _queue.Writer.TryWrite(new LiveEvent(null, second));

    internal void End() => _queue.Writer.TryComplete();
}
