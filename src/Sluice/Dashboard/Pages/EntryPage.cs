using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Cache;

namespace Sluice.Dashboard.Pages;

/// <summary>What is held for one URL, what a request would get now, and the arithmetic of its age.</summary>
internal static class EntryPage
{
    private static readonly Column[] FieldColumns = [new("Field", "main"), new("Value")];

    public static string Link(HeldEntry entry) => $"/cache/entry?url={Uri.EscapeDataString(entry.Url)}&route={Uri.EscapeDataString(entry.Route)}";

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        var cache = new CacheEndpoints(site.Administered.Cache, site.Administered.Routes);
        app.Get("/cache/entry", async context =>
        {
            var given = context.Request.Query;
            var answer = await AnswerAsync(cache, given);
            return site.Page(context, "Cache entry", Html.Of($"""
                <form action="/cache/entry" class="fields">
                {Forms.Text(given, "url", "URL", "http://example.com/path", "wide", isRequired: true)}
                {Forms.Text(given, "field", "Field of the request", "Accept-Language: de", "wide")}
                <div class="do"><button class="first">Look</button></div>
                </form>
                {answer}
                """));
        });
    }

    private static async Task<Html> AnswerAsync(CacheEndpoints cache, IQueryCollection given)
    {
        if (Forms.Value(given, "url") is not { } url)
            return Html.Empty;
        try
        {
            var report = await cache.ShowAsync(url, given.ContainsKey("route") ? given["route"].ToString() : null, Forms.Value(given, "field") is { } field ? [field] : []);
            // Where nothing is held is told only where nothing is held at all.
            var shown = report.Routes.Where(route => route.Variants.Count > 0).ToList();
            return Html.Of($"{(shown.Count > 0 ? shown : report.Routes.Take(1)).Select(Route)}");
        }
        catch (AdminProblemException problem)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{problem.Message}</span>"));
        }
    }

    private static Html Route(HeldAnswers held) => Html.Of($"""
        <section>
        <div class="box {(held.Verdict.EndsWith("hit", StringComparison.Ordinal) ? "good" : "warn")}">
        <h2 class="wrap">{held.Url}</h2>
        <p>{(held.Route.Length == 0 ? Html.Empty : Html.Of($"From <strong>{held.Route}</strong>. "))}A request now: <strong>{held.Verdict}</strong>, {held.Reason}.{(held.Rule is null ? Html.Empty : Html.Of($" Shaped by the rule {held.Rule}."))}</p>
        </div>
        {held.Variants.Select(Variant)}
        </section>
        """);

    private static Html Variant(HeldVariant variant) => Html.Of($"""
        <article>
        <h2>{(variant.Selected ? "The answer that is selected" : "Another variant")}</h2>
        <dl class="inline">
        <div><dt>Status</dt><dd>{variant.Status}</dd></div>
        <div><dt>Size</dt><dd>{Figures.Bytes(variant.Bytes)}</dd></div>
        <div><dt>Tier</dt><dd>{variant.Tier}</dd></div>
        {variant.Vary.Select(field => Html.Of($"<div><dt>Varies by {field.Key}</dt><dd class=\"wrap\">{field.Value ?? "not sent"}</dd></div>"))}
        {(variant.Tags.Count == 0 ? Html.Empty : Html.Of($"<div><dt>Tags</dt><dd>{variant.Tags.Select(tag => Html.Of($"<span class=\"tag\">{tag}</span> "))}</dd></div>"))}
        {(variant.Validates ? Html.Of($"<div><dt>Invalidated</dt><dd>not served before the origin confirms it</dd></div>") : Html.Empty)}
        </dl>
        <h3>Freshness (RFC 9111 s.4.2)</h3>
        {Freshness(variant.Freshness)}
        <h3>Stored head</h3>
        {Table.Of("Fields of the stored head", FieldColumns, variant.Fields.Select((field, i) => new Row($"{i}", Html.Of($"<code>{field.Name}</code>"), Html.Of($"<span class=\"wrap\">{field.Value}</span>"))), Html.Empty)}
        </article>
        """);

    private static Html Freshness(HeldFreshness fresh) => Html.Of($"""
        <ul class="sums">
        <li>apparent age <b>{fresh.ApparentAge:0.###} s</b> = the head's arrival − Date, or 0</li>
        <li>corrected initial age <b>{fresh.CorrectedInitialAge:0.###} s</b> = the larger of that and Age {fresh.AgeValue:0.###} s + response delay {fresh.ResponseDelay:0.###} s</li>
        <li>current age <b>{fresh.CurrentAge:0.###} s</b> = that + {fresh.ResidentTime:0.###} s here</li>
        <li>lifetime <b>{fresh.Lifetime:0.###} s</b>, from {fresh.LifetimeFrom}</li>
        <li>{(fresh.FreshFor < 0 ? Html.Of($"stale for <b>{-fresh.FreshFor:0.###} s</b>") : Html.Of($"fresh for another <b>{fresh.FreshFor:0.###} s</b>"))}{Stale(fresh)}</li>
        </ul>
        """);

    private static Html Stale(HeldFreshness fresh) => fresh.ForbidsStale ? Html.Of($"; never served stale")
        : Html.Of($"{(fresh.StaleWhileRevalidate is { } refreshing ? $"; served stale for {refreshing} s while it is refreshed" : "")}{(fresh.StaleIfError is { } error ? $"; for {error} s where the origin fails" : "")}");
}
