using System.Globalization;
using Sluice.Http;
using Sluice.Policy.Conditions;
using Sluice.Policy.Filters;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>One rule as it judges: its conditions, the cheap ones first, its verdict, its counter. Lives as long as its policy; the lists in
/// it change.</summary>
internal sealed class Rule
{
    private readonly RuleOptions _options;
    private readonly Condition[] _conditions;
    private readonly ReplyCondition? _reply;
    private readonly Verdict _verdict;
    private readonly Verdict? _exceeded;
    private readonly TimeProvider _time;

    /// <param name="position">In its policy.</param>
    /// <param name="sources">Its list files.</param>
    /// <param name="former">The same rule of the configuration before, whose counter goes on, and what its limit left.</param>
    /// <param name="problems">Receives the entries in the configuration that cannot be read.</param>
    public Rule(RuleOptions options, int position, RuleSources sources, Rule? former, TimeProvider time, List<PolicyProblem> problems)
    {
        (_options, _time) = (options, time);
        Counter = former?.Counter ?? new RuleCounter();
        Rate = options.Limit is null ? null : former?.Rate is { } rate && rate.Options == options.Limit ? rate.Share() : new RuleRate(options.Limit);
        _conditions = [.. ConditionsOf(options, sources, problems)];
        _reply = options.Reply is { } reply ? new ReplyCondition(reply, options.Action) : null;
        var capturedBy = options.Captures ? options.Id : null;
        _verdict = options.Action == RuleAction.Deny
            ? new Verdict
            {
                Denies = true, Rule = options.Id, Status = options.Redirect is null ? options.Status : 302, Refusal = options.Refusal,
                Redirect = options.Redirect, Tags = options.Tag, Position = position, CapturedBy = capturedBy,
                Reason = options.Reason ?? $"The rule '{options.Id}' lets nothing through.",
            }
            : new Verdict
            {
                Rule = options.Action == RuleAction.Allow ? options.Id : null, Tags = options.Tag,
                BypassesCache = options.BypassesCache, Route = options.Route, DialAs = options.DialAs, Position = position, CapturedBy = capturedBy,
            };
        _exceeded = options.Limit is not { Requests: { } most } limit ? null : new Verdict
        {
            Denies = true, Rule = options.Id, Status = 429, RetryAfter = limit.Every, Tags = options.Tag, Position = position, CapturedBy = capturedBy,
            Reason = options.Reason ?? string.Create(CultureInfo.InvariantCulture, $"More than {most} requests in {limit.Every.TotalSeconds} s are too many."),
        };
    }

    public string Id => _options.Id;

    public RuleOptions Options => _options;

    /// <summary>What it says of hosts; null: nothing.</summary>
    public HostsCondition? Hosts => Array.Find(_conditions, condition => condition is HostsCondition) as HostsCondition;

    public RuleAction Action => _options.Action;

    public bool Reports => _options.Reports;

    /// <summary>It can be judged only when the answer's head is there.</summary>
    public bool IsOnReply => _reply is not null;

    /// <summary>It can be judged only when a tunnel's first octets are there.</summary>
    public bool IsOnTunnel => _options.Tls.Count > 0;

    /// <summary>It says of one host what it does not say of another.</summary>
    public bool IsOnHost => _options.Hosts.Count > 0 || _options.HostsFile is not null || _options.Filters.Count > 0 || _options.Urls.Count > 0;

    public RuleCounter Counter { get; }

    /// <summary>What its limit leaves; null: it has none.</summary>
    public RuleRate? Rate { get; }

    /// <param name="reply">Null before there is an answer.</param>
    /// <param name="match">What matched, for <see cref="VerdictOn"/>.</param>
    public bool Matches(ref Asked asked, ResponseHead? reply, out Match match)
    {
        match = default;
        var held = 0;
        while (held < _conditions.Length && _conditions[held].Matches(ref asked, ref match))
            held++;
        var matches = held == _conditions.Length && (_reply is null || _reply.Matches(reply!));
        if (asked.Explaining is { } explaining)
            explaining.Rules[_verdict.Position] = TrialOf(ref asked, reply, held, matches, match);
        return matches;
    }

    /// <param name="isFirst">The exchange comes to it for the first time: it counts, and takes of what the limit leaves.</param>
    public Verdict VerdictOn(in Match match, ref Asked asked, bool isFirst)
    {
        if (isFirst && asked.Counts)
        {
            match.Source?.Count(match.List!);
            Counter.Count(_time.GetUtcNow());
        }
        if (Rate is not null)
            return isFirst && !Rate.TryTake(asked.Asker, asked.Counts) ? _exceeded! : _verdict with { Bandwidth = Rate.BandwidthFor(asked.Asker) };
        return match.Because is null ? _verdict : _verdict with
        {
            List = match.List, Line = match.Line,
            Reason = _options.Action == RuleAction.Deny ? _options.Reason ?? match.Because : "",
        };
    }

    /// <summary>Before it is tried.</summary>
    public RuleTrial Untried(RuleOutcome outcome) => new(Id, Action, outcome, []);

    /// <param name="held">How many conditions hold, up to the first that does not.</param>
    private RuleTrial TrialOf(ref Asked asked, ResponseHead? reply, int held, bool matches, in Match match)
    {
        var conditions = new List<ConditionTrial>();
        for (var i = matches ? 0 : held; i < _conditions.Length && i <= held; i++)
            conditions.Add(new ConditionTrial(_conditions[i].Name, i < held, _conditions[i].Explain(ref asked, i < held)));
        if (_reply is not null && held == _conditions.Length)
            conditions.Add(new ConditionTrial("reply", matches, _reply.Explain(reply!)));
        return new(Id, Action, !matches ? RuleOutcome.NotMatched : Reports ? RuleOutcome.OnTrial : RuleOutcome.Matched, conditions)
        {
            List = matches ? match.List : null, Line = matches ? match.Line : 0, DependsOnTime = DependsOnTime(ref asked, reply),
        };
    }

    private bool DependsOnTime(ref Asked asked, ResponseHead? reply)
    {
        var (depends, ignored) = (false, default(Match));
        foreach (var condition in _conditions)
            if (condition is TimeCondition)
                depends = true;
            else if (!condition.Matches(ref asked, ref ignored))
                return false;
        return depends && (_reply is null || _reply.Matches(reply!));
    }

    private static IEnumerable<Condition> ConditionsOf(RuleOptions options, RuleSources sources, List<PolicyProblem> problems)
    {
        if (options.Methods.Count > 0)
            yield return new MethodCondition(options);
        if (options.Schemes.Count > 0)
            yield return new SchemeCondition(options.Schemes);
        if (options.Listeners.Count > 0)
            yield return new ListenerCondition(options.Listeners);
        if (options.Ports.Count > 0)
            yield return new PortCondition(options.Ports);
        if (options.Tls.Count > 0)
            yield return new TlsCondition(options);
        if (options.Clients.Count > 0)
            yield return new ClientCondition(options.Clients);
        if (options.Users.Count > 0)
            yield return new UserCondition(options.Users);
        if (options.Groups.Count > 0)
            yield return new GroupCondition(options.Groups);
        if (options.Times.Count > 0)
            yield return new TimeCondition(options.Times);
        if (options.Headers.Count > 0)
            yield return new HeaderCondition(options.Headers);
        if (UrlCondition.IsIn(options))
            yield return new UrlCondition(options);
        if (options.Query.Count > 0)
            yield return new QueryCondition(options);
        if (options.Hosts.Count > 0 || sources.Hosts is not null)
            yield return new HostsCondition(options.Hosts.Count > 0 ? Inline(options, problems) : null, sources.Hosts);
        if (sources.Filters is not null)
            yield return new FilterCondition(sources.Filters);
    }

    private static ListIndex Inline(RuleOptions options, List<PolicyProblem> problems)
    {
        var list = new ListBuilder(options.Id, 0);
        for (var i = 0; i < options.Hosts.Count; i++)
        {
            var (entry, problem) = ListParser.ParseLine(options.Hosts[i], i + 1);
            if (problem is not null)
                problems.Add(new PolicyProblem(options.Where ?? $"rule '{options.Id}'", problem, Fatal: true));
            else if (entry is { } found)
                list.Add(found);
        }
        return list.Build(ListFormat.Lines).Index;
    }
}

/// <summary>The list files of one rule; null: it names none.</summary>
internal readonly record struct RuleSources(ListFile? Hosts, FilterFiles? Filters);
