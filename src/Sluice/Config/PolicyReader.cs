using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>The section <c>policies</c>.</summary>
/// <param name="copies">Where the copies of subscribed lists are; null: nowhere.</param>
/// <param name="upstreams">The names of the upstreams.</param>
/// <param name="writesCaptures">There is a folder for them.</param>
internal sealed class PolicyReader(
    string folder, string? copies, IReadOnlyList<ListenerOptions> listeners, IReadOnlyCollection<string> upstreams, UserReader users, bool writesCaptures, ProblemList problems)
{
    private enum Fallback
    {
        Allow,
        Deny,
    }

    // Policy tells of a place by its text.
    private readonly Dictionary<string, (Place Place, string Key)> _places = [];
    private readonly List<RuleOptions> _entries = [];
    private readonly HashSet<RuleOptions> _wrong = [];
    private readonly HashSet<SubscribedList> _subscribed = [];
    private readonly RuleReader _rules = new([.. listeners.Select(listener => listener.Name)], upstreams, users, writesCaptures);

    /// <summary>What the rules name by URL, each once.</summary>
    public IReadOnlyList<SubscribedList> Subscribed => [.. _subscribed];

    public IReadOnlyList<PolicyOptions> Read(Section top)
    {
        var policies = new List<PolicyOptions>();
        foreach (var (name, section) in top.Named("policies"))
        {
            policies.Add(new PolicyOptions
            {
                Name = name,
                DefaultAllows = section.Choice<Fallback>("default") is Fallback.Allow,
                Reports = RuleReader.IsReport(section),
                Destinations = ReadDestinations(section.Child("destinations")),
                Rules = [.. section.List("rules").Select(ReadRule)],
            });
        }
        Tell(policies.SelectMany(AskedOfNobody));
        // What follows from a rule that is wrong itself is not told.
        Tell(policies.SelectMany(policy => PolicyCheck.Problems(policy with { Rules = [.. policy.Rules.Where(rule => !_wrong.Contains(rule))] })));
        Tell(Censor.Load([new PolicyOptions { Name = "", DefaultAllows = true, Rules = _entries }], TimeProvider.System, NullLogger.Instance).Problems);
        return policies;
    }

    private static DestinationOptions ReadDestinations(Section? section) => section is null ? new() : new()
    {
        Allow = SetOf(section.Many<AddressSet>("allow", Values.Addresses) ?? []),
        Deny = section.Many<AddressSet>("deny", Values.Addresses) is { } denied ? SetOf(denied) : null,
    };

    private static AddressSet SetOf(IReadOnlyList<AddressSet> sets) => sets.Count == 0 ? AddressSet.Empty
        : new(sets.Aggregate(AddressClasses.None, (all, set) => all | set.Classes), [.. sets.SelectMany(set => set.Networks)]);

    /// <summary>Rules about users who are nobody: a listener of the policy does not ask who they are.</summary>
    private IEnumerable<PolicyProblem> AskedOfNobody(PolicyOptions policy) =>
        from rule in policy.Rules
        where rule.Users.Count + rule.Groups.Count > 0
        let open = listeners.FirstOrDefault(l => l.Policy == policy.Name && !l.Login && (rule.Listeners.Count == 0 || rule.Listeners.Contains(l.Name)))
        where open is not null
        select new PolicyProblem(rule.Where!, $"rule '{rule.Id}' is about users, but the listener '{open.Name}' asks nobody to log in: write login: true there, "
            + "or name other listeners in the rule", Fatal: true);

    private void Tell(IEnumerable<PolicyProblem> found)
    {
        foreach (var problem in found)
        {
            var (place, key) = _places[problem.Where];
            problems.Add(place, key, problem.Text);
        }
    }

    /// <summary>Remembers a place and gives its text.</summary>
    private string Mark(Place place, string key)
    {
        _places[place.ToString()] = (place, key);
        return place.ToString();
    }

    private RuleOptions ReadRule(Section section)
    {
        var before = problems.Count;
        var (hosts, file) = ReadHosts(section);
        var rule = _rules.Read(section, Mark(section.Place, section.Shown)) with { Hosts = hosts, HostsFile = file, Filters = ReadFilters(section) };
        if (problems.Count > before)
            _wrong.Add(rule);
        return rule;
    }

    private (IReadOnlyList<string> Lines, string? File) ReadHosts(Section section)
    {
        switch (section.Node["hosts"])
        {
            case null:
                return ([], null);
            case Mapping:
                return ([], section.Child("hosts") is { } hosts ? ReadFile(hosts) : null);
            case Scalar { IsNull: false, Text: var text }:
                section.Problem("hosts", $"is not a list, write [{text}], or {{ file: PATH }} or {{ url: URL }} for a list");
                return ([], null);
        }
        var lines = section.Many<string>("hosts", (string text, out string line) => (line = text).Trim().Length == 0 ? "is empty" : null) ?? [];
        foreach (var entry in ((section.Node["hosts"] as Sequence)?.Items ?? []).OfType<Scalar>().Where(e => e.Text.Trim().Length > 0))
        {
            // A rule for each entry: what is wrong with it is then told at its own place.
            _entries.Add(new RuleOptions { Id = entry.Text, Action = RuleAction.Deny, Hosts = [entry.Text], Where = Mark(entry.Place, section.KeyOf("hosts")) });
        }
        if (section.Node["hosts"] is Sequence { Items.Count: 0 })
            section.Problem("hosts", "is an empty list, which matches nothing: write a host, or remove the rule");
        return (lines, null);
    }

    private IReadOnlyList<string> ReadFilters(Section section) =>
        section.Some("filters", (string text, out string path) => text.Contains("://", StringComparison.Ordinal) ? WhyNoSubscription(text, filters: true, out path) : WhyUnreadable(text, out path));

    private string? WhyUnreadable(string file, out string path)
    {
        path = file;
        if (file.Length == 0)
            return "is empty";
        path = Path.GetFullPath(file, folder);
        return Files.WhyNot(path, FileAccess.Read) is { } wrong ? $"cannot be read: {wrong}{(file == path ? "" : $" ({path})")}" : null;
    }

    /// <param name="path">Of the copy.</param>
    private string? WhyNoSubscription(string text, bool filters, out string path)
    {
        path = text;
        if (Values.ListUrl(text, out var url) is { } wrong)
            return wrong;
        if (copies is null)
            return "needs a folder for its copy, write at the top lists: { folder: PATH }";
        var list = SubscribedList.In(copies, url, filters);
        _subscribed.Add(list);
        path = list.Path;
        return null;
    }

    private string? ReadFile(Section hosts)
    {
        var (file, url) = (hosts.Text("file"), hosts.Text("url"));
        if (hosts.Has("file") == hosts.Has("url"))
            hosts.Problem("file", hosts.Has("url") ? "stands beside url, remove one of them" : "is missing, write file: PATH or url: URL");
        var path = "";
        if (file is not null && WhyUnreadable(file, out path) is { } unreadable)
            hosts.Problem("file", $"'{file}' {unreadable}");
        else if (file is null && url is not null && WhyNoSubscription(url, filters: false, out path) is { } wrong)
            hosts.Problem("url", $"'{Values.Quotable(url)}' {wrong}");
        return path.Length == 0 ? null : path;
    }
}
