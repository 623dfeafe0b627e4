using Sluice.Http;

namespace Sluice.Policy;

/// <summary>What a tunnel shows before an octet of it is passed on.</summary>
/// <param name="Facts">As rules name them.</param>
/// <param name="ServerName">Whom the client's TLS asks for, canonical; null: it does not say.</param>
public readonly record struct TunnelStart(TlsFacts Facts, string? ServerName = null)
{
    /// <summary>A ClientHello was read.</summary>
    /// <param name="connect">What CONNECT named.</param>
    /// <param name="serverName">Canonical; null: the hello has none.</param>
    /// <param name="hasEch">It has the extension.</param>
    public static TunnelStart OfHello(RequestTarget connect, string? serverName, bool hasEch)
    {
        var host = HostText.Canonical(connect.Host) ?? connect.Host;
        var fact = serverName is null ? TlsFacts.NoSni
            : serverName == host ? TlsFacts.Match
            : HostText.IsAddress(host) ? TlsFacts.ByAddress
            : TlsFacts.Mismatch;
        return new TunnelStart(hasEch ? fact | TlsFacts.Ech : fact, serverName);
    }

    /// <summary>The client's TLS asks for another than CONNECT did.</summary>
    public bool NamesAnother => (Facts & (TlsFacts.Mismatch | TlsFacts.ByAddress)) != 0;
}
