using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Sluice.Http;
using Sluice.Policy.Filters;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>
/// Judges requests and answers by the named policies (<see cref="Ruling"/>). Judging takes no lock and does no I/O: each list is an immutable index, and a list file that
/// changed is read aside and its index swapped by one reference, so a request sees the old list or the new one whole.
/// Files are looked at every second (a look opens them and asks for time and length; unlike notifications it also works on network file systems
/// and behind symbolic links) and read once they have settled. Where reading fails, the last good content stays.
/// </summary>
public sealed class Censor : IAsyncDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly FrozenDictionary<string, Ruling> _policies;
    private readonly ListSource[] _sources;
    private readonly ILogger _log;
    private readonly ITimer? _looking;
    private readonly Lock _reading = new();

    private Censor(FrozenDictionary<string, Ruling> policies, ListSource[] sources, TimeProvider time, ILogger log)
    {
        _policies = policies;
        _sources = sources;
        _log = log;
        if (sources.Length > 0)
            _looking = time.CreateTimer(_ => ReadChanged(), null, LookEvery, LookEvery);
    }

    /// <summary>Reads every policy's lists and begins to watch them.</summary>
    /// <param name="policies">With distinct names.</param>
    /// <param name="time">Paces the watching.</param>
    /// <param name="log">Receives what is loaded and what fails, now and later; of each list the first few lines not understood.</param>
    public static CensorLoad Load(IReadOnlyList<PolicyOptions> policies, TimeProvider time, ILogger log)
    {
        var problems = new List<PolicyProblem>();
        var sources = new Dictionary<string, ListSource>(StringComparer.Ordinal);
        var compiled = policies.ToFrozenDictionary(
            policy => policy.Name,
            policy => new Ruling(policy, [.. policy.Rules.Select((rule, i) => new Rule(rule, i, SourcesOf(rule), time, problems))], time));
        return new CensorLoad(new Censor(compiled, [.. sources.Values], time, log), problems);

        RuleSources SourcesOf(RuleOptions rule) => new(
            rule.HostsFile is { } path ? Source(path, () => new ListFile(path, time)) : null,
            rule.Filters.Count > 0 ? Source(string.Join('\n', rule.Filters), () => new FilterFiles(rule.Filters, time)) : null);

        // Rules that name the same files share them.
        T Source<T>(string name, Func<T> make) where T : ListSource
        {
            if (sources.TryGetValue($"{typeof(T).Name} {name}", out var known))
                return (T)known;
            var made = make();
            sources[$"{typeof(T).Name} {name}"] = made;
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

    /// <summary>How often each rule has matched since the start.</summary>
    public IEnumerable<RuleHits> Hits() =>
        from policy in _policies
        from rule in policy.Value.Rules
        select rule.HitsOf(policy.Key);

    /// <summary>Every list file as it stands.</summary>
    public IEnumerable<ListState> Lists() => _sources.SelectMany(source => source.States);

    /// <summary>Reads every list anew, changed or not (SIGHUP).</summary>
    /// <returns>What is wrong with them; the last good content stays where one cannot be read at all.</returns>
    public IReadOnlyList<PolicyProblem> Reload()
    {
        lock (_reading)
            return [.. _sources.SelectMany(source => Read(source, _log))];
    }

    public ValueTask DisposeAsync() => _looking?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void ReadChanged()
    {
        // A look that takes longer than a second must not be followed by a second one beside it.
        if (!_reading.TryEnter())
            return;
        try
        {
            foreach (var source in _sources)
            {
                if (source.HasSettledChange())
                    Read(source, _log);
            }
        }
        finally
        {
            _reading.Exit();
        }
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
