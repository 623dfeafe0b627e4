namespace Sluice.Upstream;

/// <summary>What the client side of HTTP may take; each from the section <c>limits</c>.</summary>
public sealed record UpstreamOptions
{
    public required TimeSpan Connect { get; init; }
    public required TimeSpan Response { get; init; }
    public required TimeSpan Body { get; init; }
    public required TimeSpan KeepAlive { get; init; }
    public required int IdlePerUpstream { get; init; }

    /// <summary>Open connections to one; 0: no limit.</summary>
    public int MostPerUpstream { get; init; }

    /// <summary>An older connection is not used again.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.MaxValue;

    public required int MaxHeadBytes { get; init; }
    public required int MaxFields { get; init; }
}
