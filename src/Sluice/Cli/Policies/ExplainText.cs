using Sluice.Dashboard;
using Sluice.Policy;
using Spectre.Console;
using static Sluice.Cli.Care.AdminText;

namespace Sluice.Cli.Policies;

/// <summary>Why, as people read it.</summary>
internal static class ExplainText
{
    public static void Write(string asked, ExplainReport report, TextWriter to)
    {
        to.WriteLine(Safe($"{asked}{(report.Listener is { } listener ? $" by listener {listener}" : "")}, {(report.Policy is { } policy ? $"policy {policy}" : "no policy")}"));
        if (report.Rules.Count > 0)
            Care.AdminText.Write(Rules(report.Rules), to);
        to.WriteLine(Safe($"verdict: {VerdictOf(report)}"));
        to.WriteLine(Safe($"dial: {(report.Dial.To is { } host ? host : "nothing")}{Why(report.Dial)}"));
        foreach (var address in report.Dial.Addresses)
            to.WriteLine($"  {address.Address}  {(address.Admitted ? "yes" : "no")}, {(address.OwnListener ? "our own listener" : address.Classes.Count == 0 ? "public" : string.Join(", ", address.Classes))}");
        to.WriteLine(Safe($"cache: {report.Cache.Verdict}: {report.Cache.Reason}"));
    }

    public static Table Rules(IEnumerable<ExplainedRule> rules)
    {
        var table = Plain("rule", "says", "matches", "why");
        var all = rules.ToList();
        // Behind the one that decided there is nothing to tell.
        var tried = all.FindLastIndex(rule => rule.Outcome != "not-reached") + 1;
        foreach (var rule in all[..tried])
            Row(table, rule.Rule, rule.Action, Outcome(rule), Why(rule));
        if (tried < all.Count)
            Row(table, $"{all.Count - tried} more", "", "-", "a rule before decided");
        return table;
    }

    private static string Why(ExplainedDial dial) =>
        dial.WhyNot is { } why ? $": {why}" : dial.Addresses.Any(address => address.Admitted) ? "" : ": none of its addresses may be reached (destinations)";

    private static string VerdictOf(ExplainReport report)
    {
        var by = report.Rule is { } rule ? $" by rule '{rule}'{(report.List is { } list ? $", {list}:{report.Line}" : "")}" : report.Policy is null ? "" : " by default";
        var more = $"{(report.Tags is { } tags ? $", tags {tags}" : "")}{(report.BypassesCache ? ", without the cache" : "")}{(report.Upstream is { } upstream ? $", to upstream {upstream}" : "")}"
            + (report.CapturedBy is { } capturer ? $", captured by {capturer}" : "");
        return report.Status == 0 ? $"{report.Verdict}{by}{more}"
            : $"{report.Verdict}{by} ({report.Status}{(report.Redirect is { } redirect ? $" to {redirect}" : "")}){more}: {report.Reason}";
    }

    private static string Outcome(ExplainedRule rule) => rule.Outcome switch
    {
        "matched" => "yes",
        "not-matched" => "no",
        "on-trial" => "on trial",
        _ => "-",
    };

    private static string Why(ExplainedRule rule) => rule.Outcome switch
    {
        "on-reply" => "is about the answer",
        "not-reached" => "a rule before decided",
        _ when rule.Conditions.Count == 0 => "matches everything",
        _ => string.Join("; ", rule.Conditions.Select(condition => $"{condition.Name}: {condition.Text}")),
    };
}
