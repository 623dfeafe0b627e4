namespace Sluice.Policy;

/// <summary>Whose use is counted together.</summary>
public enum RateShare : byte
{
    /// <summary>Each client's: of a user where there is a login, else of an IPv4 address or an IPv6 network of 64 bits, which one machine may have.</summary>
    Client,

    /// <summary>All that match the rule.</summary>
    Rule,
}

/// <summary>How much may be taken.</summary>
public sealed record RateOptions
{
    /// <summary>Requests in any stretch of <see cref="Every"/>; what is beyond is refused. Null: any number.</summary>
    public int? Requests { get; init; }

    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Octets of bodies and tunnels a second, both directions together, after a burst of as much; what is beyond waits. Null: any number.</summary>
    public int? BytesPerSecond { get; init; }

    public RateShare Per { get; init; }
}
