using Sluice.Net;

namespace Sluice.Policy;

/// <summary>One policy of the section <c>policies</c>: ordered rules, the first that matches and decides is the last that is tried.</summary>
public sealed record PolicyOptions
{
    public required string Name { get; init; }

    /// <summary>What holds where no rule decides.</summary>
    public required bool DefaultAllows { get; init; }

    /// <summary>Nothing is refused; what would have been is noted.</summary>
    public bool Reports { get; init; }

    /// <summary>Which addresses its clients may have dialled, once a request is allowed.</summary>
    public DestinationOptions Destinations { get; init; } = new();

    public IReadOnlyList<RuleOptions> Rules { get; init; } = [];
}

/// <summary>Addresses that clients may name, of forward listeners. A configured upstream is nobody's choice, and is not judged.</summary>
public sealed record DestinationOptions
{
    /// <summary>These may be dialled whatever else they are.</summary>
    public AddressSet Allow { get; init; } = AddressSet.Empty;

    /// <summary>Null: on a listener that others can reach what only this machine should reach, else nothing.</summary>
    public AddressSet? Deny { get; init; }
}
