using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sluice.Tests.Kit;

/// <summary>A real server of HTTP/2 alone, Kestrel, on a port of its own; without TLS, or with <see cref="TestCertificate"/>.</summary>
public sealed class Http2Origin : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _connections;

    private Http2Origin(RequestDelegate answer, bool tls)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection =>
                {
                    Interlocked.Increment(ref _connections);
                    return next(connection);
                });
                if (tls)
                    listen.UseHttps(TestCertificate.Localhost);
            });
        });
        if (tls)
            builder.WebHost.UseKestrelHttpsConfiguration();
        _app = builder.Build();
        _app.Run(answer);
    }

    public int Port { get; private set; }

    public int Connections => Volatile.Read(ref _connections);

    public static async Task<Http2Origin> StartAsync(RequestDelegate answer, bool tls = false)
    {
        var origin = new Http2Origin(answer, tls);
        await origin._app.StartAsync().Within();
        origin.Port = new Uri(origin._app.Urls.Single()).Port;
        return origin;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
