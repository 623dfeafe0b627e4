namespace Sluice.Cache;

/// <summary>What is wrong with rules by what they say of each other.</summary>
public static class CacheRuleCheck
{
    /// <summary>The rule before it that decides all that it could decide; null: it can decide something. A rule that answers both
    /// questions (<see cref="CacheRules"/>) must be idle for both.</summary>
    public static string? DecidedBefore(CacheRuleOptions rule, IEnumerable<CacheRuleOptions> before)
    {
        var covering = before.Where(b => Covers(b, rule)).ToList();
        var lookups = covering.Find(b => b.ShapesLookup);
        var answers = covering.Find(b => b.SetsFreshness || b.Bypass);
        return (!rule.ShapesLookup || lookups is not null) && (!rule.SetsFreshness || answers is not null) ? (lookups ?? answers)?.Id : null;
    }

    private static bool Covers(CacheRuleOptions all, CacheRuleOptions one) =>
        Covers(all.Hosts, one.Hosts, (a, o) => a.Covers(o))
        && Covers(all.Paths, one.Paths, CoversGlob)
        && Covers(all.Types, one.Types, (a, o) => CoversGlob(a.ToLowerInvariant(), o.ToLowerInvariant()))
        // Status says nothing where it is not written, but only common ones are meant then.
        && (all.Status.Count == 0 ? one.Status.Count == 0 : one.Status.Count > 0 && Covers(all.Status, one.Status, (a, o) => a.First <= o.First && a.Last >= o.Last));

    private static bool Covers<T>(IReadOnlyList<T> all, IReadOnlyList<T> one, Func<T, T, bool> covers) =>
        all.Count == 0 || one.Count > 0 && one.All(o => all.Any(a => covers(a, o)));

    private static bool CoversGlob(string all, string one) =>
        all == one || all.IndexOf('*') == all.Length - 1 && one.StartsWith(all[..^1], StringComparison.Ordinal);
}
