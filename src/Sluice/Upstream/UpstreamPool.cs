using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>
/// The client side of HTTP/1.1 and its connections, kept by destination and used again last in, first out: the fewest
/// connections stay warm, the others age out.
/// <para>A kept connection may have been closed by its peer while the request was on its way. Such a request is sent once
/// more on a new connection where that is safe: its method is idempotent, it has no body, and not one octet of an
/// answer came (RFC 9110 s.9.2.2, RFC 9112 s.9.3.1).</para>
/// </summary>
public sealed class UpstreamPool : IDisposable
{
    private static readonly TimeSpan PruneEvery = TimeSpan.FromSeconds(5);

    private readonly IdleConnections _idle;
    private readonly Dialer _dialer;
    private readonly UpstreamOptions _options;
    private readonly Deadlines _deadlines;
    private readonly ITimer _pruning;

    public UpstreamPool(Dialer dialer, UpstreamOptions options, TimeProvider time)
    {
        _dialer = dialer;
        _options = options;
        _deadlines = new Deadlines(time);
        _idle = new IdleConnections(options.IdlePerUpstream);
        _pruning = time.CreateTimer(static pool => ((UpstreamPool)pool!)._idle.Prune(), this, PruneEvery, PruneEvery);
    }

    /// <summary>Open connections, idle ones included.</summary>
    public int Connections => _deadlines.Count;

    /// <summary>Sends the request and reads the answer's head. Never throws for what the network or the peer does:
    /// <see cref="UpstreamReply.Error"/> says it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<UpstreamReply> AskAsync(UpstreamRequest request)
    {
        AddFraming(request);
        if (TakeIdle(request) is { } kept)
        {
            var reply = new UpstreamReply(this, kept, request, _options);
            await reply.ReadHeadAsync();
            if (reply.Error != ForwardError.Terminated || reply.Answered || !MayRepeat(request))
                return reply;
            await reply.DisposeAsync();
        }
        var (dialled, error, detail) = await ConnectAsync(request);
        if (dialled is null)
            return UpstreamReply.Failed(error, detail);
        var answer = new UpstreamReply(this, dialled, request, _options);
        await answer.ReadHeadAsync();
        return answer;
    }

    public void Dispose()
    {
        _pruning.Dispose();
        _deadlines.Dispose();
        foreach (var connection in _deadlines.Snapshot())
            ((UpstreamConnection)connection).CutOff(Cut.TimedOut);
        _idle.Prune();
    }

    private static bool MayRepeat(UpstreamRequest request) =>
        Methods.IsIdempotent(request.Method) && request.Body is null or { Length: 0 } && !request.Aborted.IsCancellationRequested;

    /// <summary>RFC 9112 s.6: the framing of what we send is ours.</summary>
    private static void AddFraming(UpstreamRequest request)
    {
        var fields = request.Fields;
        if (request.Body is { Length: { } length })
            fields.Set(FieldNames.ContentLength, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        else if (request.Body is not null)
            fields.Set(FieldNames.TransferEncoding, "chunked");
        if (request.Upgrade is { } upgrade)
        {
            fields.Set(FieldNames.Connection, "Upgrade");
            fields.Set(FieldNames.Upgrade, upgrade);
        }
        else if (request.TakesTrailers)
        {
            fields.Set(FieldNames.Connection, "TE");
            fields.Set(FieldNames.TE, "trailers");
        }
    }

    private UpstreamConnection? TakeIdle(UpstreamRequest request)
    {
        while (_idle.Take(request.To) is { } connection)
        {
            // The address was admitted when it was dialled, but perhaps by other rules.
            if (connection.Allow(_options.Response) && !connection.IsDead(surely: !MayRepeat(request)) && request.Addresses.Admits(connection.Remote))
                return connection;
            connection.Dispose();
        }
        return null;
    }

    internal void Keep(UpstreamConnection connection)
    {
        connection.ReleaseBuffer();
        if (!connection.Allow(_options.KeepAlive) || !_idle.Put(connection))
            connection.Dispose();
    }

    private async ValueTask<(UpstreamConnection?, ForwardError, string?)> ConnectAsync(UpstreamRequest request)
    {
        DialResult dial;
        try
        {
            dial = await _dialer.DialAsync(request.To.At, request.Addresses, _options.Connect, request.Aborted);
        }
        catch (OperationCanceledException)
        {
            return (null, ForwardError.ClientLeft, null);
        }
        if (dial.Socket is not { } socket)
            return (null, ForwardErrors.Of(dial.Error), request.To.ToString());
        if (!request.To.Tls)
            return (new UpstreamConnection(request.To, socket, null, dial.Remote!, _deadlines), ForwardError.None, null);
        var tls = new SslStream(new SocketStream(socket));
        using var limit = new CancellationTokenSource(_options.Connect, _deadlines.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, request.Aborted);
        await using var giveUp = either.Token.UnsafeRegister(static s => ((TcpSocket)s!).Dispose(), socket);
        var certificateFaults = SslPolicyErrors.None;
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = request.To.At.Host,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
                RemoteCertificateValidationCallback = (_, _, _, faults) => (certificateFaults = faults) == SslPolicyErrors.None,
            }, either.Token);
            return (new UpstreamConnection(request.To, socket, tls, dial.Remote!, _deadlines), ForwardError.None, null);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await tls.DisposeAsync();
            socket.Dispose();
            return (null, e switch
            {
                _ when either.IsCancellationRequested => request.Aborted.IsCancellationRequested ? ForwardError.ClientLeft : ForwardError.ConnectTimedOut,
                _ when certificateFaults != SslPolicyErrors.None => ForwardError.CertificateRejected,
                AuthenticationException => ForwardError.TlsFailed,
                _ => ForwardError.Terminated,
            }, e.Message);
        }
    }
}
