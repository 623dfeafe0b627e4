namespace Sluice.Policy;

/// <summary>How often a rule has decided.</summary>
public readonly record struct RuleHits(string Policy, string Rule, long Hits);
