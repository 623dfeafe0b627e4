namespace Sluice.Policy;

/// <summary>What is wrong with a policy by its rules alone, whatever its lists hold.</summary>
public static class PolicyCheck
{
    /// <summary>Rules that can never decide because those before them match all that they match.</summary>
    public static IReadOnlyList<PolicyProblem> Problems(PolicyOptions policy)
    {
        var problems = new List<PolicyProblem>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var named = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        string? matchesAll = null;
        foreach (var rule in policy.Rules)
        {
            var entries = EntriesOf(rule);
            if (!ids.Add(rule.Id))
                Report(rule, $"another rule of policy '{policy.Name}' has the id '{rule.Id}' too");
            if (matchesAll is not null)
                Report(rule, $"rule '{rule.Id}' is never reached: rule '{matchesAll}' before it matches everything");
            else if (entries.Count > 0 && entries.All(named.ContainsKey))
                Report(rule, $"rule '{rule.Id}' is never reached: rule '{named[entries[0]]}' before it names the same");
            else if (entries.Count == 0)
                matchesAll = rule.Id;
            foreach (var entry in entries)
                named.TryAdd(entry, rule.Id);
        }
        return problems;

        void Report(RuleOptions rule, string text) =>
            problems.Add(new PolicyProblem(rule.Where ?? $"rule '{rule.Id}'", text, Fatal: true));
    }

    private static List<string> EntriesOf(RuleOptions rule)
    {
        List<string> entries = [.. rule.Hosts.Select(entry => entry.Trim())];
        if (rule.HostsFile is { } file)
            entries.Add($"@{file}");
        return entries;
    }
}
