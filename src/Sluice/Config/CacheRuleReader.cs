using Sluice.Cache;
using Sluice.Http;

namespace Sluice.Config;

/// <summary>The list <c>cache.rules</c>.</summary>
internal sealed class CacheRuleReader(ProblemList problems)
{
    private static readonly string[] OfAnswers = ["types", "status"];
    private static readonly string[] OfLookups = ["ignoreQuery", "sortQuery", "ignoreReload", "bypass"];
    private static readonly string[] Effects = ["ttl", "minTtl", "maxTtl", "staleWhileRevalidate", "staleIfError", .. OfLookups];

    public IReadOnlyList<CacheRuleOptions> Read(Section cache)
    {
        var rules = new List<CacheRuleOptions>();
        var ids = new HashSet<string>();
        foreach (var section in cache.List("rules"))
        {
            var before = problems.Count;
            var rule = ReadRule(section);
            if (section.Has("id") && !ids.Add(rule.Id))
                section.Problem("id", $"duplicate id '{rule.Id}', write another");
            // What follows from a rule that is wrong itself is not told.
            if (problems.Count > before)
                continue;
            if (CacheRuleCheck.DecidedBefore(rule, rules) is { } deciding)
                problems.Add(section.Place, section.Shown, $"rule '{rule.Id}' is never reached: rule '{deciding}' before it decides all that it matches");
            rules.Add(rule);
        }
        return rules.Count == 0 ? Array.Empty<CacheRuleOptions>() : rules;
    }

    private static CacheRuleOptions ReadRule(Section section)
    {
        var (names, all) = ReadIgnored(section);
        var rule = new CacheRuleOptions
        {
            Id = section.Text("id") ?? "",
            Hosts = section.Some<HostPattern>("hosts", (string text, out HostPattern value) => HostPattern.TryParse(text, out value)),
            Paths = section.Some<string>("paths", Values.PathGlob),
            Types = section.Some<string>("types", Values.TypeGlob),
            Status = section.Some<StatusRange>("status", Values.Status),
            Ttl = section.Age("ttl"),
            Override = section.Flag("override") ?? false,
            MinTtl = section.Age("minTtl"),
            MaxTtl = section.Age("maxTtl"),
            StaleWhileRevalidate = section.Age("staleWhileRevalidate"),
            StaleIfError = section.Age("staleIfError"),
            IgnoreQuery = names,
            IgnoreAllQuery = all,
            SortQuery = section.Flag("sortQuery") ?? false,
            IgnoreReload = section.Flag("ignoreReload") ?? false,
            Bypass = section.Flag("bypass") ?? false,
        };
        Judge(section, rule);
        return rule;
    }

    /// <summary>What goes with what.</summary>
    private static void Judge(Section section, CacheRuleOptions rule)
    {
        if (!Effects.Any(section.Has))
            section.Problem("id", "the rule says nothing about what it matches: add for example ttl: 1h or bypass: true");
        if (OfLookups.FirstOrDefault(section.Has) is { } early && OfAnswers.FirstOrDefault(section.Has) is { } late)
            section.Problem(late, $"is known only when the answer is there, but {early} is decided when the request comes: make two rules of it");
        if (rule.Bypass && Effects.FirstOrDefault(e => e != "bypass" && section.Has(e)) is { } idle)
            section.Problem(idle, "has nothing to do in a rule with bypass: true, remove one of them");
        if (rule.Override && rule is { Ttl: null, StaleWhileRevalidate: null, StaleIfError: null })
            section.Problem("override", "overrides nothing: add ttl, staleWhileRevalidate or staleIfError");
        if (rule is { Override: true, Ttl: not null } && (section.Has("minTtl") || section.Has("maxTtl")))
            section.Problem(section.Has("minTtl") ? "minTtl" : "maxTtl", "has nothing to do beside ttl with override: true, which is always the lifetime");
        if (rule.MinTtl > rule.MaxTtl)
            section.Problem("minTtl", $"is more than maxTtl");
    }

    private static (IReadOnlyList<string> Names, bool All) ReadIgnored(Section section)
    {
        switch (section.Node["ignoreQuery"])
        {
            case Scalar { Text: "all" }:
                return ([], true);
            case Scalar { IsNull: false, Place.HasLine: true, Text: var text }:
                section.Problem("ignoreQuery", $"'{text}' is not known, write all, or a list such as [utm_*, fbclid]");
                return ([], false);
            default:
                return (section.Some<string>("ignoreQuery", Values.ParameterGlob), false);
        }
    }
}
