using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Forwarding;
using Sluice.Policy;

namespace Sluice.Dashboard.Pages;

/// <summary>The lists that rules name, and how often each rule has matched.</summary>
internal static class ListsPage
{
    private const string Path = "/lists";

    private static readonly Column[] ListColumns =
        [new("List", "main"), new("Format"), new("Entries", "n"), new("Hits", "n"), new("Changed", "n"), new("Next update", "n"), new("Memory", "n"), new("Update", "act")];

    private static readonly Column[] RuleColumns = [new("Rule", "main"), new("Policy"), new("Hits", "n"), new("Last hit", "n")];

    public static void Map(IEndpointRouteBuilder app, Site site)
    {
        app.Get(Path, context => site.Page(context, "Lists and rules", Body(site, context), refresh: 5));
        app.Post(Path + "/update", (_, form) => site.TryAsync(Path, () =>
        {
            var begun = site.Administered.Lists().Ask(form["url"].ToString() is { Length: > 0 } url ? url : null).Count;
            return begun == 0 ? throw CacheEndpoints.Wrong("No rule names a list behind that URL.")
                : Task.FromResult($"{(begun == 1 ? "One list is" : $"{begun} lists are")} being asked for: the table tells what comes of it.");
        }));
    }

    private static Html Body(Site site, HttpContext context)
    {
        var subscribed = site.Administered.Lists().States.ToDictionary(state => state.Path);
        var lists = site.Administered.Censor().Lists().OrderBy(list => NameOf(list, subscribed.GetValueOrDefault(list.Path)), StringComparer.Ordinal).ToList();
        return Html.Of($"""
            <section id="lists" data-live>
            <div class="head"><h2>Lists</h2>{(subscribed.Count > 0 ? Layout.Button(context, Path + "/update", "Update all", "Update all lists") : Html.Empty)}</div>
            {Table.Of("Lists", ListColumns, lists.Select(list => ListRow(site, context, list, subscribed.GetValueOrDefault(list.Path))), Html.Of($"No rule names a list."))}
            </section>
            <section id="rules" data-live>
            <h2>Rules</h2>
            {Table.Of("Rules", RuleColumns, site.Administered.Censor().Hits().Select(rule => RuleRow(site, rule)), Html.Of($"There are no rules: everything passes."))}
            </section>
            """);
    }

    private static string NameOf(ListState list, SubscriptionState? subscription) => subscription?.Url ?? System.IO.Path.GetFileName(list.Path);

    private static Row ListRow(Site site, HttpContext context, ListState list, SubscriptionState? subscription)
    {
        var name = NameOf(list, subscription);
        return new Row(list.Path,
            Html.Of($"<span class=\"wrap\" title=\"{list.Path}\">{name}</span>{Faults(list, subscription)}"),
            Html.Of($"{list.Format.ToString().ToLowerInvariant()}"),
            Html.Of($"{Figures.Count(list.Entries)}"),
            Html.Of($"{Figures.Count(list.Hits)}"),
            Figures.When(subscription?.Changed ?? list.Written, site.Now),
            subscription is null ? Html.Empty : subscription.Progress is { } progress ? Html.Of($"{Progress(progress)}") : Figures.When(subscription.Next, site.Now, "now"),
            Html.Of($"{Figures.Bytes(list.RetainedBytes)}"),
            subscription is null ? Html.Empty : Layout.Button(context, Path + "/update", "Update", $"Update {name}", ("url", subscription.Url)));
    }

    private static string Progress(DownloadProgress progress) =>
        progress.Total is { } total and > 0 ? $"{Figures.Percent(progress.Bytes, total)} of {Figures.Bytes(total)}" : $"{Figures.Bytes(progress.Bytes)} so far";

    private static Html Faults(ListState list, SubscriptionState? subscription)
    {
        var unread = list.UnreadLines == 0 ? Html.Empty : Html.Of($"""
            <details><summary><span class="tag warn">{Figures.Count(list.UnreadLines)} {(list.UnreadLines == 1 ? "line" : "lines")} not understood</span></summary>
            <ul class="lines">{list.Unread.Take(20).Select(line => Html.Of($"<li><code>{System.IO.Path.GetFileName(line.Where)}</code> {line.Text}</li>"))}</ul></details>
            """);
        return subscription?.Error is { } error ? Html.Of($"<p class=\"fault\">{error}.</p>{unread}") : unread;
    }

    private static Row RuleRow(Site site, RuleHits rule) => new($"{rule.Policy} {rule.Rule}",
        Html.Of($"{rule.Rule}"), Html.Of($"{rule.Policy}"), Html.Of($"{Figures.Count(rule.Hits)}"), Figures.When(rule.LastHit, site.Now));
}
