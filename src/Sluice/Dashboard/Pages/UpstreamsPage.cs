using Microsoft.AspNetCore.Routing;
using Sluice.Upstream;

namespace Sluice.Dashboard.Pages;

/// <summary>How those fare to whom requests are sent.</summary>
internal static class UpstreamsPage
{
    private static readonly Column[] Columns =
        [new("Upstream", "main"), new("Health"), new("Open", "n"), new("Idle", "n"), new("Waiting", "n"), new("Requests", "n"), new("Connects", "n"), new("Failures", "n"), new("Last connect", "n")];

    public static void Map(IEndpointRouteBuilder app, Site site) => app.Get("/upstreams", context =>
        site.Page(context, "Upstreams", Html.Of($"""
            <section id="upstreams" data-live>
            {Table.Of("Upstreams", Columns, site.Administered.Upstreams().OrderByDescending(IsFailing).ThenByDescending(upstream => upstream.LastConnect).Select(upstream => RowOf(site, upstream)), Html.Of($"Nothing has been asked upstream yet."))}
            </section>
            """), refresh: 3));

    /// <summary>Its last try to connect came to nothing.</summary>
    public static bool IsFailing(UpstreamState upstream) => upstream.LastErrorAt is { } failed && !(upstream.LastConnect > failed);

    private static Row RowOf(Site site, UpstreamState upstream) => new(upstream.Name,
        Html.Of($"<span class=\"wrap\">{upstream.Name}</span>"),
        Health(site, upstream),
        Html.Of($"{Figures.Count(upstream.Open)}"), Html.Of($"{Figures.Count(upstream.Idle)}"), Html.Of($"{Figures.Count(upstream.Waiting)}"),
        Html.Of($"{Figures.Count(upstream.Requests)}"), Html.Of($"{Figures.Count(upstream.Connects)}"),
        Html.Of($"{Figures.Count(upstream.Failures)}"), Figures.When(upstream.LastConnect, site.Now));

    private static Html Health(Site site, UpstreamState upstream) =>
        IsFailing(upstream) ? Html.Of($"<span class=\"tag bad\">failing</span> <span class=\"fault\">{upstream.LastError?.Replace('_', ' ')} {Figures.When(upstream.LastErrorAt, site.Now)}</span>")
        : upstream.LastError is { } error ? Html.Of($"<span class=\"tag good\">good</span> <span class=\"faint\">{error.Replace('_', ' ')} {Figures.When(upstream.LastErrorAt, site.Now)}</span>")
        : Html.Of($"<span class=\"tag good\">good</span>");
}
