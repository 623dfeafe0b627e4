namespace Sluice.Policy;

/// <summary>What is wrong with a policy by its rules alone, whatever its lists hold.</summary>
public static class PolicyCheck
{
    /// <summary>Rules that can never decide because those before them decide on all that they match.</summary>
    public static IReadOnlyList<PolicyProblem> Problems(PolicyOptions policy)
    {
        var problems = new List<PolicyProblem>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var named = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var deciding = new List<(string Id, Dictionary<string, HashSet<string>> Conditions)>();
        foreach (var rule in policy.Rules)
        {
            if (!ids.Add(rule.Id))
                Report(rule, $"another rule of policy '{policy.Name}' has the id '{rule.Id}' too");
            var conditions = ConditionsOf(rule);
            var hosts = conditions.GetValueOrDefault(Hosts);
            if (deciding.Find(before => Covers(before.Conditions, conditions)) is { Id: { } covering } found)
                Report(rule, $"rule '{rule.Id}' is never reached: rule '{covering}' before it {(found.Conditions.Count == 0 ? "matches everything" : "names the same")}");
            else if (hosts is not null && hosts.All(named.ContainsKey))
                Report(rule, $"rule '{rule.Id}' is never reached: rule '{named[hosts.First()]}' before it names the same");
            if (!Decides(rule))
                continue;
            deciding.Add((rule.Id, conditions));
            if (hosts is not null && conditions.Count == 1)
                foreach (var entry in hosts)
                    named.TryAdd(entry, rule.Id);
        }
        return problems;

        void Report(RuleOptions rule, string text) =>
            problems.Add(new PolicyProblem(rule.Where ?? $"rule '{rule.Id}'", text, Fatal: true));
    }

    /// <summary>Rules that could be left out, as the lists stand: nothing that keeps the others from their work.</summary>
    internal static IReadOnlyList<PolicyProblem> Needless(PolicyOptions policy, Rule[] rules)
    {
        var problems = new List<PolicyProblem>();
        for (var i = 0; i < rules.Length; i++)
        {
            var rule = rules[i];
            if (Array.Find(rules[..i], before => ListsCover(before, rule)) is { } covering)
                Report(rule, $"is never reached: all that its list names rule '{covering.Id}' before it names too");
            else if (policy.DefaultAllows && Array.TrueForAll(rules[i..], later => later.Options is { Action: RuleAction.Allow, Adds: false }))
                Report(rule, "changes nothing: no rule behind it refuses or adds anything, and default allows");
        }
        return problems;

        void Report(Rule rule, string text) =>
            problems.Add(new PolicyProblem(rule.Options.Where ?? $"rule '{rule.Id}'", $"rule '{rule.Id}' {text}", Fatal: false));
    }

    private const string Hosts = "hosts";

    /// <summary>What is on trial, adds something or waits for the answer lets the next rule be tried.</summary>
    private static bool Decides(RuleOptions rule) => rule is { Action: not RuleAction.Continue, Reports: false, Reply: null };

    private static bool ListsCover(Rule earlier, Rule later)
    {
        if (!Decides(earlier.Options) || earlier.Hosts is not { } before || later.Hosts is not { } after)
            return false;
        var (conditions, narrower) = (ConditionsOf(earlier.Options), ConditionsOf(later.Options));
        conditions.Remove(Hosts);
        var (indexes, entries) = (before.Indexes, after.Indexes.SelectMany(index => index.Entries));
        return Covers(conditions, narrower) && after.Indexes.Sum(index => index.Count) > 0 && entries.All(entry => indexes.Any(index => index.Covers(entry)));
    }

    /// <summary>All that the later one matches, by what is written.</summary>
    private static bool Covers(Dictionary<string, HashSet<string>> earlier, Dictionary<string, HashSet<string>> later) =>
        earlier.All(condition => later.TryGetValue(condition.Key, out var values) && values.IsSubsetOf(condition.Value));

    private static Dictionary<string, HashSet<string>> ConditionsOf(RuleOptions rule)
    {
        var conditions = new Dictionary<string, HashSet<string>>();
        Add("clients", rule.Clients);
        Add("listeners", rule.Listeners);
        Add("users", rule.Users);
        Add("groups", rule.Groups);
        Add("schemes", rule.Schemes);
        Add(Hosts, rule.HostsFile is { } file ? [.. rule.Hosts.Select(host => host.Trim()), $"@{file}"] : rule.Hosts.Select(host => host.Trim()));
        if (rule.Filters.Count > 0)
            Add("filters", [string.Join('\n', rule.Filters)]);
        Add("ports", rule.Ports);
        Add("methods", rule.Methods);
        Add("paths", rule.Paths);
        Add("urls", rule.Urls);
        Add("times", rule.Times);
        Add("tls", rule.Tls);
        // Here all must hold: more of them is less.
        foreach (var parameter in rule.Query)
            Add($"query {parameter.Name}", [parameter.Value]);
        foreach (var field in rule.Headers)
            Add($"headers {field.Name}", [field.Value]);
        if (rule.Reply is not null)
            Add("reply", [rule.Id]);
        return conditions;

        void Add<T>(string name, IEnumerable<T> values)
        {
            var texts = values.Select(value => $"{value}").ToHashSet(name == Hosts ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
            if (texts.Count > 0)
                conditions[name] = texts;
        }
    }
}
