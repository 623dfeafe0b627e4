// The sending half of a SocketConnection.
//
// What: a PipeWriter without a pipe: what was written since the last flush is one batch of pieces, and a flush is one
// send of it, vectored where it has several pieces.
// Strategy: small writes fill blocks of ArrayPool; a lent block becomes a piece of its own, by reference. A flush that
// the kernel takes at once completes synchronously and leaves nothing rented. Where the kernel is full the flush waits
// until it has taken all, which is the backpressure; what is flushed meanwhile queues behind it, so that a flush may
// be cancelled (its waiter is released) without tearing the bytes that are on their way.
// After an error, an abort or a takeover the writer is inert: bytes go nowhere. A flush then says "completed", which
// makes Kestrel abort the connection; only after a takeover, when Kestrel must not, it says that all is well.
using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Sluice.Net;

internal sealed class SocketOutput(SocketConnection connection, TcpSocket socket) : PipeWriter
{
    private const int FirstBlock = 4 << 10;
    private const int NextBlock = 16 << 10;
    private static readonly FlushResult Done = new(isCanceled: false, isCompleted: false);
    private static readonly FlushResult Ended = new(isCanceled: false, isCompleted: true);

    private readonly Lock _lock = new();
    private SendBatch _open = new();    // being written
    private SendBatch? _queued;         // flushed while another batch was on its way
    private SendBatch? _spare;
    private TaskCompletionSource<FlushResult>? _waiter;
    private byte[]? _block;             // the block being filled: [_from.._used) is not yet a piece
    private int _from;
    private int _used;
    private ArraySegment<byte> _offered;
    private ArraySegment<byte> _handedOut; // what the last GetMemory handed out, if that was lent
    private bool _sending;
    private bool _cancelNext;
    private bool _completed;
    private volatile bool _inert;
    private FlushResult _inertResult = Ended;
    private long _bytes;

    public long Bytes => Volatile.Read(ref _bytes);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _open.Length + _used - _from;

    public void MakeInert() => _inert = true;

    /// <summary>Inert, and what Kestrel still writes seems to succeed.</summary>
    public void Swallow()
    {
        _inertResult = Done;
        _inert = true;
    }

    /// <summary>The next <see cref="GetMemory"/>, if it has exactly this length as hint, hands out this block.</summary>
    public void Offer(ArraySegment<byte> block) => _offered = block;

    /// <summary>Ends the offer. Whether it was taken: then the next <see cref="Advance"/> is the block's.</summary>
    public bool EndOffer()
    {
        var taken = _offered.Array is null && _handedOut.Array is not null;
        _offered = default;
        return taken;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        _handedOut = _offered.Count == sizeHint ? _offered : default;
        _offered = default;
        if (_handedOut.Array is not null)
            return _handedOut;
        if (_block is null || _block.Length - _used < Math.Max(sizeHint, 1))
            NewBlock(sizeHint);
        return _block.AsMemory(_used);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_handedOut.Array is not null)
        {
            Cut();
            _open.Pieces.Add(_handedOut[..bytes]);
            _open.Length += bytes;
            _handedOut = default;
            return;
        }
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)((_block?.Length ?? 0) - _used), nameof(bytes));
        _used += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        CloseBlock();
        SendBatch batch;
        lock (_lock)
        {
            if (_cancelNext)
            {
                _cancelNext = false;
                return new ValueTask<FlushResult>(new FlushResult(isCanceled: true, isCompleted: false));
            }
            if (_open.Length == 0 && !_sending)
                return new ValueTask<FlushResult>(_inert ? _inertResult : Done);
            batch = _open;
            _open = _spare ?? new SendBatch();
            _spare = null;
        }
        return SendAsync(batch, cancellationToken);
    }

    /// <summary>Sends these bytes, by reference, apart from what is being written; safe beside the one writer.</summary>
    public ValueTask<FlushResult> SendApartAsync(ReadOnlyMemory<byte> bytes)
    {
        var batch = new SendBatch();
        batch.Pieces.Add(MemoryMarshal.TryGetArray(bytes, out var array) ? array : bytes.ToArray());
        batch.Length = bytes.Length;
        return SendAsync(batch, CancellationToken.None);
    }

    private ValueTask<FlushResult> SendAsync(SendBatch batch, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (_inert)
            {
                batch.Clear();
                return new ValueTask<FlushResult>(_inertResult);
            }
            if (_sending)
            {
                if (_queued is null)
                    _queued = batch;
                else
                    _queued.Append(batch);
                return Wait(cancellation);
            }
            _sending = true;
        }
        var send = socket.SendAsync(batch.Pieces);
        if (!send.IsCompletedSuccessfully)
            return WaitFor(send, batch, cancellation);
        Count(batch.Length);
        batch.Clear();
        return NextBatch(batch) is { } next
            ? WaitFor(socket.SendAsync(next.Pieces), next, cancellation)
            : new ValueTask<FlushResult>(Done);
    }

    private ValueTask<FlushResult> WaitFor(ValueTask send, SendBatch batch, CancellationToken cancellation)
    {
        ValueTask<FlushResult> wait;
        lock (_lock)
            wait = Wait(cancellation);
        _ = FinishAsync(send, batch);
        return wait;
    }

    /// <summary>Sees a send through that the kernel did not take at once, and what was flushed meanwhile.</summary>
    private async Task FinishAsync(ValueTask send, SendBatch batch)
    {
        try
        {
            for (SendBatch? next = batch; next is not null; next = NextBatch(batch))
            {
                if (next != batch)
                    send = socket.SendAsync((batch = next).Pieces);
                await send;
                Count(batch.Length);
                batch.Clear();
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            batch.Clear();
            connection.OnSendError(error);
            Fail();
        }
    }

    /// <summary>What was flushed while the last batch was sent; null: nothing, the waiting flushes are done.</summary>
    private SendBatch? NextBatch(SendBatch sent)
    {
        TaskCompletionSource<FlushResult>? waiter;
        lock (_lock)
        {
            _spare = sent;
            if (_queued is { } next)
            {
                _queued = null;
                return next;
            }
            _sending = false;
            waiter = _waiter;
            _waiter = null;
        }
        waiter?.TrySetResult(Done);
        return null;
    }

    private void Fail()
    {
        TaskCompletionSource<FlushResult>? waiter;
        lock (_lock)
        {
            _inert = true;
            _sending = false;
            _queued?.Clear();
            _queued = null;
            waiter = _waiter;
            _waiter = null;
        }
        waiter?.TrySetResult(Ended);
    }

    /// <summary>Under the lock: a flush that completes when nothing is being sent any more.</summary>
    private ValueTask<FlushResult> Wait(CancellationToken cancellation)
    {
        // Continuations run inline, on the I/O thread that saw the socket writable.
        _waiter ??= new TaskCompletionSource<FlushResult>();
        return cancellation.CanBeCanceled
            ? new ValueTask<FlushResult>(_waiter.Task.WaitAsync(cancellation))
            : new ValueTask<FlushResult>(_waiter.Task);
    }

    public override void CancelPendingFlush()
    {
        TaskCompletionSource<FlushResult>? waiter;
        lock (_lock)
        {
            waiter = _waiter;
            _waiter = null;
            _cancelNext = waiter is null;
        }
        waiter?.TrySetResult(new FlushResult(isCanceled: true, isCompleted: false));
    }

    /// <summary>Waits until the kernel has all that was flushed.</summary>
    public async ValueTask DrainAsync()
    {
        Task drained;
        lock (_lock)
        {
            if (!_sending)
                return;
            drained = Wait(CancellationToken.None).AsTask();
        }
        await drained;
    }

    /// <summary>Flushes the rest and shuts the sending direction down (FIN). With an error: aborts, so that nobody
    /// takes the torn message for a whole one.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (_completed)
            return;
        _completed = true;
        if (exception is not null)
        {
            connection.Abort();
            return;
        }
        var result = await FlushAsync(CancellationToken.None);
        while (result.IsCanceled)
            result = await FlushAsync(CancellationToken.None);
        if (result.IsCompleted)
            return;
        _inert = true;
        connection.ShutdownSend();
    }

    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    /// <summary>Gives unsent blocks back. After the last flush.</summary>
    public void Release()
    {
        _inert = true;
        CloseBlock();
        _open.Clear();
    }

    private void NewBlock(int sizeHint)
    {
        var first = _block is null && _open.Blocks.Count == 0;
        CloseBlock();
        _block = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, first ? FirstBlock : NextBlock));
    }

    /// <summary>What the block holds since the last piece becomes a piece.</summary>
    private void Cut()
    {
        if (_used == _from)
            return;
        _open.Pieces.Add(new ArraySegment<byte>(_block!, _from, _used - _from));
        _open.Length += _used - _from;
        _from = _used;
    }

    private void CloseBlock()
    {
        Cut();
        if (_block is not null)
            _open.Blocks.Add(_block);
        _block = null;
        _from = _used = 0;
    }

    private void Count(int sent) => Volatile.Write(ref _bytes, _bytes + sent);
}
