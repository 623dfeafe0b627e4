using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Sluice.Dashboard.Pages;

/// <summary>What is open: tunnels and relays, how fast they are, and a button that closes them.</summary>
internal static class TunnelsPage
{
    private const string Path = "/tunnels";
    private const int Most = 200;

    private static readonly Column[] Columns = [new("Target", "main"), new("Client"), new("Open for", "n"), new("Up", "n"), new("Down", "n"), new("Rate up", "n"), new("Rate down", "n"), new("Close", "act")];

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get(Path, context => site.Page(context, "Tunnels and relays", Body(site, context), refresh: 2));
        app.Post(Path + "/close", (_, form) => site.TryAsync(Path, () =>
        {
            var closed = long.TryParse(form["number"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && site.Administered.CloseTunnel(number);
            return Task.FromResult(closed ? $"{form["target"]} is closed." : "It had ended before.");
        }));
    }

    private static Html Body(Site site, HttpContext context)
    {
        var open = TunnelReport.Of(site.Administered).Tunnels.OrderByDescending(tunnel => tunnel.UpPerSecond + tunnel.DownPerSecond).ThenBy(tunnel => tunnel.Since).ToList();
        return Html.Of($"""
            <section id="tunnels" data-live>
            <dl class="figures">
            <div><dt>Open</dt><dd>{Figures.Count(open.Count)}</dd></div>
            <div><dt>Up</dt><dd>{Figures.Bytes(open.Sum(tunnel => tunnel.UpPerSecond))}/s</dd></div>
            <div><dt>Down</dt><dd>{Figures.Bytes(open.Sum(tunnel => tunnel.DownPerSecond))}/s</dd></div>
            </dl>
            {Table.Of("Open tunnels and relays", Columns, open.Take(Most).Select(tunnel => RowOf(site, context, tunnel)), Html.Of($"No tunnel and no relay is open."))}
            {(open.Count > Most ? Html.Of($"<p class=\"faint\">The {Most} that carry the most.</p>") : Html.Empty)}
            </section>
            """);
    }

    private static Row RowOf(Site site, HttpContext context, TunnelFacts tunnel) => new($"{tunnel.Number}",
        Html.Of($"<span class=\"wrap\">{tunnel.Target}</span><div class=\"faint wrap\">{tunnel.Kind} at {tunnel.Listener}</div>"),
        tunnel.User is { } user ? Html.Of($"<span class=\"wrap\">{user}</span> <span class=\"faint\">{tunnel.Client}</span>") : Html.Of($"{tunnel.Client}"),
        Html.Of($"{Figures.Span(site.Now - tunnel.Since)}"),
        Html.Of($"{Figures.Bytes(tunnel.BytesUp)}"), Html.Of($"{Figures.Bytes(tunnel.BytesDown)}"),
        Rate(tunnel.UpPerSecond), Rate(tunnel.DownPerSecond),
        Layout.Button(context, Path + "/close", "Close", $"Close {tunnel.Target} of {tunnel.Client}", ("number", $"{tunnel.Number}"), ("target", tunnel.Target)));

    private static Html Rate(long bytes) => bytes == 0 ? Html.Of($"<span class=\"faint\">–</span>") : Html.Of($"{Figures.Bytes(bytes)}/s");
}
