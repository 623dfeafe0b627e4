using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Upstream;

/// <summary>Whom we take an upstream for when we speak TLS to it. Equal where both parts are: connections are shared only then.</summary>
/// <param name="ServerName">Sent as the server's name (RFC 6066 s.3), and what its certificate must be valid for; null: the host that is dialled.</param>
/// <param name="Roots">Whose certificates are believed; null: the system's.</param>
public sealed record TlsIdentity(string? ServerName, TrustedRoots? Roots);

/// <summary>Certificates that are believed, instead of the system's. Equal where they are the same.</summary>
public sealed class TrustedRoots : IEquatable<TrustedRoots>
{
    private readonly string _thumbprints;

    public TrustedRoots(X509Certificate2Collection certificates)
    {
        Policy = UpstreamTls.Policy();
        Policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        Policy.CustomTrustStore.AddRange(certificates);
        _thumbprints = string.Join(' ', certificates.Select(c => c.GetCertHashString(HashAlgorithmName.SHA256)).Order(StringComparer.Ordinal));
    }

    internal X509ChainPolicy Policy { get; }

    public bool Equals(TrustedRoots? other) => other is not null && _thumbprints == other._thumbprints;

    public override bool Equals(object? obj) => Equals(obj as TrustedRoots);

    public override int GetHashCode() => _thumbprints.GetHashCode(StringComparison.Ordinal);
}
