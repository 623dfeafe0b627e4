using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>GET /v1/policy/explain</summary>
/// <param name="Verdict"><c>allow</c>, <c>deny</c> or <c>report</c>.</param>
/// <param name="Rule">That decided; null: the default did, or there is no policy.</param>
/// <param name="Status">Of the refusal; 0: nothing is refused.</param>
/// <param name="Upstream">The name of the one that a rule routes to.</param>
/// <param name="DialAs">The host that is dialled instead.</param>
/// <param name="CapturedBy">The rule that writes its octets into the files of captures.</param>
/// <param name="Rules">All of the policy, in their order.</param>
public sealed record ExplainReport(
    string? Listener, string? Policy, string Verdict, string? Rule, string? List, int Line, int Status, string Reason, string? Redirect, string? Tags, bool BypassesCache, string? Upstream, string? DialAs, string? CapturedBy,
    IReadOnlyList<ExplainedRule> Rules, ExplainedDial Dial, CacheForecast Cache)
{
    internal static ExplainReport Of(Forecast forecast)
    {
        var verdict = forecast.Explanation.Verdict;
        return new(forecast.Listener, forecast.Policy, verdict.Outcome, verdict.Rule, verdict.List, verdict.Line, verdict.Status, verdict.Reason, verdict.Redirect, verdict.Tags,
            verdict.BypassesCache, verdict.Route, verdict.DialAs, verdict.CapturedBy, [.. forecast.Explanation.Rules.Select(ExplainedRule.Of)], ExplainedDial.Of(forecast.Dial),
            forecast.Cache);
    }
}

/// <param name="Action"><c>allow</c>, <c>deny</c>, or <c>continue</c>: it decides nothing.</param>
/// <param name="Outcome"><c>matched</c>, <c>not-matched</c>, <c>on-trial</c>: matched, but only noted, <c>on-reply</c>: it waits for the answer, or <c>not-reached</c>.</param>
/// <param name="Conditions">All of a rule that matched; of one that did not, the first that does not hold.</param>
public sealed record ExplainedRule(string Rule, string Action, string Outcome, string? List, int Line, IReadOnlyList<ConditionTrial> Conditions)
{
    internal static ExplainedRule Of(RuleTrial trial) => new(trial.Rule, trial.Action.ToString().ToLowerInvariant(), trial.Outcome switch
    {
        RuleOutcome.Matched => "matched",
        RuleOutcome.OnTrial => "on-trial",
        RuleOutcome.OnReply => "on-reply",
        RuleOutcome.NotReached => "not-reached",
        _ => "not-matched",
    }, trial.List, trial.Line, trial.Conditions);
}

/// <param name="To">Host and port; null: nothing is dialled.</param>
/// <param name="WhyNot">Why nothing is, or why it has no address.</param>
public sealed record ExplainedDial(string? To, IReadOnlyList<ExplainedAddress> Addresses, string? WhyNot)
{
    internal static ExplainedDial Of(DialForecast dial) => new(dial.To?.ToString(), [.. dial.Addresses.Select(ExplainedAddress.Of)], dial.WhyNot);
}

/// <param name="Classes">What it is for, as <c>destinations</c> names it; empty: a public address.</param>
/// <param name="OwnListener">One of ours is there, which nobody reaches by us.</param>
public sealed record ExplainedAddress(string Address, IReadOnlyList<string> Classes, bool Admitted, bool OwnListener)
{
    internal static ExplainedAddress Of(JudgedAddress judged) => new(judged.Address.ToString(),
        [.. SpecialAddresses.Names.Where(known => (judged.Classes & known.Class) != 0).Select(known => known.Name)], judged.IsAdmitted, judged.IsOwnListener);
}
