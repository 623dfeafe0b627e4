using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sluice.Dashboard;

/// <summary>
/// The admin API: HTTP and JSON on a Unix socket (docs/admin-api.md). Kestrel carries it (docs/decisions/0018): what it costs
/// per request matters to nobody here, and the proxy's own server has no notion of routes. It runs on the thread pool, apart
/// from the I/O threads of the traffic. Who may open the socket may do all that it offers: its mode is the permission.
/// </summary>
public sealed class AdminApi : IAsyncDisposable
{
    private const int MaxConnections = 64;

    private readonly WebApplication _application;
    private readonly string _socket;

    private AdminApi(WebApplication application, string socket) => (_application, _socket) = (application, socket);

    /// <summary>Null where it is not configured.</summary>
    /// <exception cref="AdminSocketException">The socket cannot be made.</exception>
    public static async Task<AdminApi?> StartAsync(AdminOptions options, Administered administered, ILoggerFactory loggers)
    {
        if (options.Socket is not { } path)
            return null;
        var socket = AdminSocket.Bind(path);
        var builder = ThinHost.Builder(loggers, kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.ListenUnixSocket(path);
        });
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => socket);
        var application = builder.Build();
        application.Use(Problems.CatchAsync(loggers.CreateLogger("Sluice.Admin")));
        Map(application, administered);
        await application.StartAsync();
        return new AdminApi(application, path);
    }

    /// <summary>All that it offers, on whatever listener the application has.</summary>
    internal static void Map(IEndpointRouteBuilder application, Administered administered)
    {
        CacheEndpoints.Map(application, administered.Cache, administered.Routes);
        PolicyEndpoints.Map(application, administered);
        ConfigurationEndpoints.Map(application, administered);
        CaptureEndpoints.Map(application, administered.Captures);
        TrafficEndpoints.Map(application, administered);
        ConnectionEndpoints.Map(application, administered);
        HealthEndpoints.Map(application, administered);
        HistoryEndpoint.Map(application, administered);
        if (administered.Metrics is { } metrics)
            application.MapPrometheusScrapingEndpoint("/metrics", metrics, configureBranchedPipeline: null, optionsName: null);
    }

    public async ValueTask DisposeAsync()
    {
        // First the name: who starts in our place makes a new one, and that is not ours to remove.
        File.Delete(_socket);
        await ThinHost.EndAsync(_application);
    }
}
