using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>How it goes: what passes, how fast, what the cache saves, what is refused, and what somebody should look at.</summary>
internal static class OverviewPage
{
    private const int Seconds = 300;
    private const int Top = 8;

    private static readonly RecordFilter NoRecord = RecordFilter.All with { Until = DateTimeOffset.MinValue };

    private static readonly Column[] NameColumns = [new("Name", "main"), new("Exchanges", "n"), new("Bytes", "n"), new("Hits", "n"), new("Refused", "n")];
    private static readonly Column[] RuleColumns = [new("Rule", "main"), new("Exchanges", "n"), new("Refused", "n")];

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get("/", context => site.Page(context, "Overview", Body(site), refresh: 3, scripts: Html.Of($"""
            <link rel="stylesheet" href="{Assets.Url("uplot.css")}">
            <script defer src="{Assets.Url("uplot.js")}"></script>

            """)));
        // For the plots: each second as it ends, without the records.
        app.MapGet("/seconds", (HttpContext context) => EventStream.SendAsync(context, site.Administered.Traffic.Follow(NoRecord),
            next => next.Second is { } second ? ("second", JsonSerializer.Serialize(second, JsonSerializerOptions.Web)) : null));
    }

    private static Html Body(Site site)
    {
        var report = site.Administered.Traffic.Report(Seconds, Top);
        return Html.Of($"""
            <div id="alerts" data-live class="alerts">{Alerts(site)}</div>
            <section id="figures" data-live aria-label="Figures">{FiguresOf(site, report)}</section>
            <div class="plots">{Plots(report.Series)}</div>
            <div class="two tops">
            <section id="hosts" data-live><h2>Hosts</h2>{Table.Of("Hosts", NameColumns, report.Hosts.Select(Named), Html.Of($"Nothing has passed lately."))}</section>
            <section id="clients" data-live><h2>Clients</h2>{Table.Of("Clients", NameColumns, report.Clients.Select(Named), Html.Of($"Nobody has asked lately."))}</section>
            <section id="rules" data-live><h2>Rules</h2>{Table.Of("Rules", RuleColumns, report.Rules.Select(rule => new Row(rule.Rule, Html.Of($"<span class=\"wrap\">{rule.Rule}</span>"), Html.Of($"{Figures.Count(rule.Exchanges)}"), Html.Of($"{Figures.Count(rule.Denied)}"))), Html.Of($"No rule has decided lately."))}</section>
            </div>
            <p class="faint">Of the last five minutes; tops count whole minutes.</p>
            """);
    }

    private static Html FiguresOf(Site site, TrafficReport report)
    {
        var sums = report.Totals;
        return Html.Of($"""
            <dl class="figures">
            <div><dt>Exchanges</dt><dd>{Figures.Rate((double)sums.Exchanges / report.Seconds)}<small> /s</small></dd></div>
            <div><dt>Latency, median</dt><dd>{Figures.Milliseconds(sums.P50)}</dd></div>
            <div><dt>90th percentile</dt><dd>{Figures.Milliseconds(sums.P90)}</dd></div>
            <div><dt>99th percentile</dt><dd>{Figures.Milliseconds(sums.P99)}</dd></div>
            <div><dt>Cache hit ratio</dt><dd>{Figures.Percent(sums.Hits, sums.Lookups)}</dd></div>
            <div><dt>Saved by the cache</dt><dd>{Figures.Bytes(sums.SavedBytes)}</dd></div>
            <div><dt>To clients</dt><dd>{Figures.Bytes((double)sums.BytesDown / report.Seconds)}<small> /s</small></dd></div>
            <div><dt>From clients</dt><dd>{Figures.Bytes((double)sums.BytesUp / report.Seconds)}<small> /s</small></dd></div>
            <div><dt>Refused</dt><dd><a href="/blocked">{Figures.Count(sums.Denied)}</a></dd></div>
            <div><dt>Failed</dt><dd><a href="/traffic?error=any">{Figures.Count(sums.Failed)}</a></dd></div>
            <div><dt>Open tunnels</dt><dd><a href="/tunnels">{Figures.Count(site.Administered.Tunnels().Count)}</a></dd></div>
            <div><dt>Configuration</dt><dd><a href="/configuration"><small>generation</small> {site.Administered.Configuration().Generation}</a></dd></div>
            </dl>
            """);
    }

    private static IEnumerable<Html> Plots(TrafficSeries series)
    {
        yield return new Plot("Exchanges a second", "count", Figures.Rate, series.Time, Count("exchanges", "all", series.Exchanges), Count("denied", "refused", series.Denied), Count("failed", "failed", series.Failed)).Show();
        yield return new Plot("Latency", "milliseconds", value => Figures.Milliseconds(value), series.Time, new Line("p50", "median", series.P50), new Line("p90", "90 %", series.P90), new Line("p99", "99 %", series.P99)).Show();
        yield return new Plot("Cache hit ratio", "percent", value => Figures.Percent(value, 100), series.Time,
            new Line("ratio", "hits of lookups", [.. series.Hits.Zip(series.Lookups, (hits, lookups) => lookups == 0 ? (double?)null : 100.0 * hits / lookups)])).Show();
        yield return new Plot("Bytes a second", "bytes", Figures.Bytes, series.Time, Count("bytesDown", "to clients", series.BytesDown), Count("bytesUp", "from clients", series.BytesUp), Count("savedBytes", "saved", series.SavedBytes)).Show();
    }

    private static Line Count(string name, string label, IReadOnlyList<long> values) => new(name, label, [.. values.Select(value => (double?)value)]);

    private static Row Named(NamedTraffic named) => new(named.Name, Html.Of($"<span class=\"wrap\">{named.Name}</span>"), Html.Of($"{Figures.Count(named.Exchanges)}"), Html.Of($"{Figures.Bytes(named.Bytes)}"),
        Html.Of($"{Figures.Count(named.Hits)}"), Html.Of($"{Figures.Count(named.Denied)}"));

    /// <summary>What somebody should look at.</summary>
    private static IEnumerable<Html> Alerts(Site site)
    {
        var readiness = Health.Readiness(site.Administered);
        foreach (var reason in readiness.Reasons)
            yield return Layout.Box("bad", Html.Of($"<p>{Sentence(reason)}</p>"));
        foreach (var warning in readiness.Warnings)
            yield return Layout.Box("warn", Html.Of($"<p>{Sentence(warning)}</p>"));
    }

    private static string Sentence(string text) => text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}{(text.EndsWith('.') ? "" : ".")}";
}
