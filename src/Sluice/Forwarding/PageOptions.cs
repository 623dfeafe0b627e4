namespace Sluice.Forwarding;

/// <summary>The section <c>page</c>: what people read who get no answer.</summary>
public sealed record PageOptions
{
    /// <summary>Whom to ask: an address, a name, a room; null: it is not said.</summary>
    public string? Contact { get; init; }

    public PageTemplate Template { get; init; } = PageTemplate.Standard;
}
