using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Sluice.Http;

namespace Sluice.Upstream;

internal enum UploadWait
{
    Nothing,
    Client,
    Upstream,
}

/// <summary>The request's body on its way up, beside the answer on its way down. As fast as the slower of its two ends:
/// what the upstream does not take is not read from the client.</summary>
internal sealed class Upload(UpstreamConnection connection, RequestBody body, TimeSpan silence, bool waits)
{
    /// <summary>How long a client that asked for 100 (Continue) is kept waiting for one; as curl's own second.</summary>
    private static readonly TimeSpan ContinueWait = TimeSpan.FromSeconds(1);

    /// <summary>As much goes on in one turn on an I/O thread; then others come first.</summary>
    private const int YieldAfter = 256 << 10;

    /// <summary>As much goes out in one system call, as one chunk, of however many small pieces it was received (Kestrel
    /// hands out a chunked body in blocks of 4 KiB); no more, as silence is measured between two calls.</summary>
    private const int InOneSend = 64 << 10;

    private static readonly byte[] DataEnd = ChunkedWriter.DataEnd.ToArray();

    private readonly List<ArraySegment<byte>> _pieces = [];
    private byte[]? _size;
    private long _yieldedAt;
    private readonly TaskCompletionSource _continue = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private volatile bool _stopped;

    public long Sent { get; private set; }

    public bool IsComplete { get; private set; }

    public Exception? ClientFault { get; private set; }

    public UploadWait Waits { get; private set; }

    public void Start() => _sending = SendAsync();

    /// <summary>The upstream wants the body.</summary>
    public void Continue() => _continue.TrySetResult();

    /// <summary>The exchange is over: reads and sends no more.</summary>
    public async ValueTask StopAsync()
    {
        _stopped = true;
        _continue.TrySetResult();
        if (!_sending.IsCompleted)
            body.Reader.CancelPendingRead();
        await _sending;
    }

    private async Task SendAsync()
    {
        if (waits)
            await _continue.Task.WaitAsync(ContinueWait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_stopped)
        {
            if (await ReadAsync() is not { IsCanceled: false } read)
                return;
            try
            {
                Waits = UploadWait.Upstream;
                await SendPiecesAsync(read.Buffer);
                if (read.IsCompleted)
                    await SendEndAsync();
                if (Sent - _yieldedAt > YieldAfter)
                {
                    _yieldedAt = Sent;
                    await Task.Yield();
                }
                connection.Allow(silence);
                Waits = UploadWait.Nothing;
            }
            catch (Exception e) when (UpstreamReply.IsFault(e))
            {
                // The reader of the answer sees the same fault, or an early answer before it.
                Waits = UploadWait.Nothing;
                return;
            }
            finally
            {
                body.Reader.AdvanceTo(read.Buffer.End);
            }
            if (read.IsCompleted)
            {
                IsComplete = true;
                return;
            }
        }
    }

    private async ValueTask<ReadResult?> ReadAsync()
    {
        try
        {
            Waits = UploadWait.Client;
            connection.Allow(silence);
            return await body.Reader.ReadAsync();
        }
        // What a server throws for a body that breaks off or is malformed is its own; whoever gave us the reader judges it.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ClientFault = e;
            connection.CutOff(Cut.ClientLeft);
            return null;
        }
    }

    private async ValueTask SendPiecesAsync(ReadOnlySequence<byte> content)
    {
        while (!content.IsEmpty)
        {
            var part = content.Slice(0, Math.Min(content.Length, InOneSend));
            connection.Allow(silence);
            await connection.WriteAsync(Gather(part));
            Sent += part.Length;
            content = content.Slice(part.End);
        }
    }

    /// <summary>A part of the content as it goes out: as it is, or as one chunk.</summary>
    private List<ArraySegment<byte>> Gather(ReadOnlySequence<byte> part)
    {
        _pieces.Clear();
        if (body.Length is null)
        {
            _size ??= new byte[ChunkedWriter.MaxSizeLine];
            _pieces.Add(new ArraySegment<byte>(_size, 0, ChunkedWriter.WriteSize(_size, (int)part.Length)));
        }
        foreach (var piece in part)
            if (!piece.IsEmpty)
                _pieces.Add(MemoryMarshal.TryGetArray(piece, out var array) ? array : piece.ToArray());
        if (body.Length is null)
            _pieces.Add(DataEnd);
        return _pieces;
    }

    private async ValueTask SendEndAsync()
    {
        if (body.Length is not null)
            return;
        using var end = new PooledWriter();
        ChunkedWriter.WriteEnd(end, body.Trailers());
        await connection.WriteAsync(end.Written);
    }
}
