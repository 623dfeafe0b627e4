using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>An entry in a list. Times are in seconds.</summary>
/// <param name="Url">As the key has it: without the parameters that a rule ignores.</param>
/// <param name="Route">The reverse listener's name; "" forward.</param>
/// <param name="Type">Content-Type.</param>
/// <param name="Bytes">Of the body.</param>
/// <param name="FreshFor">What is left of its lifetime; negative: stale since.</param>
/// <param name="Validates">It was invalidated, and is not served again before the origin confirms it.</param>
/// <param name="Tier"><c>memory</c> or <c>disk</c>.</param>
public sealed record HeldEntry(string Url, string Route, int Status, string? Type, long Bytes, long Age, long FreshFor, bool Validates, string Tier)
{
    internal static HeldEntry Of(Entry entry, Moment now)
    {
        var age = entry.Head.Freshness.AgeTicks(now);
        return new(entry.Key.Url, entry.Key.Scope, entry.Head.Status, entry.Head.Fields.Get(FieldNames.ContentType), entry.Body.Length,
            age / TimeSpan.TicksPerSecond, (entry.Head.Freshness.LifetimeTicks - age) / TimeSpan.TicksPerSecond, entry.IsInvalidated, TierOf(entry));
    }

    internal static string TierOf(Entry entry) => entry.Place is null || entry.IsQueued ? "memory" : "disk";
}

/// <summary>All that is held for one request, and what would become of it now.</summary>
/// <param name="Url">As the key has it.</param>
/// <param name="Route">The reverse listener's name; "" forward.</param>
/// <param name="Rule">The rule that shaped the lookup.</param>
/// <param name="Verdict"><c>hit</c>, <c>stale-hit</c>, <c>revalidate</c>, <c>miss</c> or <c>bypass</c>.</param>
/// <param name="Reason">Why it is no fresh hit, or why it is a hit.</param>
public sealed record HeldAnswers(string Url, string Route, string? Rule, string Verdict, string Reason, IReadOnlyList<HeldVariant> Variants)
{
    internal static HeldAnswers Of(Lookup lookup, CacheRule? rule, ReuseVerdict verdict, MissReason reason, Moment now)
    {
        var (word, why) = verdict switch
        {
            _ when rule is { Bypasses: true } => ("bypass", $"the rule '{rule.Id}' bypasses the cache"),
            _ when lookup.Reason != MissReason.None => ("bypass", lookup.Reason.Text()),
            ReuseVerdict.Fresh => ("hit", "the stored answer is fresh"),
            ReuseVerdict.StaleAsAsked => ("stale-hit", "stale, and the client's max-stale takes it"),
            ReuseVerdict.StaleWhileRevalidate => ("stale-hit", "stale, and served while it is refreshed (stale-while-revalidate)"),
            _ => (Validation.ConditionsFor(lookup.Selected, lookup.Variants, null) is null || lookup.Facts.HasOriginCondition ? "miss" : "revalidate", reason.Text()),
        };
        return new(lookup.Key.Url, lookup.Key.Scope, rule?.Id, word, why, [.. lookup.Variants.Select(v => HeldVariant.Of(v, v == lookup.Selected, now))]);
    }
}

/// <summary>One stored answer.</summary>
/// <param name="Selected">The one that the request selects.</param>
/// <param name="Vary">The fields of the request that it depends on, with their values; null: the request had none.</param>
/// <param name="Tags">The names by which it can be purged.</param>
public sealed record HeldVariant(
    bool Selected, int Status, IReadOnlyList<Field> Fields, IReadOnlyDictionary<string, string?> Vary, IReadOnlyList<string> Tags, long Bytes, bool Validates,
    string Tier, HeldFreshness Freshness)
{
    internal static HeldVariant Of(Entry entry, bool selected, Moment now) => new(
        selected, entry.Head.Status, [.. entry.Head.Fields], entry.Head.Vary.Values.ToDictionary(StringComparer.OrdinalIgnoreCase), EntryTags.Of(entry.Head.Fields),
        entry.Body.Length, entry.IsInvalidated, HeldEntry.TierOf(entry), HeldFreshness.Of(entry.Head, now));
}

/// <summary>The arithmetic of RFC 9111 s.4.2, in seconds; each name is the RFC's.</summary>
/// <param name="Date">date_value</param>
/// <param name="ResponseTime">When the head was received, or confirmed by a 304.</param>
/// <param name="AgeValue">The Age that it came with.</param>
/// <param name="ResponseDelay">From the request sent until the head was received.</param>
/// <param name="ApparentAge">max(0, response_time - date_value)</param>
/// <param name="CorrectedInitialAge">max(apparent_age, age_value + response_delay)</param>
/// <param name="ResidentTime">now - response_time</param>
/// <param name="CurrentAge">corrected_initial_age + resident_time</param>
/// <param name="Lifetime">freshness_lifetime</param>
/// <param name="LifetimeFrom"><c>s-maxage</c>, <c>max-age</c>, <c>Expires</c>, <c>heuristic</c>, <c>none</c>, <c>rule ID</c> or <c>soft purge</c>.</param>
/// <param name="FreshFor">freshness_lifetime - current_age; negative: stale since.</param>
/// <param name="StaleWhileRevalidate">RFC 5861 s.3, a rule's included; null: none.</param>
/// <param name="StaleIfError">RFC 5861 s.4, a rule's included; null: none.</param>
/// <param name="ForbidsStale">no-cache, must-revalidate, proxy-revalidate or s-maxage: never served stale.</param>
public sealed record HeldFreshness(
    DateTimeOffset Date, DateTimeOffset ResponseTime, double AgeValue, double ResponseDelay, double ApparentAge, double CorrectedInitialAge,
    double ResidentTime, double CurrentAge, double Lifetime, string LifetimeFrom, double FreshFor, long? StaleWhileRevalidate, long? StaleIfError, bool ForbidsStale)
{
    internal static HeldFreshness Of(EntryHead head, Moment now)
    {
        var (freshness, directives) = (head.Freshness, head.Directives);
        var age = freshness.AgeTicks(now);
        return new(head.Date, freshness.ResponseTime, Seconds(freshness.AgeValueTicks), Seconds(freshness.DelayTicks),
            // Date counts whole seconds: so does what is measured against it.
            Math.Max(0, (freshness.ResponseTime.UtcTicks - head.Date.UtcTicks) / TimeSpan.TicksPerSecond), Seconds(freshness.InitialAgeTicks),
            Seconds(age - freshness.InitialAgeTicks), Seconds(age), Seconds(freshness.LifetimeTicks), SourceOf(head), Seconds(freshness.LifetimeTicks - age),
            Given(directives.StaleWhileRevalidate), Given(directives.StaleIfError), directives.ForbidsStale);
    }

    private static string SourceOf(EntryHead head) =>
        head.IsSoftlyPurged ? "soft purge"
        : head.Rule is { } rule ? $"rule {rule}"
        : head.Directives.SharedMaxAge >= 0 ? "s-maxage"
        : head.Directives.MaxAge >= 0 ? "max-age"
        : !head.Directives.IsTargeted && head.Fields.Contains(FieldNames.Expires) ? "Expires"
        : head.Freshness.LifetimeTicks > 0 ? "heuristic"
        : "none";

    private static long? Given(long seconds) => seconds < 0 ? null : seconds;

    private static double Seconds(long ticks) => Math.Round((double)ticks / TimeSpan.TicksPerSecond, 3);
}
