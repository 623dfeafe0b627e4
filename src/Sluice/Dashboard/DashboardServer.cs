using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Dashboard.Access;
using Sluice.Dashboard.Pages;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>
/// The dashboard: pages (docs/dashboard.md) and the admin API on a TCP listener of its own, behind a <see cref="Door"/>. Kestrel carries it, on the thread pool, as it does the admin API.
/// </summary>
public sealed class DashboardServer : IAsyncDisposable
{
    private const int MaxConnections = 256;

    private static readonly TimeSpan HeadPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(60);

    private readonly WebApplication _application;

    private DashboardServer(WebApplication application) => _application = application;

    /// <summary>Where it really is.</summary>
    public IPEndPoint EndPoint
    {
        get
        {
            var address = new Uri(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
            return new IPEndPoint(IPAddress.Parse(address.IdnHost), address.Port);
        }
    }

    /// <summary>Null where it is not configured.</summary>
    /// <param name="options">As they are now; where it listens is taken once.</param>
    /// <param name="authenticator">Knows the admins' passwords.</param>
    /// <exception cref="AddressInUseException">Another socket listens there.</exception>
    public static async Task<DashboardServer?> StartAsync(Func<DashboardOptions> options, Administered administered, Authenticator authenticator, ILoggerFactory loggers)
    {
        if (options().Bind is not { } bind)
            return null;
        var log = loggers.CreateLogger("Sluice.Dashboard");
        var sessions = new Sessions(administered.Time);
        var door = new Door(options, sessions);
        var site = new Site(administered, authenticator, door, sessions);
        var application = ThinHost.Builder(loggers, kestrel =>
        {
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = HeadPatience;
            kestrel.Limits.KeepAliveTimeout = KeepAlive;
            kestrel.Listen(bind, listener => listener.Protocols = HttpProtocols.Http1);
        }).Build();
        application.Use(Problems.CatchAsync(log, site.WriteAsync));
        application.Use(door.PassAsync);
        application.UseRouting();
        AdminApi.Map(application, administered);
        SiteMap.Map(application, site, new AllowList(administered, log));
        try
        {
            await application.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException inUse)
        {
            await application.DisposeAsync();
            throw new AddressInUseException($"{bind} for the dashboard: {inUse.Message}", inUse);
        }
        return new DashboardServer(application);
    }

    public async ValueTask DisposeAsync() => await ThinHost.EndAsync(_application);
}
