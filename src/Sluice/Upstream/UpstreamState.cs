namespace Sluice.Upstream;

/// <summary>How one upstream of HTTP fares. Counted since the program began.</summary>
public sealed record UpstreamState
{
    /// <summary>The name of all those together that are no longer told apart.</summary>
    public const string Others = "other";

    /// <summary>Scheme, host and port, such as <c>http://example.com:80</c>, or <see cref="Others"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The configuration names it; else a client did.</summary>
    public bool IsConfigured { get; init; }

    /// <summary>Open connections, idle ones included.</summary>
    public int Open { get; init; }

    /// <summary>Connections kept for the next request; those of HTTP/2 are never told as idle.</summary>
    public int Idle { get; init; }

    /// <summary>Requests that wait for one of <c>limits.connectionsPerUpstream</c>.</summary>
    public int Waiting { get; init; }

    /// <summary>Requests sent.</summary>
    public long Requests { get; init; }

    /// <summary>Connections made.</summary>
    public long Connects { get; init; }

    /// <summary>Dials that failed, answers that did not come or were not whole; not what clients or rules broke off.</summary>
    public long Failures { get; init; }

    /// <summary>Of the last failure, an error type of RFC 9209 s.2.3; null: none failed.</summary>
    public string? LastError { get; init; }

    /// <summary>More about it.</summary>
    public string? LastErrorDetail { get; init; }

    public DateTimeOffset? LastErrorAt { get; init; }

    /// <summary>When the last connection was made; null: none was.</summary>
    public DateTimeOffset? LastConnect { get; init; }

    /// <summary>How long that took, in milliseconds, the look-up of the name and the handshake included.</summary>
    public double? ConnectMs { get; init; }
}
