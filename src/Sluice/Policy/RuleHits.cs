namespace Sluice.Policy;

/// <summary>How often a rule has matched, and when the last time; null: never.</summary>
public readonly record struct RuleHits(string Policy, string Rule, long Hits, DateTimeOffset? LastHit);
