using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>One condition of a rule on requests. Immutable, but for lists, whose content is swapped.</summary>
internal abstract class Condition
{
    private const int Shown = 8;

    /// <summary>The key under which it stands in a rule.</summary>
    public abstract string Name { get; }

    /// <param name="match">Told what matched, where that says more than the rule's name.</param>
    public abstract bool Matches(ref Asked asked, ref Match match);

    /// <summary>Why it holds or does not, to be said after its name: <c>8443 is not 443</c>.</summary>
    /// <param name="holds">What <see cref="Matches"/> has said.</param>
    public abstract string Explain(ref Asked asked, bool holds);

    /// <summary><c>none of 443, 8443</c>, to be said after "is" or "is in"; the first values stand for many.</summary>
    protected static string NoneOf<T>(IReadOnlyCollection<T> values) =>
        $"none of {string.Join(", ", values.Take(Shown))}{(values.Count > Shown ? $" and {values.Count - Shown} more" : "")}";
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
