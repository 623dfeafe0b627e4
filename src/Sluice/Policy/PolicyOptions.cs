namespace Sluice.Policy;

/// <summary>One policy of the section <c>policies</c>: ordered rules, the first that matches and decides is the last that is tried.</summary>
public sealed record PolicyOptions
{
    public required string Name { get; init; }

    /// <summary>What holds where no rule decides.</summary>
    public required bool DefaultAllows { get; init; }

    /// <summary>Nothing is refused; what would have been is noted.</summary>
    public bool Reports { get; init; }

    public IReadOnlyList<RuleOptions> Rules { get; init; } = [];
}
