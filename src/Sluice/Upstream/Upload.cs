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
/// <param name="silence">How long either end may keep it waiting.</param>
/// <param name="waits">Whether it begins only when the upstream says 100 (Continue), or nothing for a while.</param>
/// <param name="sent">Called when the whole body has been sent.</param>
internal sealed class Upload(UpstreamConnection connection, RequestBody body, TimeSpan silence, bool waits, Action sent)
{
    /// <summary>How long a client that asked for 100 (Continue) is kept waiting for one; as curl's own second.</summary>
    private static readonly TimeSpan ContinueWait = TimeSpan.FromSeconds(1);

    /// <summary>As much goes on in one turn on an I/O thread; then others come first.</summary>
    private const int YieldAfter = 256 << 10;

    /// <summary>As much goes out in one system call, as one chunk, of however many pieces it was
    /// received; no more, as silence is measured between two calls.</summary>
    private const int InOneSend = 64 << 10;

    private static readonly byte[] DataEnd = ChunkedWriter.DataEnd.ToArray();

    private readonly List<ArraySegment<byte>> _pieces = [];
    private byte[]? _size;
    private long _yieldedAt;
    private readonly TaskCompletionSource<bool> _wanted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _sending = Task.CompletedTask;
    private volatile bool _stopped;

    public long Sent { get; private set; }

    /// <summary>Nothing more will come from the client; what there is, is being sent.</summary>
    public bool IsAtItsLast { get; private set; }

    public bool IsComplete { get; private set; }

    public Exception? ClientFault { get; private set; }

    public UploadWait Waits { get; private set; }

    public void Start() => _sending = SendAsync();

    /// <summary>The upstream wants the body.</summary>
    public void Continue() => _wanted.TrySetResult(true);

    /// <summary>The upstream gave its final answer: a body that has not been begun is not wanted (RFC 9110 s.10.1.1).</summary>
    public void Answered() => _wanted.TrySetResult(false);

    /// <summary>The exchange is over: reads and sends no more.</summary>
    public async ValueTask StopAsync()
    {
        _stopped = true;
        Answered();
        if (!_sending.IsCompleted)
            body.Reader.CancelPendingRead();
        await _sending;
    }

    private async Task SendAsync()
    {
        if (waits && !await IsWantedAsync())
            return;
        while (!_stopped)
        {
            if (await ReadAsync() is not { } read)
                return;
            if (read.IsCanceled)
            {
                body.Reader.AdvanceTo(read.Buffer.Start);
                return;
            }
            try
            {
                IsAtItsLast = read.IsCompleted;
                Waits = UploadWait.Upstream;
                await SendPiecesAsync(read.Buffer);
                if (read.IsCompleted)
                    await SendEndAsync();
                if (Sent - _yieldedAt > YieldAfter)
                {
                    _yieldedAt = Sent;
                    await Task.Yield();
                }
                Waits = UploadWait.Nothing;
            }
            catch (Exception e) when (UpstreamReply.IsFault(e))
            {
                // The reader of the answer sees the same fault, or an early answer before it. Where it was this wait that
                // lasted too long, that is still to be seen.
                if (connection.Cut != Cut.TimedOut)
                    Waits = UploadWait.Nothing;
                return;
            }
            finally
            {
                body.Reader.AdvanceTo(read.Buffer.End);
            }
            if (read.IsCompleted)
            {
                // First: a complete upload no longer touches a connection that may be another's.
                sent();
                IsComplete = true;
                return;
            }
        }
    }

    private async ValueTask<bool> IsWantedAsync()
    {
        await ((Task)_wanted.Task).WaitAsync(ContinueWait, connection.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // An upstream that does not know the expectation says nothing.
        Continue();
        return await _wanted.Task;
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
        var end = new PooledWriter();
        ChunkedWriter.WriteEnd(end, body.Trailers());
        await connection.WriteAsync(end.Written);
        end.Reset();
    }
}
