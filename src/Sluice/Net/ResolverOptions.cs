using System.Net;

namespace Sluice.Net;

/// <summary>Who is asked for the addresses of names that /etc/hosts does not have.</summary>
public sealed record ResolverOptions
{
    public const int DnsPort = 53;

    /// <summary>The system's resolver (getaddrinfo), which tells no TTL.</summary>
    public bool IsSystem { get; init; }

    /// <summary>Name servers; none: those of /etc/resolv.conf, or, where that names none, the system's resolver.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    public bool Equals(ResolverOptions? other) => other is not null && IsSystem == other.IsSystem && Servers.SequenceEqual(other.Servers);

    public override int GetHashCode() => HashCode.Combine(IsSystem, Servers.Count);
}
