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
        to.WriteLine(Safe($"dial: {(report.Dial.To is { } host ? host : "nothing")}{(report.Dial.WhyNot is { } why ? $": {why}" : "")}"));
        foreach (var address in report.Dial.Addresses)
            to.WriteLine($"  {address.Address}  {(address.Admitted ? "yes" : "no")}, {(address.OwnListener ? "our own listener" : address.Classes.Count == 0 ? "public" : string.Join(", ", address.Classes))}");
        to.WriteLine(Safe($"cache: {report.Cache.Verdict}: {report.Cache.Reason}"));
    }

    public static Table Rules(IEnumerable<ExplainedRule> rules)
    {
        var table = Plain("rule", "says", "matches", "why");
        foreach (var rule in rules)
            Row(table, rule.Rule, rule.Action, Outcome(rule), Why(rule));
        return table;
    }

    private static string VerdictOf(ExplainReport report)
    {
        var by = report.Rule is { } rule ? $" by rule '{rule}'{(report.List is { } list ? $", {list}:{report.Line}" : "")}" : report.Policy is null ? "" : " by default";
        var more = $"{(report.Tags is { } tags ? $", tags {tags}" : "")}{(report.BypassesCache ? ", without the cache" : "")}";
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
        "not-reached" => "a rule before it decided",
        _ when rule.Conditions.Count == 0 => "matches everything",
        _ => string.Join("; ", rule.Conditions.Select(condition => $"{condition.Name}: {condition.Text}")),
    };
}
