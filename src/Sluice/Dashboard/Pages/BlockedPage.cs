using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>What was refused, why, and a button that lets it through from now on.</summary>
internal static class BlockedPage
{
    private const string Path = "/blocked";
    private const int Most = 200;

    private static readonly RecordFilter Denied = RecordFilter.All with { Verdict = "deny" };

    private static readonly Column[] Columns = [new("Last", "n"), new("Refused", "main"), new("Client"), new("Rule"), new("Why"), new("Times", "n"), new("Allow", "act")];

    public static void Map(IEndpointRouteBuilder app, Site site, AllowList allowList)
    {
        app.Get(Path, context => site.Page(context, "Blocked", Body(site, context), refresh: 3));
        app.Post(Path + "/allow", (context, form) => site.TryAsync(Path, () =>
        {
            var order = new AllowOrder(form["policy"], form["host"], form["rule"].ToString() is { Length: > 0 } rule ? rule : null);
            var allowed = allowList.Add(order, Access.Visitor.Of(context).Shown);
            return Task.FromResult(allowed.Added
                ? $"{order.Host} is allowed by a new line in {System.IO.Path.GetFileName(allowed.File)} (rule {allowed.Rule}); it holds within three seconds."
                : $"{System.IO.Path.GetFileName(allowed.File)} (rule {allowed.Rule}) names {order.Host} already.");
        }));
    }

    private static Html Body(Site site, HttpContext context)
    {
        var policies = site.Administered.Explainer().Listeners.ToDictionary(listener => listener.Name, listener => listener.Policy);
        // The same host refused to the same client by the same rule is one row.
        var rows = site.Administered.Traffic.Recent(Denied, Most)
            .GroupBy(record => (Host: record.Host ?? record.ShownUrl, Client: $"{record.Client?.Address}", record.User, record.Listener, record.Verdict.Rule, record.Verdict.List))
            .Select(same => RowOf(site, context, same.First(), same.Count(), policies.GetValueOrDefault(same.Key.Listener)));
        return Html.Of($"""
            <section id="blocked" data-live>
            {Table.Of("What was refused", Columns, rows, Html.Of($"Nothing has been refused lately."))}
            </section>
            <p class="faint">Of the last {Most} refusals. Allow writes the host into the list file of the first allow rule before the rule that refused it; the configuration stays as it is.</p>
            """);
    }

    private static Row RowOf(Site site, HttpContext context, ExchangeRecord record, int times, string? policy) => new($"{record.Host} {record.Client?.Address} {record.Verdict.Rule}",
        Figures.Clock(record.Time, site.Now),
        Html.Of($"<strong class=\"wrap\">{record.Host ?? RecordRows.Short(record.ShownUrl ?? "–")}</strong><div class=\"faint wrap\"><span class=\"method\">{record.Method ?? "RELAY"}</span> {RecordRows.Short(record.ShownUrl ?? "")}</div>"),
        RecordRows.Client(record),
        Html.Of($"{record.Verdict.Rule ?? "the default"}{Place(record.Verdict)}"),
        Html.Of($"<span class=\"wrap\">{record.Verdict.Reason}</span>"),
        Html.Of($"{Figures.Count(times)}"),
        policy is null || record.Host is not { } host ? Html.Empty
            : Layout.Button(context, Path + "/allow", "Allow", $"Allow {host} in policy {policy}", ("policy", policy), ("host", host), ("rule", RuleOf(site, policy, record.Verdict.Rule))));

    private static Html Place(Verdict verdict) =>
        verdict.List is { } list ? Html.Of($"<div class=\"faint place\">{System.IO.Path.GetFileName(list)}{(verdict.Line > 0 ? $":{verdict.Line}" : "")}</div>") : Html.Empty;

    /// <summary>What is no rule of the policy (connectPorts, login) is before all of them.</summary>
    private static string? RuleOf(Site site, string policy, string? rule) =>
        site.Administered.Policies().FirstOrDefault(known => known.Name == policy)?.Rules.Any(known => known.Id == rule) is true ? rule : null;
}
