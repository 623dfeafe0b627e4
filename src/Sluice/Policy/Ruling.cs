using Sluice.Http;

namespace Sluice.Policy;

/// <summary>
/// A policy at work. Its rules are tried in order; the first that matches and decides is the last, else the default holds. A rule that decides
/// nothing adds what it says, and a rule on trial (mode report) notes what it would have refused; both let the next be tried.
/// <para>Rules on answers keep their place in that order: when the head is there, those before the one that decided on the request are
/// asked, and what they refuse is refused.</para>
/// </summary>
internal sealed class Ruling
{
    private readonly TimeProvider _time;
    private readonly Verdict _default;
    private readonly bool _reports;
    private readonly bool _hasReplyRules;

    public Ruling(PolicyOptions policy, Rule[] rules, TimeProvider time)
    {
        (Policy, Rules, _time, _reports) = (policy, rules, time, policy.Reports);
        _hasReplyRules = Array.Exists(rules, rule => rule.IsOnReply);
        _default = policy.DefaultAllows
            ? new Verdict { Position = rules.Length }
            : new Verdict { Denies = true, Status = 403, Reason = "Only what is allowed by name is let through here.", Position = rules.Length };
    }

    public PolicyOptions Policy { get; }

    public Rule[] Rules { get; }

    public Verdict Judge(RequestHead request, Asker asker, Explaining? explaining = null)
    {
        var asked = new Asked(request, asker, _time, explaining);
        Verdict? carried = null;
        foreach (var rule in Rules)
            if (!rule.IsOnReply && Try(rule, ref asked, null, ref carried) is { } verdict)
                return verdict;
        return Said(_default.After(carried));
    }

    public Verdict JudgeReply(Verdict onRequest, RequestHead request, Asker asker, ResponseHead reply, Explaining? explaining = null)
    {
        if (!_hasReplyRules)
            return onRequest;
        var asked = new Asked(request, asker, _time, explaining);
        Verdict? carried = onRequest;
        foreach (var rule in Rules.AsSpan(0, Math.Min(onRequest.Position, Rules.Length)))
            if (rule.IsOnReply && Try(rule, ref asked, reply, ref carried) is { } verdict)
                return verdict;
        return carried!;
    }

    /// <summary>What <see cref="Judge"/> and, with an answer, <see cref="JudgeReply"/> say, and what came of each rule on the way; nothing is counted.</summary>
    /// <param name="at">When it is asked; null: now.</param>
    public Explanation Explain(RequestHead request, Asker asker, ResponseHead? reply, DateTimeOffset? at)
    {
        var explaining = new Explaining([.. Rules.Select(rule => rule.Untried(RuleOutcome.NotReached))], at);
        var verdict = Judge(request, asker, explaining);
        if (reply is not null && !verdict.Denies)
            verdict = JudgeReply(verdict, request, asker, reply, explaining);
        else if (!verdict.Denies)
            foreach (var (i, rule) in Rules.Take(verdict.Position).Index().Where(rule => rule.Item.IsOnReply))
                explaining.Rules[i] = rule.Untried(RuleOutcome.OnReply);
        return new Explanation(verdict, explaining.Rules);
    }

    /// <summary>What the rule decides, if it does.</summary>
    /// <param name="carried">What the rules before have added.</param>
    private Verdict? Try(Rule rule, ref Asked asked, ResponseHead? reply, ref Verdict? carried)
    {
        if (rule.Judge(ref asked, reply) is not { } verdict)
            return null;
        if (rule.Action == RuleAction.Continue && !verdict.Denies)
            carried = (carried ?? Verdict.Allowed).Adding(verdict);
        else if (rule.Reports && verdict.Denies)
            carried = (carried ?? Verdict.Allowed).Noting(verdict);
        else
            return Said(verdict.After(carried));
        return null;
    }

    // Enforced, there would be no answer to judge.
    private Verdict Said(Verdict verdict) => _reports && verdict.Denies ? verdict.AsReport() with { Position = 0 } : verdict;
}
