using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Cache;

namespace Sluice.Dashboard.Pages;

/// <summary>What the cache holds and saves, a search in it, and purging.</summary>
internal static class CachePage
{
    private const string Path = "/cache";
    private const int Most = 100;

    private static readonly Column[] TierColumns = [new("Tier", "main"), new("Entries", "n"), new("Held", "n"), new("Capacity", "n"), new("Full", "n"), new("Evicted", "n"), new("Faults", "n")];

    private static readonly Column[] EntryColumns = [new("URL", "main"), new("Status", "n"), new("Type"), new("Size", "n"), new("Age", "n"), new("Fresh for", "n"), new("Tier"), new("Purge", "act")];

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        var cache = new CacheEndpoints(site.Administered.Cache, site.Administered.Routes);
        app.Get(Path, context => site.Page(context, "Cache", Body(site, cache, context), refresh: 5));
        app.Post(Path + "/purge", (_, form) => site.TryAsync(Path, () => PurgeAsync(cache, form)));
    }

    private static async Task<string> PurgeAsync(CacheEndpoints cache, IFormCollection form)
    {
        var (what, value, soft) = (form["what"].ToString(), form["value"].ToString().Trim(), form["soft"] == "true");
        if (value.Length == 0 && what != "all")
            throw CacheEndpoints.Wrong("Write what is to be purged.");
        var purged = await cache.PurgeAsync(what switch
        {
            "url" => new PurgeOrder { Url = value, Soft = soft, Route = form["route"].ToString() is { Length: > 0 } route ? route : null },
            "prefix" => new PurgeOrder { Prefix = value, Soft = soft },
            "host" => new PurgeOrder { Host = value, Soft = soft },
            "tag" => new PurgeOrder { Tag = value, Soft = soft },
            "all" => new PurgeOrder { All = true, Soft = soft },
            _ => throw CacheEndpoints.Wrong("Choose what the text is: a URL, a prefix, a host or a tag."),
        });
        var count = purged.Entries == 1 ? "One answer was" : $"{Figures.Count(purged.Entries)} answers were";
        return $"{count} {(soft ? "made stale" : "purged")}.";
    }

    private static Html Body(Site site, CacheEndpoints cache, HttpContext context)
    {
        var stats = CacheStats.Of(site.Administered.Cache);
        if (stats.Memory is null && stats.Disk is null)
            return Html.Of($"<p class=\"empty\">The cache is off (<code>cache.memory: 0</code>).</p>");
        return Html.Of($"""
            <section id="savings" data-live>
            <dl class="figures">
            <div><dt>Hit ratio</dt><dd>{Figures.Percent(stats.Hits, stats.Hits + stats.Misses + stats.Revalidations)}</dd></div>
            <div><dt>Hits</dt><dd>{Figures.Count(stats.Hits)}</dd></div>
            <div><dt>of them stale</dt><dd>{Figures.Count(stats.StaleHits)}</dd></div>
            <div><dt>Misses</dt><dd>{Figures.Count(stats.Misses)}</dd></div>
            <div><dt>Revalidated</dt><dd>{Figures.Count(stats.Revalidations)}</dd></div>
            <div><dt>Stored</dt><dd>{Figures.Count(stats.Stores)}</dd></div>
            </dl>
            {Table.Of("Tiers", TierColumns, [.. Tier("Memory", stats.Memory), .. Tier("Disk", stats.Disk)], Html.Empty)}
            {(stats.OpenBans == 0 ? Html.Empty : Html.Of($"<p class=\"faint\">{stats.OpenBans} {(stats.OpenBans == 1 ? "purge is" : "purges are")} still being swept through what is held.</p>"))}
            </section>
            {Browser(site, cache, context)}
            {PurgeForm(context)}
            """);
    }

    private static IEnumerable<Row> Tier(string name, TierStats? tier)
    {
        if (tier is not null)
            yield return new Row(name, Html.Of($"{name}"), Html.Of($"{Figures.Count(tier.Entries)}"), Html.Of($"{Figures.Bytes(tier.Bytes)}"), Html.Of($"{Figures.Bytes(tier.CapacityBytes)}"),
                Html.Of($"{Figures.Percent(tier.Bytes, tier.CapacityBytes)}"), Html.Of($"{Figures.Count(tier.Evictions)}"), Html.Of($"<span class=\"{(tier.Faults > 0 ? "fault" : "")}\">{Figures.Count(tier.Faults)}</span>"));
    }

    private static Html Browser(Site site, CacheEndpoints cache, HttpContext context)
    {
        var given = context.Request.Query;
        return Html.Of($"""
            <section>
            <h2>What is held</h2>
            <form action="{Path}" class="fields">
            {Forms.Text(given, "host", "Host", ".example.com")}
            {Forms.Text(given, "prefix", "URL begins with", "http://example.com/")}
            {Forms.Text(given, "tag", "Tag", "article-17")}
            <div class="do"><button>Search</button></div>
            </form>
            <div id="entries" data-live>{Entries(site, cache, context)}</div>
            </section>
            """);
    }

    private static Html Entries(Site site, CacheEndpoints cache, HttpContext context)
    {
        var given = context.Request.Query;
        try
        {
            var list = cache.List(Forms.Value(given, "host"), Forms.Value(given, "prefix"), Forms.Value(given, "tag"), null, Most);
            var more = list.More ? Html.Of($"<p class=\"faint\">The first {Most}; there are more: narrow the search.</p>") : Html.Empty;
            return Html.Of($"{Table.Of("Entries", EntryColumns, list.Entries.Select(entry => EntryRow(context, entry)), Html.Of($"Nothing that fits is held."))}{more}");
        }
        catch (AdminProblemException problem)
        {
            return Layout.Box("bad", Html.Of($"<span role=\"alert\">{problem.Message}</span>"));
        }
    }

    private static Row EntryRow(HttpContext context, HeldEntry entry) => new($"{entry.Route} {entry.Url} {entry.Tier} {entry.Type} {entry.Bytes}",
        Html.Of($"<a class=\"wrap\" href=\"{EntryPage.Link(entry)}\">{entry.Url}</a>{(entry.Route.Length > 0 ? Html.Of($" <span class=\"tag\">{entry.Route}</span>") : Html.Empty)}"),
        Html.Of($"{entry.Status}"),
        Html.Of($"{entry.Type?.Split(';')[0]}"),
        Html.Of($"{Figures.Bytes(entry.Bytes)}"),
        Html.Of($"{Figures.Span(TimeSpan.FromSeconds(entry.Age))}"),
        Fresh(entry),
        Html.Of($"{entry.Tier}"),
        Layout.Button(context, Path + "/purge", "Purge", $"Purge {entry.Url}", ("what", "url"), ("value", entry.Url), ("route", entry.Route)));

    private static Html Fresh(HeldEntry entry) =>
        entry.Validates ? Html.Of($"<span class=\"tag warn\">to be validated</span>")
        : entry.FreshFor < 0 ? Html.Of($"<span class=\"tag warn\">stale for {Figures.Span(TimeSpan.FromSeconds(-entry.FreshFor))}</span>")
        : Html.Of($"{Figures.Span(TimeSpan.FromSeconds(entry.FreshFor))}");

    private static Html PurgeForm(HttpContext context) => Html.Of($"""
        <section>
        <h2>Purge</h2>
        <form method="post" action="{Path}/purge" class="fields">
        {Layout.Token(context)}
        <label>What <select name="what"><option value="url">URL</option><option value="prefix">URL begins with</option><option value="host">Host</option><option value="tag">Tag</option><option value="all">All</option></select></label>
        <label class="wide">Which <input name="value" placeholder="http://example.com/news/1" autocapitalize="none" autocomplete="off" spellcheck="false"></label>
        <label class="check"><input type="checkbox" name="soft" value="true"> Softly: stale, but still there for when the origin fails</label>
        <div class="do"><button>Purge</button></div>
        </form>
        </section>
        """);
}
