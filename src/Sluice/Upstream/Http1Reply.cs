using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>
/// One request on its connection of HTTP/1.1 and the answer to it: first the head, then the body piece by piece, then the trailers.
/// <para>The request's body goes up beside (<see cref="Upload"/>): an answer may begin, and end, before it is
/// complete. The connection is kept if both messages ended where their framing says and nothing came after them
/// (RFC 9112 s.9.3), else closed.</para>
/// </summary>
internal sealed class Http1Reply : UpstreamReply
{
    /// <summary>1xx before one final answer; more is no protocol but a stream.</summary>
    private const int MaxInterim = 100;

    /// <summary>What an upstream that has answered may still take to read the end of the request.</summary>
    private static readonly TimeSpan LastOctets = TimeSpan.FromSeconds(1);

    private readonly UpstreamPool? _pool;
    private readonly UpstreamConnection? _connection;
    private readonly UpstreamRequest? _request;
    private readonly UpstreamOptions? _options;
    private readonly Upload? _upload;
    private readonly CancellationTokenRegistration _aborted;
    private BodyLength _body;
    private long _left;
    private ChunkedReader? _chunks;
    private int _lent;
    private bool _complete;
    private bool _keptAlive;
    private bool _ended;

    public Http1Reply(UpstreamPool pool, UpstreamConnection connection, UpstreamRequest request, UpstreamOptions options)
    {
        _pool = pool;
        _connection = connection;
        Remote = connection.Remote;
        _request = request;
        _options = options;
        if (request.Tap is { } tap)
            connection.Tap(tap);
        request.AwaitOn(connection, options.Response);
        connection.IsPinned |= ConnectionAuthentication.IsInRequest(request.Fields);
        if (request.Body is { Length: not 0 } body)
            _upload = new Upload(connection, body, options.Body, waits: request.ExpectsContinue, AwaitAnswer);
        _aborted = request.Aborted.UnsafeRegister(static c => ((UpstreamConnection)c!).CutOff(Cut.ClientLeft), connection);
    }

    /// <param name="remote">Where a dial failed.</param>
    public Http1Reply(ForwardError error, string? detail, IPEndPoint? remote)
    {
        Remote = remote;
        Error = error;
        ErrorDetail = detail;
        _ended = true;
    }

    public override Exception? ClientFault => _upload?.ClientFault;

    public override long BytesUp => _upload?.Sent ?? 0;

    public override BodyLength BodyLength => _body;

    public override bool IsLastPiece => _body.Kind == BodyKind.Length && _left == 0;

    public override FieldList? Trailers => _chunks?.Trailers;

    public override IPEndPoint? Remote { get; }

    /// <summary>At least one octet of an answer came.</summary>
    public bool Answered { get; private set; }

    /// <summary>Sends the request's head and reads until the final one of the answer. A bug ends the exchange, too.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadHeadAsync()
    {
        var connection = _connection!;
        var sent = false;
        try
        {
            await SendHeadAsync();
            _upload?.Start();
            var parser = connection.Parser ??= new ResponseHeadParser(_options!.MaxHeadBytes, _options.MaxFields);
            for (var heads = 0; Head is null && Error == ForwardError.None;)
            {
                if (Parse(parser) is { } head)
                    await TakeAsync(head, ++heads);
                else if (Error == ForwardError.None)
                {
                    await connection.WaitAsync();
                    if (await connection.FillAsync() > 0)
                        Answered = true;
                    else
                        Fail(Answered ? ForwardError.Incomplete : ForwardError.Terminated, "FIN instead of an answer");
                }
            }
            sent = true;
        }
        catch (Exception e) when (IsFault(e))
        {
            Fail(Explain(ForwardError.ResponseTimedOut, Answered ? ForwardError.Incomplete : ForwardError.Terminated), e.Message);
            sent = true;
        }
        finally
        {
            _request!.AwaitsNoMore();
            // Whoever takes the answer has all the time; only who waits for more of it is limited.
            connection.Allow(Timeout.InfiniteTimeSpan);
            if (!sent || Error != ForwardError.None)
                await EndAsync();
        }
    }

    public override ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync()
    {
        if (_ended || _complete)
            return default;
        _connection!.Consume(_lent);
        _lent = 0;
        var piece = TakePiece();
        return piece.Length > 0 ? new(piece) : ReadMoreAsync();
    }

    private async ValueTask<ReadOnlyMemory<byte>> ReadMoreAsync()
    {
        var connection = _connection!;
        try
        {
            while (!_complete && Error == ForwardError.None)
            {
                connection.Allow(_options!.Body);
                await connection.WaitAsync();
                if (await connection.FillAsync(large: _left > 64 << 10) == 0)
                {
                    // RFC 9112 s.9.8
                    if (_body.Kind != BodyKind.UntilClose || connection.IsCutShort)
                        Fail(ForwardError.Incomplete, _body.Kind == BodyKind.UntilClose ? "FIN without close_notify" : "FIN in the middle of the body");
                    else
                        _complete = true;
                    break;
                }
                if (TakePiece() is { Length: > 0 } piece)
                {
                    connection.Allow(Timeout.InfiniteTimeSpan);
                    return piece;
                }
            }
        }
        catch (Exception e) when (IsFault(e))
        {
            Fail(Explain(ForwardError.ReadTimedOut, ForwardError.Incomplete), e.Message);
        }
        await EndAsync();
        return default;
    }

    /// <summary>After 101: the bare connection and what has already been read of it.</summary>
    public (TcpSocket Socket, SslStream? Tls, ReadOnlyMemory<byte> Early) TakeOver()
    {
        _aborted.Dispose();
        _ended = true;
        var (socket, tls) = _connection!.TakeOver();
        return (socket, tls, _connection.Unread);
    }

    /// <summary>The connection goes back to the pool if the answer was read to its end.</summary>
    public override ValueTask DisposeAsync() => EndAsync();

    private ValueTask SendHeadAsync()
    {
        var head = new PooledWriter();
        HeadWriter.WriteRequest(head, _request!.Method, _request.Target, _request.Fields);
        var sending = _connection!.WriteAsync(head.Written);
        if (!sending.IsCompletedSuccessfully)
            return WaitAsync(sending, head);
        head.Reset();
        return default;

        static async ValueTask WaitAsync(ValueTask sending, PooledWriter head)
        {
            try
            {
                await sending;
            }
            catch (Exception e) when (IsFault(e))
            {
                // An answer may stand before the reset: read on.
            }
            head.Reset();
        }
    }

    /// <summary>The next head in what is unread; null: more is needed, or it is refused.</summary>
    private ResponseHead? Parse(ResponseHeadParser parser)
    {
        var step = parser.Read(_connection!.Unread.Span, out var consumed);
        _connection.Consume(consumed);
        if (step == ParseStep.Bad)
            Fail(parser.Error is BadResponse.HeadTooLarge or BadResponse.TooManyFields
                ? ForwardError.HeadTooLarge : ForwardError.BadResponse, parser.Error.Row().Text);
        return step == ParseStep.Done ? parser.Head : null;
    }

    /// <param name="count">Of the heads so far.</param>
    private ValueTask TakeAsync(ResponseHead head, int count)
    {
        if (head.Status == 101)
            return BeginUpgradeAsync(head);
        if (head.Status >= 200)
            Begin(head);
        else if (count > MaxInterim)
            Fail(ForwardError.BadResponse, "too many interim answers");
        else if (head.Status == 100)
            _upload?.Continue();
        else if (_request!.Interim is { } pass)
            return pass(head);
        return default;
    }

    /// <summary>RFC 9110 s.15.2.2: only to what the client asked for. What follows the request on the wire is the other
    /// protocol's, so the request must have gone up whole (s.7.8).</summary>
    private async ValueTask BeginUpgradeAsync(ResponseHead head)
    {
        if (_upload is { } upload)
            await upload.StopAsync();
        if (_request!.Upgrade is null)
            Fail(ForwardError.UnaskedUpgrade, null);
        else if (_upload is { IsComplete: false })
            Fail(ForwardError.BadResponse, "101 in the middle of the request");
        else
            Head = head;
    }

    private void Begin(ResponseHead head)
    {
        _upload?.Answered();
        _keptAlive = ConnectionOptions.Persists(head.Version, head.Fields);
        _connection!.IsPinned |= ConnectionAuthentication.IsInResponse(head.Fields);
        if (_keptAlive && head.Fields.Get(FieldNames.KeepAlive) is { } said)
            Heed(said);
        if (Framing.OfResponse(_request!.Method, head, out _body) is { } bad)
        {
            Fail(bad is BadResponse.TransferCodingNotSupported or BadResponse.TransferEncodingNotAllowed
                ? ForwardError.BadTransferCoding : ForwardError.BadResponse, bad.Row().Text);
            return;
        }
        Head = head;
        _left = _body.Octets;
        if (_body.Kind == BodyKind.Chunked)
            _chunks = new ChunkedReader();
    }

    /// <summary>RFC 2068 s.19.7.1.1, as servers send it: <c>timeout=5, max=100</c>.</summary>
    private void Heed(ReadOnlySpan<char> keepAlive)
    {
        foreach (var part in keepAlive.Split(','))
        {
            var parameter = Grammar.TrimOws(keepAlive[part]);
            var equals = parameter.IndexOf('=');
            if (equals < 0 || !int.TryParse(parameter[(equals + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                continue;
            var name = parameter[..equals];
            if (name.Equals("timeout", StringComparison.OrdinalIgnoreCase))
                _connection!.KeepAlive(TimeSpan.FromSeconds(number));
            else if (name.Equals("max", StringComparison.OrdinalIgnoreCase) && number == 0)
                _keptAlive = false;
        }
    }

    /// <summary>What is there of the body without reading; sets <see cref="_complete"/> at its end.</summary>
    private ReadOnlyMemory<byte> TakePiece()
    {
        var unread = _connection!.Unread;
        switch (_body.Kind)
        {
            case BodyKind.UntilClose:
                return Lend(unread);
            case BodyKind.Chunked:
                return TakeChunk();
            default:
                if (_left == 0)
                {
                    _complete = true;
                    return default;
                }
                var piece = Lend(unread.Length > _left ? unread[..(int)_left] : unread);
                _left -= piece.Length;
                return piece;
        }
    }

    private ReadOnlyMemory<byte> TakeChunk()
    {
        var unread = _connection!.Unread;
        var step = _chunks!.Read(unread.Span, out var consumed, out var data);
        _connection.Consume(consumed);
        if (step == ParseStep.Done)
            _complete = true;
        else if (step == ParseStep.Bad)
            Fail(ForwardError.BadTransferCoding, _chunks.Error.Row().Text);
        return unread[(consumed - data.Length)..consumed];
    }

    private ReadOnlyMemory<byte> Lend(ReadOnlyMemory<byte> piece)
    {
        _lent = piece.Length;
        return piece;
    }

    private async ValueTask EndAsync()
    {
        if (_ended)
            return;
        _ended = true;
        _aborted.Dispose();
        var connection = _connection!;
        if (Head is not null)
            connection.Counts.Ended(Error, ErrorDetail);
        var clean = _complete && Error == ForwardError.None && _keptAlive && _body.Kind != BodyKind.UntilClose
            && connection.Unread.IsEmpty && !connection.MayHideMore && connection.Cut == Cut.None;
        if (_upload is { IsComplete: false } upload)
        {
            // The answer may overtake the news that the last octets have been sent.
            var mayEnd = clean && upload.IsAtItsLast && connection.Allow(LastOctets);
            // Before the upload is asked to stop: it may wait on this connection.
            if (!mayEnd)
                connection.CutOff(Cut.ClientLeft);
            await upload.StopAsync();
            clean = mayEnd && upload.IsComplete && connection.Cut == Cut.None;
        }
        connection.Untap();
        if (clean)
            _pool!.Keep(connection, _request!);
        else
            connection.Dispose();
    }

    private ForwardError Explain(ForwardError timedOut, ForwardError otherwise)
    {
        if (_upload is { ClientFault: not null })
            return ForwardError.ClientBodyBad;
        return _connection!.Cut switch
        {
            Cut.ClientLeft => ForwardError.ClientLeft,
            Cut.TimedOut => _upload?.Waits switch
            {
                UploadWait.Client => ForwardError.ClientTooSlow,
                UploadWait.Upstream => ForwardError.WriteTimedOut,
                _ => timedOut,
            },
            _ => otherwise,
        };
    }

    /// <summary>The upstream has the whole request; its time for the answer begins.</summary>
    private void AwaitAnswer()
    {
        if (Head is null)
            _request!.Limit(_connection!, _options!.Response);
        else
            _connection!.Allow(_options!.Body);
    }
}
