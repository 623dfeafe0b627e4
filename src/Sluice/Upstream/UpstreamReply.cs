using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Sluice.Http;

namespace Sluice.Upstream;

/// <summary>
/// One request on its connection and the answer to it: first the head, then the body piece by piece, then the trailers.
/// <para>The request's body goes up beside (<see cref="Upload"/>): an answer may begin, and end, before it is
/// complete. The connection is kept if both messages ended where their framing says and nothing came after them
/// (RFC 9112 s.9.3), else closed.</para>
/// </summary>
public sealed class UpstreamReply : IAsyncDisposable
{
    /// <summary>1xx before one final answer; more is no protocol but a stream.</summary>
    private const int MaxInterim = 100;

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

    internal UpstreamReply(UpstreamPool pool, UpstreamConnection connection, UpstreamRequest request, UpstreamOptions options)
    {
        _pool = pool;
        _connection = connection;
        _request = request;
        _options = options;
        connection.Allow(request.ResponseLimit ?? options.Response);
        request.Asked = connection;
        if (request.Body is { Length: not 0 } body)
            _upload = new Upload(connection, body, options.Body, waits: request.ExpectsContinue);
        _aborted = request.Aborted.UnsafeRegister(static c => ((UpstreamConnection)c!).CutOff(Cut.ClientLeft), connection);
    }

    private UpstreamReply(ForwardError error, string? detail)
    {
        Error = error;
        ErrorDetail = detail;
        _ended = true;
    }

    internal static UpstreamReply Failed(ForwardError error, string? detail) => new(error, detail);

    /// <summary>None: so far all went well. Set before the head is there: there is no head; later: the body is not whole.</summary>
    public ForwardError Error { get; private set; }

    public string? ErrorDetail { get; private set; }

    /// <summary>The exception with which reading the client's body failed.</summary>
    public Exception? ClientFault => _upload?.ClientFault;

    /// <summary>Octets of the request's body that were sent.</summary>
    public long BytesUp => _upload?.Sent ?? 0;

    /// <summary>The final head, as received.</summary>
    public ResponseHead Head { get; private set; } = null!;

    /// <summary>How the body is delimited.</summary>
    public BodyLength BodyLength => _body;

    /// <summary>The piece just given is known to be the body's last.</summary>
    public bool IsLastPiece => _body.Kind == BodyKind.Length && _left == 0;

    /// <summary>After the end of a chunked body.</summary>
    public FieldList? Trailers => _chunks?.Trailers;

    public IPEndPoint? Remote => _connection?.Remote;

    /// <summary>At least one octet of an answer came.</summary>
    internal bool Answered { get; private set; }

    internal async ValueTask ReadHeadAsync()
    {
        try
        {
            using (var head = new PooledWriter())
            {
                WriteHead(head);
                await _connection!.WriteAsync(head.Written);
            }
        }
        catch (Exception e) when (IsFault(e))
        {
            // An answer may stand before the reset: read on.
        }
        _upload?.Start();
        try
        {
            await ReadFinalHeadAsync();
        }
        catch (Exception e) when (IsFault(e))
        {
            Fail(Explain(ForwardError.ResponseTimedOut, Answered ? ForwardError.Incomplete : ForwardError.Terminated), e.Message);
        }
        _request!.Asked = null;
        if (Error != ForwardError.None)
            await EndAsync();
    }

    /// <summary>The next piece of the body, without transfer coding; empty at its end, where <see cref="Error"/> says
    /// whether it is whole. Valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync()
    {
        if (_ended || _complete)
            return default;
        _connection!.Consume(_lent);
        _lent = 0;
        try
        {
            while (true)
            {
                var piece = TakePiece();
                if (piece.Length > 0)
                    return piece;
                if (_complete || Error != ForwardError.None)
                    break;
                _connection.Allow(_options!.Body);
                if (await _connection.FillAsync(large: _left > 64 << 10 || _body.Kind != BodyKind.Length) == 0)
                {
                    if (_body.Kind == BodyKind.UntilClose)
                        _complete = true;
                    else
                        Fail(ForwardError.Incomplete, "FIN in the middle of the body");
                    break;
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
    public (Socket Socket, SslStream? Tls, ReadOnlyMemory<byte> Early) TakeOver()
    {
        _aborted.Dispose();
        _ended = true;
        var (socket, tls) = _connection!.TakeOver();
        return (socket, tls, _connection.Unread);
    }

    /// <summary>Ends the exchange: the connection goes back to the pool if the answer was read to its end.</summary>
    public ValueTask DisposeAsync() => EndAsync();

    private async ValueTask ReadFinalHeadAsync()
    {
        var parser = new ResponseHeadParser(_options!.MaxHeadBytes, _options.MaxFields);
        var connection = _connection!;
        for (var interim = 0; ;)
        {
            var step = parser.Read(connection.Unread.Span, out var consumed);
            connection.Consume(consumed);
            switch (step)
            {
                case ParseStep.NeedMore:
                    if (await connection.FillAsync() == 0)
                    {
                        Fail(Answered ? ForwardError.Incomplete : ForwardError.Terminated, "FIN instead of an answer");
                        return;
                    }
                    Answered = true;
                    break;
                case ParseStep.Bad:
                    Fail(parser.Error is BadResponse.HeadTooLarge or BadResponse.TooManyFields
                        ? ForwardError.HeadTooLarge : ForwardError.BadResponse, parser.Error.Row().Text);
                    return;
                default:
                    var head = parser.Head!;
                    if (head.Status >= 200 || head.Status == 101)
                    {
                        Begin(head);
                        return;
                    }
                    if (++interim > MaxInterim)
                    {
                        Fail(ForwardError.BadResponse, "too many interim answers");
                        return;
                    }
                    if (head.Status == 100)
                        _upload?.Continue();
                    else if (_request!.Interim is { } pass)
                        await pass(head);
                    break;
            }
        }
    }

    private void Begin(ResponseHead head)
    {
        if (head.Status == 101)
        {
            // RFC 9110 s.15.2.2: only to what the client asked for
            if (_request!.Upgrade is null)
                Fail(ForwardError.UnaskedUpgrade, null);
            Head = head;
            return;
        }
        _keptAlive = head.Version == ProtocolVersion.Http11
            ? !ConnectionOptions.Contains(head.Fields, ConnectionOptions.Close)
            : ConnectionOptions.Contains(head.Fields, ConnectionOptions.KeepAlive);
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
        // Before the upload is asked to stop: it may wait on this connection.
        var clean = _complete && Error == ForwardError.None && _keptAlive && _body.Kind != BodyKind.UntilClose
            && connection.Unread.IsEmpty && connection.Cut == Cut.None;
        if (_upload is { } upload)
        {
            if (!upload.IsComplete)
            {
                clean = false;
                connection.CutOff(Cut.ClientLeft);
            }
            await upload.StopAsync();
        }
        if (clean)
            _pool!.Keep(connection);
        else
            connection.Dispose();
    }

    private void Fail(ForwardError error, string? detail)
    {
        Error = error;
        ErrorDetail = detail;
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

    private void WriteHead(PooledWriter to) => HeadWriter.WriteRequest(to, _request!.Method, _request.Target, _request.Fields);

    internal static bool IsFault(Exception e) => e is SocketException or IOException or ObjectDisposedException or InvalidOperationException;
}
