using System.Globalization;
using System.Text.Json;
using Sluice.Dashboard;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Care;

/// <summary>What the rules and their lists do, as people read it.</summary>
internal static class PolicyText
{
    public static void Lists(JsonElement body)
    {
        var lists = Read<ListReport>(body).Lists;
        if (lists.Count == 0)
        {
            Console.Out.WriteLine("no rule names a list");
            return;
        }
        var table = Plain("format", "entries", "not understood", "written", "hits", "list");
        foreach (var list in lists)
            Row(table, list.ReadAt is null ? "-" : list.Format, $"{list.Entries}", $"{list.UnreadLines}", Ago(list.Written), $"{list.Hits}", list.Subscription?.Url ?? list.Path);
        Write(table);
        Subscriptions([.. lists.Select(list => list.Subscription).OfType<SubscriptionFacts>().Distinct()]);
        foreach (var line in lists.SelectMany(list => list.Unread))
            Console.Out.WriteLine($"{Safe(line.Where)}: {Safe(line.Reason)}");
    }

    public static void Rules(JsonElement body)
    {
        var rules = Read<RuleReport>(body).Rules;
        if (rules.Count == 0)
        {
            Console.Out.WriteLine("there are no rules");
            return;
        }
        var table = Plain("policy", "hits", "last", "rule");
        foreach (var rule in rules)
            Row(table, rule.Policy, rule.Hits.ToString(CultureInfo.InvariantCulture), Ago(rule.LastHit), rule.Rule);
        Write(table);
    }

    private static void Subscriptions(IReadOnlyList<SubscriptionFacts> lists)
    {
        if (lists.Count == 0)
            return;
        Console.Out.WriteLine();
        var table = Plain("asked", "changed", "next", "last time", "list");
        foreach (var list in lists)
            Row(table, Ago(list.Asked), Ago(list.Changed), In(list.Next), list.Error is null ? "well" : "failed", list.Url);
        Write(table);
        foreach (var list in lists.Where(list => list.Error is not null))
            Console.Out.WriteLine($"{Safe(list.Url)}: {Safe(list.Error!)}{(list.Changed is null ? "; there is no copy: it names nothing" : "")}");
    }

    private static string In(DateTimeOffset? then) =>
        then is { } known ? $"in {Span(Math.Max(0, (long)(known - TimeProvider.System.GetUtcNow()).TotalSeconds))}" : "now";

    private static string Ago(DateTimeOffset? then) =>
        then is { } known ? $"{Span(Math.Max(0, (long)(TimeProvider.System.GetUtcNow() - known).TotalSeconds))} ago" : "never";
}
