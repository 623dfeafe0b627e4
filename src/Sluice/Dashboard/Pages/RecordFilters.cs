using Microsoft.AspNetCore.Http;
using Sluice.Records;

namespace Sluice.Dashboard.Pages;

/// <summary>The conditions on records as a form.</summary>
internal static class RecordFilters
{
    private static readonly string[] Further = ["url", "user", "method", "kind", "listener", "rule", "error"];
    private static readonly string[] Verdicts = ["", "allow", "deny", "report"];
    private static readonly string[] CacheUses = ["", .. Enum.GetNames<CacheUse>().Select(name => name.ToLowerInvariant())];
    private static readonly string[] Kinds = ["", .. Enum.GetNames<RecordKind>().Select(name => name.ToLowerInvariant())];

    /// <exception cref="AdminProblemException">A condition is written wrongly.</exception>
    public static RecordFilter Of(IQueryCollection given, DateTimeOffset now)
    {
        var filter = RecordFilter.All;
        foreach (var name in RecordFilter.Names)
            if (Forms.Value(given, name) is { } value && RecordFilter.TryAdd(ref filter, name, value, now) is { } wrong)
                throw CacheEndpoints.Wrong(wrong);
        return filter;
    }

    /// <param name="times">With the conditions on time: where it is about what was.</param>
    public static Html Form(IQueryCollection given, string path, bool times) => Html.Of($"""
        <form action="{path}" class="fields">
        {(times ? Html.Of($"{Forms.Text(given, "since", "Since", "15m, or 2026-03-01T08:00:00Z")}{Forms.Text(given, "until", "Until", "now")}") : Html.Empty)}
        {Forms.Text(given, "host", "Host", ".example.com")}
        {Forms.Text(given, "client", "Client", "10.0.0.7, 10.0.0.0/8")}
        {Forms.Text(given, "status", "Status", "404, 4xx, 400-499")}
        {Forms.Choice(given, "verdict", "Verdict", Verdicts)}
        {Forms.Choice(given, "cache", "Cache", CacheUses)}
        <details class="more"{(MoreIsAsked(given) ? Html.Of($" open") : Html.Empty)}><summary>More conditions</summary><div class="fields">
        {Forms.Text(given, "url", "URL contains", "/news/")}
        {Forms.Text(given, "user", "User", "anna")}
        {Forms.Text(given, "method", "Method", "POST")}
        {Forms.Choice(given, "kind", "Kind", Kinds)}
        {Forms.Text(given, "listener", "Listener", "its name")}
        {Forms.Text(given, "rule", "Rule", "its id")}
        {Forms.Text(given, "error", "Error", "any, or its type")}
        </div></details>
        <div class="do"><button class="first">Show</button>{(IsAnyAsked(given) ? Html.Of($"<a class=\"button\" href=\"{path}\">All</a>") : Html.Empty)}</div>
        </form>
        """);

    /// <summary>What is asked, as parameters of another page.</summary>
    public static string Query(IQueryCollection given) =>
        string.Join('&', RecordFilter.Names.Where(name => Forms.Value(given, name) is not null).Select(name => $"{name}={Uri.EscapeDataString(Forms.Value(given, name)!)}"));

    private static bool IsAnyAsked(IQueryCollection given) => RecordFilter.Names.Any(name => Forms.Value(given, name) is not null);

    private static bool MoreIsAsked(IQueryCollection given) => Further.Any(name => Forms.Value(given, name) is not null);
}
