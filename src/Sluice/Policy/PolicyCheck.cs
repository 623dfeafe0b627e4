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
            // What is on trial, adds something or waits for the answer lets the next rule be tried.
            if (rule is not { Action: not RuleAction.Continue, Reports: false, Reply: null })
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

    private const string Hosts = "hosts";

    /// <summary>All that the later one matches, by what is written.</summary>
    private static bool Covers(Dictionary<string, HashSet<string>> earlier, Dictionary<string, HashSet<string>> later) =>
        earlier.All(condition => later.TryGetValue(condition.Key, out var values) && values.IsSubsetOf(condition.Value));

    private static Dictionary<string, HashSet<string>> ConditionsOf(RuleOptions rule)
    {
        var conditions = new Dictionary<string, HashSet<string>>();
        Add("clients", rule.Clients);
        Add("listeners", rule.Listeners);
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
