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
            Row(table, list.Format, $"{list.Entries}", $"{list.UnreadLines}", Ago(list.Written), $"{list.Hits}", list.Path);
        Write(table);
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

    private static string Ago(DateTimeOffset? then) =>
        then is { } known ? $"{Span(Math.Max(0, (long)(TimeProvider.System.GetUtcNow() - known).TotalSeconds))} ago" : "never";
}
