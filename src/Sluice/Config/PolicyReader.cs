using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>The section <c>policies</c>.</summary>
internal sealed class PolicyReader(string folder, ProblemList problems)
{
    private enum Fallback
    {
        Allow,
        Deny,
    }

    // Policy tells of a place by its text.
    private readonly Dictionary<string, (Place Place, string Key)> _places = [];
    private readonly List<RuleOptions> _entries = [];

    public IReadOnlyList<PolicyOptions> Read(Section top)
    {
        var policies = new List<PolicyOptions>();
        foreach (var (name, section) in top.Named("policies"))
        {
            policies.Add(new PolicyOptions
            {
                Name = name,
                DefaultAllows = section.Choice<Fallback>("default") is Fallback.Allow,
                Rules = [.. section.List("rules").Select(ReadRule)],
            });
        }
        Tell(policies.SelectMany(PolicyCheck.Problems));
        Tell(Censor.Load([new PolicyOptions { Name = "", DefaultAllows = true, Rules = _entries }], TimeProvider.System, NullLogger.Instance).Problems);
        return policies;
    }

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
        var (hosts, file) = ReadHosts(section);
        var deny = ReadVerdict(section);
        if (!deny && section.Has("status"))
            section.Problem("status", "stands in a rule that allows, remove it: only a refusal has a status");
        if (!deny && section.Has("reason"))
            section.Problem("reason", "stands in a rule that allows, remove it: only a refusal has a reason");
        return new RuleOptions
        {
            Id = section.Text("id") ?? "",
            Deny = deny,
            Status = (int)(section.Whole("status") ?? 403),
            Reason = section.Text("reason"),
            Hosts = hosts,
            HostsFile = file,
            Where = Mark(section.Place, section.Shown),
        };
    }

    private static bool ReadVerdict(Section section)
    {
        var deny = section.Flag("deny");
        var allow = section.Flag("allow");
        if (!section.Has("deny") && !section.Has("allow"))
            section.Problem("deny", "a rule says what it does: write deny: true or allow: true");
        else if (section.Has("deny") && section.Has("allow"))
            section.Problem("allow", "a rule has deny or allow, not both");
        else if (deny is false)
            section.Problem("deny", "'false' leaves open what the rule does, write allow: true");
        else if (allow is false)
            section.Problem("allow", "'false' leaves open what the rule does, write deny: true");
        return deny ?? allow is not true;
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
                section.Problem("hosts", $"is not a list, write [{text}], or {{ file: PATH }} for a list file");
                return ([], null);
        }
        var lines = section.Many<string>("hosts", (string text, out string line) => (line = text).Trim().Length == 0 ? "is empty" : null) ?? [];
        foreach (var entry in ((section.Node["hosts"] as Sequence)?.Items ?? []).OfType<Scalar>().Where(e => e.Text.Trim().Length > 0))
        {
            // A rule for each entry: what is wrong with it is then told at its own place.
            _entries.Add(new RuleOptions { Id = entry.Text, Deny = true, Hosts = [entry.Text], Where = Mark(entry.Place, section.KeyOf("hosts")) });
        }
        if (section.Node["hosts"] is Sequence { Items.Count: 0 })
            section.Problem("hosts", "is an empty list, which matches nothing: write a host, or remove the rule");
        return (lines, null);
    }

    private string? ReadFile(Section hosts)
    {
        if (hosts.Text("file") is not { } file)
            return null;
        var path = Path.GetFullPath(file, folder);
        if (Files.WhyNot(path, FileAccess.Read) is { } wrong)
            hosts.Problem("file", $"'{file}' cannot be read: {wrong}{(file == path ? "" : $" ({path})")}");
        return path;
    }
}
