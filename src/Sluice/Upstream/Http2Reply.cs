using System.Buffers;
using System.Net;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>One request on a stream of HTTP/2 and the answer to it. Limits are those of HTTP/1.1, except that the wait for the head
/// includes connecting: who waits does not know whether a connection is made for it.</summary>
internal sealed class Http2Reply : UpstreamReply
{
    private const int Piece = 32 << 10;

    private readonly Http2Upstream _upstream;
    private readonly UpstreamRequest _request;
    private readonly UpstreamOptions _options;
    private readonly Http2Deadline _deadline;
    private readonly Http2Upload? _upload;
    private readonly CancellationTokenRegistration _aborted;
    private HttpResponseMessage? _message;
    private Stream? _stream;
    private byte[]? _buffer;
    private BodyLength _body;
    private FieldList? _trailers;
    private long _left;
    private bool _complete;
    private bool _ended;

    public Http2Reply(Http2Upstream upstream, UpstreamRequest request, UpstreamOptions options, Deadlines deadlines)
    {
        _upstream = upstream;
        _request = request;
        _options = options;
        _deadline = new Http2Deadline(deadlines);
        if (request.Body is { Length: not 0 } body)
            _upload = new Http2Upload(body, _deadline, options.Body, AwaitAnswer);
        _aborted = request.Aborted.UnsafeRegister(static d => ((Http2Deadline)d!).CutOff(Cut.ClientLeft), _deadline);
    }

    public override Exception? ClientFault => _upload?.ClientFault;

    public override long BytesUp => _upload?.Sent ?? 0;

    public override BodyLength BodyLength => _body;

    public override bool IsLastPiece => _body.Kind == BodyKind.Length && _left == 0;

    public override FieldList? Trailers => _trailers;

    public override IPEndPoint? Remote => _upstream.Remote;

    /// <summary>Sends the request and reads the answer's head. A bug ends the exchange, too.</summary>
    public async ValueTask ReadHeadAsync()
    {
        var asked = false;
        _request.AwaitOn(_deadline, _options.Response);
        try
        {
            if (Http2Message.Of(_request, _upstream.Origin, _upload) is { } message)
            {
                _message = await _upstream.SendAsync(message, _request, _deadline.Token);
                Begin(Http2Message.HeadOf(_message));
            }
            else
                Fail(ForwardError.NotOverHttp2, _request.Method);
            asked = true;
        }
        catch (Exception e) when (IsHttp2Fault(e))
        {
            Fail(Explain(e, ForwardError.ResponseTimedOut, ForwardError.Terminated), e.Message);
            asked = true;
        }
        finally
        {
            _request.AwaitsNoMore();
            // Whoever takes the answer has all the time; only who waits for more of it is limited.
            _deadline.Allow(Timeout.InfiniteTimeSpan);
            if (!asked || Error != ForwardError.None)
                await EndAsync();
        }
    }

    public override async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync()
    {
        if (_ended)
            return default;
        try
        {
            if (_body.Kind != BodyKind.None && await ReadPieceAsync() is { IsEmpty: false } piece)
                return piece;
        }
        catch (Exception e) when (IsHttp2Fault(e))
        {
            Fail(Explain(e, ForwardError.ReadTimedOut, ForwardError.Incomplete), e.Message);
        }
        await EndAsync();
        return default;
    }

    public override ValueTask DisposeAsync() => EndAsync();

    private void Begin(ResponseHead? head)
    {
        if (head is null)
            Fail(ForwardError.BadResponse, "a status or a field that is none");
        else if (head.Fields.Count > _options.MaxFields)
            Fail(ForwardError.HeadTooLarge, null);
        else if (Framing.OfResponse(_request.Method, head, out _body) is { } bad)
            Fail(ForwardError.BadResponse, bad.Row().Text);
        else
        {
            Head = head;
            _left = _body.Octets;
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadPieceAsync()
    {
        _stream ??= await _message!.Content.ReadAsStreamAsync(_deadline.Token);
        _buffer ??= ArrayPool<byte>.Shared.Rent(Piece);
        _deadline.Allow(_options.Body);
        var octets = await _stream.ReadAsync(_buffer, _deadline.Token);
        _deadline.Allow(Timeout.InfiniteTimeSpan);
        // RFC 9113 s.8.1.1: the library does not compare them.
        var excess = _body.Kind == BodyKind.Length && octets > _left;
        _left -= octets;
        if (excess)
            Fail(ForwardError.BadResponse, "more octets than Content-Length says");
        else if (octets == 0 && _body.Kind == BodyKind.Length && _left > 0)
            Fail(ForwardError.Incomplete, "fewer octets than Content-Length says");
        else if (octets == 0 && !Http2Message.TryTrailersOf(_message!, out _trailers))
            Fail(ForwardError.BadResponse, "a trailer that is none");
        else
            _complete = octets == 0;
        return Error == ForwardError.None ? _buffer.AsMemory(0, octets) : default;
    }

    private async ValueTask EndAsync()
    {
        if (_ended)
            return;
        _ended = true;
        if (Head is not null)
            _upstream.Counts.Ended(Error, ErrorDetail);
        _aborted.Dispose();
        if (_upload is { IsComplete: false } upload)
            await upload.StopAsync();
        // Resets the stream if the answer was not read to its end.
        _message?.Dispose();
        if (!_complete)
            _deadline.CutOff(Cut.ClientLeft);
        _deadline.End();
        if (_buffer is { } buffer)
            ArrayPool<byte>.Shared.Return(buffer);
        _buffer = null;
    }

    /// <summary>The upstream has the whole request; its time for the answer begins.</summary>
    private void AwaitAnswer()
    {
        if (Head is null)
            _request.Limit(_deadline, _options.Response);
        else
            _deadline.Allow(_options.Body);
    }

    private ForwardError Explain(Exception e, ForwardError timedOut, ForwardError otherwise)
    {
        if (_upload is { ClientFault: not null })
            return ForwardError.ClientBodyBad;
        return _deadline.Cut switch
        {
            Cut.ClientLeft => ForwardError.ClientLeft,
            Cut.TimedOut => _upload?.Waits switch
            {
                UploadWait.Client => ForwardError.ClientTooSlow,
                UploadWait.Upstream => ForwardError.WriteTimedOut,
                _ => timedOut,
            },
            _ => Http2Faults.Of(e) ?? otherwise,
        };
    }

    private static bool IsHttp2Fault(Exception e) => IsFault(e) || e is HttpRequestException or OperationCanceledException;
}
