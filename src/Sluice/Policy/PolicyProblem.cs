namespace Sluice.Policy;

/// <summary>Something wrong with a policy or one of its lists.</summary>
/// <param name="Where"><c>file:line</c> of a list, or where the rule stands in the configuration.</param>
/// <param name="Text">What is wrong and what would be right, in a sentence without its full stop.</param>
/// <param name="Fatal">The rule cannot do its work at all (its list is missing); else one entry was left out.</param>
public sealed record PolicyProblem(string Where, string Text, bool Fatal)
{
    public override string ToString() => $"{Where}: {Text}";
}
