using System.IO.Pipelines;
using System.Net;

namespace Sluice.Upstream;

/// <summary>The request's body on its way up a stream of HTTP/2, beside the answer. As fast as the slower of its two ends: what the
/// upstream gives no window for is not read from the client.</summary>
/// <param name="silence">How long either end may keep it waiting.</param>
/// <param name="sent">Called when the whole body has been sent.</param>
internal sealed class Http2Upload(RequestBody body, Http2Deadline deadline, TimeSpan silence, Action sent) : HttpContent
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;
    private volatile bool _stopped;

    public long Sent { get; private set; }

    public bool IsComplete { get; private set; }

    public Exception? ClientFault { get; private set; }

    public UploadWait Waits { get; private set; }

    /// <summary>The exchange is over: reads and sends no more.</summary>
    public async ValueTask StopAsync()
    {
        _stopped = true;
        if (Interlocked.Exchange(ref _begun, 1) == 0)
            return;
        // Before the reader is woken: it may wait for window instead.
        deadline.CutOff(Cut.ClientLeft);
        if (!_ended.Task.IsCompleted)
            body.Reader.CancelPendingRead();
        await _ended.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length ?? 0;
        return body.Length is not null;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The library asks once more where the upstream says that it has not seen the request. The body is gone then.
        if (Interlocked.Exchange(ref _begun, 1) != 0)
            throw new IOException("a request's body is sent once");
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
            while (!await SendSomeAsync(stream, either.Token))
            {
            }
        }
        finally
        {
            _ended.SetResult();
        }
    }

    /// <summary>True: that was the end. What ends otherwise must throw: a stream that is ended well is a whole body.</summary>
    private async ValueTask<bool> SendSomeAsync(Stream stream, CancellationToken either)
    {
        var read = await ReadAsync();
        try
        {
            if (read.IsCanceled || _stopped)
                throw new OperationCanceledException();
            Waits = UploadWait.Upstream;
            foreach (var piece in read.Buffer)
            {
                deadline.Allow(silence);
                await stream.WriteAsync(piece, either);
                Sent += piece.Length;
            }
            if (!read.IsCompleted)
                await stream.FlushAsync(either);
            Waits = UploadWait.Nothing;
        }
        finally
        {
            body.Reader.AdvanceTo(read.IsCanceled ? read.Buffer.Start : read.Buffer.End);
        }
        if (read.IsCompleted)
        {
            IsComplete = true;
            sent();
        }
        return read.IsCompleted;
    }

    private async ValueTask<ReadResult> ReadAsync()
    {
        try
        {
            Waits = UploadWait.Client;
            deadline.Allow(silence);
            return await body.Reader.ReadAsync();
        }
        // What a server throws for a body that breaks off or is malformed is its own; whoever gave us the reader judges it.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ClientFault = e;
            deadline.CutOff(Cut.ClientLeft);
            throw;
        }
    }
}

/// <summary>No content, but fields that the library takes for those of one.</summary>
internal sealed class NoContent : HttpContent
{
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => Task.CompletedTask;
}
