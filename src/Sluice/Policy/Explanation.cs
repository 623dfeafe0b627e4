namespace Sluice.Policy;

/// <summary>What the censor says of a request, and how it came to it.</summary>
/// <param name="Rules">All of the policy, in their order.</param>
public sealed record Explanation(Verdict Verdict, IReadOnlyList<RuleTrial> Rules);

/// <summary>What came of a rule.</summary>
public enum RuleOutcome : byte
{
    /// <summary>One before it decided.</summary>
    NotReached,

    /// <summary>It is about answers, and there is none yet.</summary>
    OnReply,

    NotMatched,

    Matched,

    /// <summary>It matches and would refuse, but is on trial (mode report): it is noted, and the next one tried.</summary>
    OnTrial,
}

/// <summary>One rule as it was tried.</summary>
/// <param name="Rule">Its id.</param>
/// <param name="Conditions">All of a rule that matches; of one that does not, the first that does not hold; else none.</param>
public sealed record RuleTrial(string Rule, RuleAction Action, RuleOutcome Outcome, IReadOnlyList<ConditionTrial> Conditions)
{
    /// <summary>The list file that named the request; null: none.</summary>
    public string? List { get; init; }

    /// <summary>From 1; 0: none.</summary>
    public int Line { get; init; }

    /// <summary>It matches at some times and not at others, and its other conditions hold.</summary>
    public bool DependsOnTime { get; init; }
}

/// <summary>One condition as it was tried.</summary>
/// <param name="Name">The key under which it stands in the rule.</param>
/// <param name="Text">Why, to be said after the name: <c>10.9.0.1 is in none of 10.1.0.0/24</c>. May quote the request: escape it.</param>
public readonly record struct ConditionTrial(string Name, bool Holds, string Text);

/// <summary>Has each rule say what came of it, while a request is judged.</summary>
/// <param name="Rules">By their position.</param>
/// <param name="At">When it is asked; null: now.</param>
internal sealed record Explaining(RuleTrial[] Rules, DateTimeOffset? At)
{
    /// <summary>All are asked, maybe again.</summary>
    public void Begin(Rule[] rules)
    {
        foreach (var (i, rule) in rules.Index())
            Rules[i] = rule.Untried(RuleOutcome.NotReached);
    }
}
