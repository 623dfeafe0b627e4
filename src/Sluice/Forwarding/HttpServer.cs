using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>
/// Kestrel, set as a proxy needs it, on our transport, in front of <see cref="HttpProxy"/>. No host, no middleware, no
/// HttpContext: the server calls <see cref="Application"/>, which makes an exchange of each request and writes its record.
/// </summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private static readonly TimeSpan OneLook = TimeSpan.FromSeconds(1.5);

    private readonly WebApplication _app;
    private readonly IServer _server;
    private readonly LimitOptions _limits;
    private readonly IDisposable _refusals;

    private HttpServer(WebApplication app, IDisposable refusals, LimitOptions limits)
    {
        _app = app;
        _server = app.Services.GetRequiredService<IServer>();
        _refusals = refusals;
        _limits = limits;
    }

    /// <param name="listeners">Gates with their sockets, already bound.</param>
    public static async Task<HttpServer> StartAsync(
        IReadOnlyList<(ListenerGate Gate, SocketListener Socket)> listeners, HttpProxy proxy, LimitOptions limits,
        Action<ExchangeRecord> write, ILoggerFactory loggers, TimeProvider time)
    {
        // Without it a bare LF ends a line (RFC 9112 s.2.2 allows that; smuggling lives on it).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var sockets = listeners.ToDictionary(l => l.Socket.EndPoint, l => l.Socket);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IConnectionListenerFactory>(new SocketTransport(loggers, time, endpoint => sockets[endpoint]));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options =>
        {
            Set(options, limits);
            foreach (var (gate, socket) in listeners)
                options.Listen(socket.EndPoint, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(next => ClientConnection.Before(next, gate, limits));
                });
        });
        var app = builder.Build();
        var refusals = RefusedRequests.Watch(app.Services.GetRequiredService<DiagnosticListener>(), write, time);
        var server = new HttpServer(app, refusals, limits);
        await server._server.StartAsync(new Application(proxy, write, loggers, time), CancellationToken.None);
        return server;
    }

    /// <summary>Accepts no more, lets open exchanges end for the drain time, then breaks them off.</summary>
    public async ValueTask DisposeAsync()
    {
        using var drain = new CancellationTokenSource(_limits.Drain);
        await _server.StopAsync(drain.Token);
        _refusals.Dispose();
        await _app.DisposeAsync();
    }

    private static void Set(KestrelServerOptions options, LimitOptions limits)
    {
        options.AddServerHeader = false;
        // RFC 9112 s.3.2.2: the target's authority wins.
        options.AllowHostHeaderOverride = true;
        options.AllowSynchronousIO = false;
        // Field values are octets: obs-text passes unchanged.
        options.RequestHeaderEncodingSelector = static name =>
            FieldList.SameName(name, FieldNames.Connection) ? ConnectionFieldEncoding.Instance : Encoding.Latin1;
        options.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        var kestrel = options.Limits;
        kestrel.MaxRequestBodySize = limits.MaxBodyBytes;
        kestrel.MinRequestBodyDataRate = null;
        // A client that takes nothing for so long is gone; as nginx's send_timeout.
        // Kestrel looks once a second and wants more than that.
        kestrel.MinResponseDataRate = new MinDataRate(240, limits.Body > OneLook ? limits.Body : OneLook);
        kestrel.KeepAliveTimeout = limits.KeepAlive;
        kestrel.RequestHeadersTimeout = limits.Head;
        kestrel.MaxRequestLineSize = limits.MaxRequestLineBytes;
        kestrel.MaxRequestHeadersTotalSize = limits.MaxHeadBytes;
        // Ours is checked, and recorded, by RequestCheck.
        kestrel.MaxRequestHeaderCount = limits.MaxFields + 1;
        kestrel.MaxRequestBufferSize = null;
        kestrel.MaxResponseBufferSize = null;
    }

    private sealed class Application(HttpProxy proxy, Action<ExchangeRecord> write, ILoggerFactory loggers, TimeProvider time)
        : IHttpApplication<Exchange>
    {
        private readonly ILogger _log = loggers.CreateLogger("Sluice.Http");

        public Exchange CreateContext(IFeatureCollection features)
        {
            var x = new Exchange(features, time);
            x.Client.Current = x;
            return x;
        }

        public async Task ProcessRequestAsync(Exchange context)
        {
            try
            {
                await proxy.ServeAsync(context);
            }
            catch (Exception bug)
            {
                ForwardingLog.ExchangeFailed(_log, context.Record.Number, bug);
                context.Record.Error = "proxy_internal_error";
                context.Record.ErrorDetail = bug.Message;
                if (!context.Answer.HasStarted)
                    context.Record.Status = 500;
                throw;
            }
            finally
            {
                context.MarkEnd();
                write(context.Record);
            }
        }

        public void DisposeContext(Exchange context, Exception? exception) => context.Client.Current = null;
    }
}
