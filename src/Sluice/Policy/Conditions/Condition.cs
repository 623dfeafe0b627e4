using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>One condition of a rule on requests. Immutable, but for lists, whose content is swapped.</summary>
internal abstract class Condition
{
    /// <param name="match">Told what matched, where that says more than the rule's name.</param>
    public abstract bool Matches(ref Asked asked, ref Match match);
}

/// <summary>What matched.</summary>
internal record struct Match
{
    /// <summary>What counts the matches of <see cref="List"/>.</summary>
    public ListSource? Source { get; set; }

    /// <summary>The list file that named it.</summary>
    public string? List { get; set; }

    /// <summary>From 1.</summary>
    public int Line { get; set; }

    /// <summary>Why that is refused, in a sentence.</summary>
    public string? Because { get; set; }
}
