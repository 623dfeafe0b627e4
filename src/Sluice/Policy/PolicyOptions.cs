namespace Sluice.Policy;

/// <summary>One policy of the section <c>policies</c>: ordered rules, the first that matches decides.</summary>
public sealed record PolicyOptions
{
    public required string Name { get; init; }

    /// <summary>What holds where no rule matches.</summary>
    public required bool DefaultAllows { get; init; }

    public IReadOnlyList<RuleOptions> Rules { get; init; } = [];
}

/// <summary>One rule. Without hosts it matches everything.</summary>
public sealed record RuleOptions
{
    public required string Id { get; init; }

    public required bool Deny { get; init; }

    /// <summary>The status of the answer to what is denied, 400-599.</summary>
    public int Status { get; init; } = 403;

    /// <summary>Why, in a sentence for the person who is refused; null: a stock sentence.</summary>
    public string? Reason { get; init; }

    /// <summary>List lines written in the configuration itself, in the list's syntax.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>A list file, reloaded when it changes.</summary>
    public string? HostsFile { get; init; }

    /// <summary>Where the rule stands, for messages: <c>sluice.yaml:14:7</c>.</summary>
    public string? Where { get; init; }
}
