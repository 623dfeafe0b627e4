using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Sluice.Dashboard;

/// <summary>Kestrel with routing and nothing else: no settings from files and environment, no log of its own, no hold on signals.</summary>
internal static class ThinHost
{
    /// <summary>More than any request of ours needs.</summary>
    private const int MaxBodyBytes = 64 << 10;

    /// <summary>A URL may come up to 8 KiB long (<c>limits.maxRequestLine</c>) and grows when it is escaped.</summary>
    private const int MaxRequestLineBytes = 64 << 10;

    /// <summary>For answers under way: streams end at once, and others soon, but on a machine that has much to do.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static WebApplicationBuilder Builder(ILoggerFactory loggers, Action<KestrelServerOptions> listen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, Unattended>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;
            listen(kestrel);
        });
        return builder;
    }

    public static async Task EndAsync(WebApplication application)
    {
        using var patience = new CancellationTokenSource(Patience);
        await application.StopAsync(patience.Token);
        await application.DisposeAsync();
    }

    /// <summary>The program starts and stops it.</summary>
    private sealed class Unattended : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
