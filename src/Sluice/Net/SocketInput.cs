// The receiving half of a SocketConnection.
//
// What: a PipeReader filled by one receive loop.
// Strategy: wait without a buffer (an idle connection holds none), then receive into a block of a
// pipe whose schedulers are inline: the flush runs the reader on the I/O thread. The loop reads ahead while a handler
// runs, so that a reset is noticed; it pauses at 256 KiB unread. A block that came back full means bulk: the next is
// larger; after 256 KiB in a row the loop lets others have their turn, so that one upload does not starve the other
// connections of its I/O thread.
// The loop ends with FIN (the reader completes after the data), an error (the reader throws) or Stop (nothing is lost:
// what was received lies in the pipe, what was not lies in the kernel).
using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sluice.Net;

internal sealed class SocketInput : PipeReader
{
    public const int PauseThreshold = 256 << 10;
    public const int FirstBytesKept = 256;
    private const int SmallBlock = 4 << 10;
    private const int LargeBlock = 64 << 10;

    // MemoryPool.Shared: the pipe then rents from ArrayPool.Shared, without an owner object per block.
    private static readonly PipeOptions Options = new(
        MemoryPool<byte>.Shared, PipeScheduler.Inline, PipeScheduler.Inline,
        PauseThreshold, PauseThreshold / 2, SmallBlock, useSynchronizationContext: false);

    private readonly SocketConnection _connection;
    private readonly TcpSocket _socket;
    private readonly Pipe _pipe = new(Options);
    private volatile bool _stopping;
    private Task _loop = Task.CompletedTask;
    private long _bytes;
    private byte[]? _first;
    private int _firstLength;
    private long _markedAt = -1; // the connection's BytesWritten when _first began

    public SocketInput(SocketConnection connection, TcpSocket socket)
    {
        _connection = connection;
        _socket = socket;
    }

    public long Bytes => Volatile.Read(ref _bytes);

    public ReadOnlyMemory<byte> FirstBytes => _first.AsMemory(0, _firstLength);

    public void Start() => _loop = ReceiveAsync();

    /// <summary>Ends the loop; what was received stays readable, then the reader completes.</summary>
    public Task StopAsync()
    {
        _stopping = true;
        _socket.CancelWait();
        _pipe.Writer.CancelPendingFlush();
        return _loop;
    }

    /// <summary>After <see cref="StopAsync"/>: takes what nobody has consumed out of the pipe.</summary>
    public byte[] TakeRest()
    {
        if (!_pipe.Reader.TryRead(out var result))
            return [];
        var rest = result.Buffer.ToArray();
        _pipe.Reader.AdvanceTo(result.Buffer.End);
        return rest;
    }

    private async Task ReceiveAsync()
    {
        Exception? error = null;
        try
        {
            if (await ReceiveUntilFinAsync())
                _connection.OnFin();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = _connection.OnReceiveError(e);
        }
        catch (Exception e)
        {
            // A reader's code that ran inline does not throw here: this is ours.
            error = _connection.OnReceiveBug(e);
        }
        await _pipe.Writer.CompleteAsync(error);
    }

    /// <summary>True: FIN; false: the reader wants no more, or Stop.</summary>
    private async Task<bool> ReceiveUntilFinAsync()
    {
        var size = SmallBlock;
        var inARow = 0;
        while (true)
        {
            if (!await _socket.WaitToReceiveAsync() || _stopping)
                return false;
            // Half a small block is room enough to go on with; a large one is taken whole.
            var block = _pipe.Writer.GetMemory(size == SmallBlock ? SmallBlock / 2 : size);
            var received = await _socket.ReceiveAsync(block);
            if (received == 0)
                return true;
            Volatile.Write(ref _bytes, _bytes + received);
            Mark(block.Span[..received]);
            _pipe.Writer.Advance(received);
            var result = await _pipe.Writer.FlushAsync(CancellationToken.None);
            if (result.IsCompleted || result.IsCanceled)
                return false;
            size = received == block.Length ? Math.Min(size * 4, LargeBlock) : SmallBlock;
            inARow = size == SmallBlock ? 0 : inARow + received;
            if (inARow < PauseThreshold)
                continue;
            inARow = 0;
            await _socket.NextTurn();
        }
    }

    /// <summary>Keeps the first bytes since the last answer went out: 256 bytes copied are cheaper than knowing more.</summary>
    private void Mark(ReadOnlySpan<byte> received)
    {
        var written = _connection.BytesWritten;
        if (written != _markedAt)
        {
            _markedAt = written;
            _firstLength = 0;
        }
        _first ??= new byte[FirstBytesKept];
        // The reader may mark while the loop does: the bytes may then mix, the length stays in bounds.
        var from = _firstLength;
        var count = Math.Min(received.Length, FirstBytesKept - from);
        received[..count].CopyTo(_first.AsSpan(from));
        _firstLength = from + count;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = _pipe.Reader.ReadAsync(cancellationToken);
        if (!read.IsCompletedSuccessfully)
            return read;
        var result = read.GetAwaiter().GetResult();
        OnBuffered(result);
        return new ValueTask<ReadResult>(result);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!_pipe.Reader.TryRead(out result))
            return false;
        OnBuffered(result);
        return true;
    }

    /// <summary>A pipelined request lies in the pipe since before the last answer: it begins where the buffer begins.</summary>
    private void OnBuffered(in ReadResult result)
    {
        if (result.Buffer.IsEmpty || _connection.BytesWritten == _markedAt)
            return;
        Mark(result.Buffer.FirstSpan);
    }

    public override void AdvanceTo(SequencePosition consumed) => _pipe.Reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) =>
        _pipe.Reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => _pipe.Reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => _pipe.Reader.Complete(exception);
}
