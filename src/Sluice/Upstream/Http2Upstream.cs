// One upstream that HTTP/2 is spoken to: the platform's SocketsHttpHandler over connections that we make.
//
// Strategy: the handler opens, shares and closes connections, frames, compresses fields and keeps the windows. Dialling and TLS are ours, so that
// address rules, server name, trust and limits are those of HTTP/1.1; what a browser would like is off: redirects, cookies, proxies,
// decompression, tracing fields.
// Facts: it asks once more by itself only where the upstream has said that it did not process the request (GOAWAY, REFUSED_STREAM: RFC 9113
// s.8.7). It drops interim answers and has no request trailers (docs/decisions/0009-http2-to-origins.md).
using System.Net;
using System.Net.Security;
using System.Text;
using Sluice.Net;

namespace Sluice.Upstream;

internal sealed class Http2Upstream : IDisposable
{
    /// <summary>As long a connection in use may bring nothing before it is asked for a sign of life: else new requests would go to
    /// one whose path has broken until TCP gives up, a quarter of an hour later. Not oftener: gRPC's servers take that for abuse.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan SignOfLife = TimeSpan.FromSeconds(20);

    private static readonly HttpRequestOptionsKey<UpstreamRequest> Asker = new("sluice.request");

    private readonly Destination _to;
    private readonly AddressRules _rules;
    private readonly UpstreamDialer _dialer;
    private readonly UpstreamTable _table;
    private readonly HttpMessageInvoker _handler;
    private volatile IPEndPoint? _remote;

    public Http2Upstream(Destination to, AddressRules rules, UpstreamDialer dialer, UpstreamTable table, UpstreamOptions options)
    {
        _to = to;
        _rules = rules;
        _dialer = dialer;
        _table = table;
        _handler = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = (options.MaxHeadBytes + 1023) / 1024,
            PooledConnectionIdleTimeout = options.KeepAlive,
            KeepAlivePingDelay = Quiet,
            KeepAlivePingTimeout = SignOfLife,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = ConnectAsync,
        });
        Origin = $"{(to.Tls ? "https" : "http")}://{to.At}";
    }

    /// <summary>Scheme and authority.</summary>
    public string Origin { get; }

    public UpstreamCounts Counts => _table.Of(_to, _rules);

    /// <summary>Of the connection that was made last.</summary>
    public IPEndPoint? Remote => _remote;

    /// <param name="message">Of the request, which is told when a connection is dialled for it.</param>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage message, UpstreamRequest request, CancellationToken cancellation)
    {
        message.Options.Set(Asker, request);
        return _handler.SendAsync(message, cancellation);
    }

    public void Dispose() => _handler.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var dialled = await _dialer.DialAsync(_to, _rules, cancellation);
        if (context.InitialRequestMessage.Options.TryGetValue(Asker, out var asker))
            asker.Dial = dialled.When;
        var (socket, tls, remote, error, detail) = dialled;
        cancellation.ThrowIfCancellationRequested();
        if (socket is null)
            throw new NotConnected(error, detail);
        _remote = remote;
        if (tls is null)
        {
            var counts = Connected(dialled.Took);
            return new SocketStream(socket, owns: true) { Closed = counts.Closed };
        }
        if (tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2)
        {
            tls.Closed = Connected(dialled.Took).Closed;
            return tls;
        }
        await tls.DisposeAsync();
        throw new NotConnected(ForwardError.TlsFailed, "the server does not speak HTTP/2");
    }

    private UpstreamCounts Connected(TimeSpan took)
    {
        var counts = Counts;
        counts.Connected(took);
        return counts;
    }
}

/// <summary>Carries through the library why there is no connection.</summary>
internal sealed class NotConnected(ForwardError error, string? detail) : IOException(detail)
{
    public ForwardError Error => error;
}
