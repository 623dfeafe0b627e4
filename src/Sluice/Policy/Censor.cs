using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy.Filters;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>
/// Judges requests and answers by the named policies (<see cref="Ruling"/>). Judging takes no lock and does no I/O: each list is an immutable index, and a list file that
/// changed is read aside and its index swapped by one reference, so a request sees the old list or the new one whole.
/// Files are looked at every second and read once they have settled. Where reading fails, the last good content stays.
/// <para>The policies of a censor do not change: a new configuration is a new censor, which takes over the lists and counters that the former has too.</para>
/// </summary>
public sealed class Censor : IAsyncDisposable
{
    private readonly FrozenDictionary<string, Ruling> _policies;
    private readonly Dictionary<string, ListSource> _sources;
    private readonly ILogger _log;
    private readonly Action? _changed;
    private readonly Looking? _looking;

    private Censor(FrozenDictionary<string, Ruling> policies, Dictionary<string, ListSource> sources, TimeProvider time, ILogger log, Action? changed)
    {
        _policies = policies;
        _sources = sources;
        _log = log;
        _changed = changed;
        if (sources.Count > 0)
            _looking = new Looking(time, ReadChanged);
    }

    /// <summary>The names of the policies.</summary>
    public IReadOnlyCollection<string> Policies => _policies.Keys;

    /// <summary>Reads every policy's lists, unless the former has them, and begins to watch them.</summary>
    /// <param name="policies">With distinct names.</param>
    /// <param name="time">Paces the watching.</param>
    /// <param name="log">Receives what is loaded and what fails, now and later; of each list the first few lines not understood.</param>
    /// <param name="former">Goes on judging until it is disposed.</param>
    /// <param name="changed">Called when a list has been read anew.</param>
    public static CensorLoad Load(IReadOnlyList<PolicyOptions> policies, TimeProvider time, ILogger log, Censor? former = null, Action? changed = null)
    {
        var problems = new List<PolicyProblem>();
        var sources = new Dictionary<string, ListSource>(StringComparer.Ordinal);
        var compiled = policies.ToFrozenDictionary(
            policy => policy.Name,
            policy => new Ruling(policy, [.. policy.Rules.Select((rule, i) => new Rule(rule, i, SourcesOf(rule), former?.RuleOf(policy.Name, rule.Id), time, problems))], time));
        return new CensorLoad(new Censor(compiled, sources, time, log, changed), problems);

        RuleSources SourcesOf(RuleOptions rule) => new(
            rule.HostsFile is { } path ? Source(path, () => new ListFile(path, time)) : null,
            rule.Filters.Count > 0 ? Source(string.Join('\n', rule.Filters), () => new FilterFiles(rule.Filters, time)) : null);

        // Rules that name the same files share them.
        T Source<T>(string name, Func<T> make) where T : ListSource
        {
            var key = $"{typeof(T).Name} {name}";
            if (sources.TryGetValue(key, out var known))
                return (T)known;
            if (former?._sources.TryGetValue(key, out known) is true)
                return (T)(sources[key] = known);
            var made = make();
            sources[key] = made;
            problems.AddRange(Read(made, log));
            return made;
        }
    }

    /// <summary>Judges a request before anything is asked; CONNECT by its host and port alone, for more it does not show.</summary>
    /// <param name="policy">The name of a loaded policy; null: all is allowed.</param>
    /// <param name="request">Its target already taken apart.</param>
    /// <param name="asker">Who asks.</param>
    public Verdict Judge(string? policy, RequestHead request, Asker asker = default) =>
        policy is null ? Verdict.Allowed : _policies[policy].Judge(request, asker);

    /// <summary>Judges an answer on its head, before a byte of its body is passed on; stored answers too.</summary>
    /// <param name="policy">As for <see cref="Judge"/>.</param>
    /// <param name="asked">What <see cref="Judge"/> said of the request.</param>
    /// <param name="request">The request.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="reply">The head of the answer.</param>
    /// <returns><paramref name="asked"/>, unless a rule on answers decides.</returns>
    public Verdict JudgeReply(string? policy, Verdict asked, RequestHead request, Asker asker, ResponseHead reply) =>
        policy is null ? asked : _policies[policy].JudgeReply(asked, request, asker, reply);

    /// <summary>What <see cref="Judge"/> and, with an answer or the start of a tunnel, <see cref="JudgeReply"/> or <see cref="JudgeTunnel"/> would say now, and why: what came of each rule. Counts nothing.</summary>
    /// <param name="policy">As for <see cref="Judge"/>.</param>
    /// <param name="request">The request.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="reply">The head of the answer; null: it is not known.</param>
    /// <param name="at">When it is asked; null: now.</param>
    /// <param name="start">What the first octets of the tunnel are; null: they are not known.</param>
    public Explanation Explain(string? policy, RequestHead request, Asker asker, ResponseHead? reply = null, DateTimeOffset? at = null, TunnelStart? start = null) =>
        policy is null ? new Explanation(Verdict.Allowed, []) : _policies[policy].Explain(request, asker, reply, at, start);

    /// <summary>What in the policies can be left out as their lists stand: nothing that keeps them from work.</summary>
    public IEnumerable<PolicyProblem> Needless() => _policies.Values.SelectMany(ruling => PolicyCheck.Needless(ruling.Policy, ruling.Rules));

    /// <summary>Whether that policy has rules that say more of a tunnel when its first octets are there.</summary>
    public bool LooksIntoTunnels(string? policy) => policy is not null && _policies[policy].LooksIntoTunnels;

    /// <summary>Judges a tunnel that has been allowed and opened, before an octet of it is passed on.</summary>
    /// <param name="policy">As for <see cref="Judge"/>.</param>
    /// <param name="asked">What <see cref="Judge"/> said of the CONNECT.</param>
    /// <param name="request">The CONNECT.</param>
    /// <param name="asker">Who asks.</param>
    /// <param name="start">What its first octets are.</param>
    public Verdict JudgeTunnel(string? policy, Verdict asked, RequestHead request, Asker asker, TunnelStart start) =>
        policy is null ? asked : _policies[policy].JudgeTunnel(asked, request, asker, start);

    /// <summary>Judges anew what is open, by all that is known of it. Counts nothing.</summary>
    public Verdict JudgeAgain(string? policy, RequestHead request, Asker asker, TunnelStart start) =>
        policy is null ? Verdict.Allowed : _policies[policy].JudgeAgain(request, asker, start);

    /// <summary>How often each rule has matched since the start.</summary>
    public IEnumerable<RuleHits> Hits() =>
        from policy in _policies
        from rule in policy.Value.Rules
        select rule.Counter.Read(policy.Key, rule.Id);

    /// <summary>Every list file as it stands.</summary>
    public IEnumerable<ListState> Lists() => _sources.Values.SelectMany(source => source.States);

    /// <summary>Reads every list anew, changed or not (SIGHUP).</summary>
    /// <returns>What is wrong with them; the last good content stays where one cannot be read at all.</returns>
    public IReadOnlyList<PolicyProblem> Reload()
    {
        IReadOnlyList<PolicyProblem> problems = [.. _sources.Values.SelectMany(source => Read(source, _log))];
        _changed?.Invoke();
        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        await (_looking?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var rule in _policies.Values.SelectMany(ruling => ruling.Rules))
            rule.Rate?.Dispose();
    }

    private Rule? RuleOf(string policy, string rule) =>
        _policies.TryGetValue(policy, out var ruling) ? Array.Find(ruling.Rules, known => known.Id == rule) : null;

    private void ReadChanged()
    {
        var changed = false;
        foreach (var source in _sources.Values)
        {
            if (!source.HasSettledChange())
                continue;
            Read(source, _log);
            changed = true;
        }
        if (changed)
            _changed?.Invoke();
    }

    private static IReadOnlyList<PolicyProblem> Read(ListSource source, ILogger log)
    {
        var problems = source.Read();
        foreach (var problem in problems.Take(CensorLog.ProblemsShown))
            CensorLog.Problem(log, problem.Where, problem.Text);
        if (!problems.Any(problem => problem.Fatal))
            foreach (var state in source.States)
                CensorLog.Loaded(log, state.Path, state.Format, state.Entries, state.UnreadLines);
        return problems;
    }
}
