using Sluice.Http;

namespace Sluice.Policy;

/// <summary>
/// A policy at work. Its rules are tried in order; the first that matches and decides is the last, else the default holds. A rule that decides
/// nothing adds what it says, and a rule on trial (mode report) notes what it would have refused; both let the next be tried.
/// <para>Rules on answers keep their place in that order: when the head is there, those before the one that decided on the request are
/// asked, and what they refuse is refused.</para>
/// <para>A tunnel is judged by what CONNECT says, and again when its first octets are there: by these, and, where they name another host than
/// CONNECT did, as if CONNECT had named that one. Each must be allowed. A rule counts once.</para>
/// </summary>
internal sealed class Ruling
{
    private const int CountsAll = -1;
    private const int CountsNone = int.MaxValue;

    /// <summary>Whom it is for cannot be read, so that no rule can say it: only one that names this lets it through.</summary>
    private static readonly Verdict Unreadable = new()
    {
        Denies = true, Rule = "tls", Status = 403, Reason = "The tunnel begins as TLS, but whom it is for cannot be read.",
    };

    private static readonly Verdict Elsewhere = Unreadable with { Reason = "The tunnel asks for a host that is reached another way." };

    private readonly TimeProvider _time;
    private readonly Verdict _default;
    private readonly bool _reports;
    private readonly bool _hasReplyRules;
    private readonly bool _hasTunnelRules;

    public Ruling(PolicyOptions policy, Rule[] rules, TimeProvider time)
    {
        (Policy, Rules, _time, _reports) = (policy, rules, time, policy.Reports);
        _hasReplyRules = Array.Exists(rules, rule => rule.IsOnReply);
        _hasTunnelRules = Array.Exists(rules, rule => rule.IsOnTunnel);
        LooksIntoTunnels = Array.Exists(rules, rule => !rule.IsOnReply && (rule.IsOnTunnel || rule.IsOnHost));
        _default = policy.DefaultAllows
            ? new Verdict { Position = rules.Length }
            : new Verdict { Denies = true, Status = 403, Reason = "Only what is allowed by name is let through here.", Position = rules.Length };
    }

    public PolicyOptions Policy { get; }

    public Rule[] Rules { get; }

    public bool LooksIntoTunnels { get; }

    public Verdict Judge(RequestHead request, Asker asker, Explaining? explaining = null)
    {
        var asked = new Asked(request, asker, _time, BeforeItsStart(request), explaining);
        return Judge(ref asked, ref asked, CountsAll);
    }

    public Verdict JudgeReply(Verdict onRequest, RequestHead request, Asker asker, ResponseHead reply, Explaining? explaining = null)
    {
        if (!_hasReplyRules || WouldHaveEnded(onRequest))
            return onRequest;
        var asked = new Asked(request, asker, _time, explaining: explaining);
        Verdict? carried = onRequest;
        foreach (var rule in Rules.AsSpan(0, Math.Min(onRequest.Position, Rules.Length)))
        {
            if (!rule.IsOnReply || !rule.Matches(ref asked, reply, out var match))
                continue;
            if (Try(rule, rule.VerdictOn(match, ref asked, isFirst: true), ref carried) is { } verdict)
                return verdict;
        }
        return carried!;
    }

    public Verdict JudgeTunnel(Verdict onConnect, RequestHead request, Asker asker, TunnelStart start, Explaining? explaining = null)
    {
        if (!LooksIntoTunnels || WouldHaveEnded(onConnect))
            return onConnect;
        var connect = new Asked(request, asker, _time);
        var asked = new Asked(request, asker, _time, start.Facts, explaining);
        var verdict = _hasTunnelRules ? ThereOrNot(onConnect, Judge(ref asked, ref connect, onConnect.Position)) : onConnect;
        return JudgeName(verdict, ref asked, start, verdict.Position);
    }

    public Verdict JudgeAgain(RequestHead request, Asker asker, TunnelStart start)
    {
        var asked = new Asked(request, asker, _time, start.Facts == TlsFacts.None ? BeforeItsStart(request) : start.Facts);
        return JudgeName(Judge(ref asked, ref asked, CountsNone), ref asked, start, CountsNone);
    }

    /// <summary>What <see cref="Judge"/> and, with the start of a tunnel or an answer, <see cref="JudgeTunnel"/> or <see cref="JudgeReply"/> say, and what came of each
    /// rule on the way, the last time it was tried; nothing is counted.</summary>
    /// <param name="at">When it is asked; null: now.</param>
    public Explanation Explain(RequestHead request, Asker asker, ResponseHead? reply, DateTimeOffset? at, TunnelStart? start)
    {
        var explaining = new Explaining(new RuleTrial[Rules.Length], at);
        var verdict = Judge(request, asker, explaining);
        if (start is { } begun && !verdict.Denies)
            verdict = JudgeTunnel(verdict, request, asker, begun, explaining);
        if (reply is not null && !verdict.Denies)
            verdict = JudgeReply(verdict, request, asker, reply, explaining);
        else if (!verdict.Denies)
            foreach (var (i, rule) in Rules.Take(verdict.Position).Index().Where(rule => rule.Item.IsOnReply))
                explaining.Rules[i] = rule.Untried(RuleOutcome.OnReply);
        return new Explanation(verdict, explaining.Rules);
    }

    private static TlsFacts BeforeItsStart(RequestHead request) => request.Target.Form == TargetForm.Authority ? TlsFacts.Unknown : TlsFacts.None;

    /// <summary>What follows from whom the tunnel is for, by its own word.</summary>
    private Verdict JudgeName(Verdict verdict, ref Asked asked, TunnelStart start, int counted)
    {
        if (verdict.Denies || WouldHaveEnded(verdict))
            return verdict;
        if (start.Facts == TlsFacts.Malformed && LooksIntoTunnels && !(verdict.Position < Rules.Length && Rules[verdict.Position].IsOnTunnel))
            return Said(Unreadable.After(verdict));
        if (!start.NamesAnother)
            return verdict;
        var other = new Asked(asked.Request.To(start.ServerName!), asked.Asker, _time, start.Facts, asked.Explaining);
        return verdict.And(ThereOrNot(verdict, counted == CountsNone ? Judge(ref other, ref other, CountsNone) : Judge(ref other, ref asked, counted)));
    }

    /// <summary>The place has been dialled: what belongs elsewhere is not let through there.</summary>
    private Verdict ThereOrNot(Verdict dialled, Verdict verdict) =>
        verdict.Denies || (verdict.Route, verdict.DialAs) == (dialled.Route, dialled.DialAs) ? verdict : Said(Elsewhere.After(verdict));

    /// <param name="before">What was judged before, of the same exchange.</param>
    /// <param name="counted">The position at which that ended: what matched up to there has been counted.</param>
    private Verdict Judge(ref Asked asked, ref Asked before, int counted)
    {
        Verdict? carried = null;
        asked.Explaining?.Begin(Rules);
        for (var i = 0; i < Rules.Length; i++)
        {
            var rule = Rules[i];
            if (rule.IsOnReply || !rule.Matches(ref asked, null, out var match))
                continue;
            var isCounted = asked.Tls == TlsFacts.Unknown && rule.IsOnTunnel || i <= counted && rule.Matches(ref before, null, out _);
            if (Try(rule, rule.VerdictOn(match, ref asked, !isCounted), ref carried) is { } verdict)
                return verdict;
        }
        return Said(_default.After(carried));
    }

    /// <summary>What the rule that has matched decides, if it does.</summary>
    /// <param name="carried">What the rules before have added.</param>
    private Verdict? Try(Rule rule, Verdict verdict, ref Verdict? carried)
    {
        if (rule.Action == RuleAction.Continue && !verdict.Denies)
            carried = (carried ?? Verdict.Allowed).Adding(verdict);
        else if (rule.Reports && verdict.Denies)
            carried = (carried ?? Verdict.Allowed).Noting(verdict);
        else
            return Said(verdict.After(carried));
        return null;
    }

    private Verdict Said(Verdict verdict) => _reports && verdict.Denies ? verdict.AsReport() with { Position = 0 } : verdict;

    /// <summary>In force, it would have been refused: there would be no answer and no tunnel to judge.</summary>
    private bool WouldHaveEnded(Verdict verdict) => _reports && verdict is { Reports: true, Position: 0 };
}
