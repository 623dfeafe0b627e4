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

    /// <summary>As a person says it: the server name that a ClientHello asks for, <c>none</c> for TLS that names nobody, or <c>not-tls</c>.</summary>
    /// <returns>Why it is none of these, to be said after it; null: it is.</returns>
    public static string? TryParse(string text, RequestTarget connect, out TunnelStart start)
    {
        start = new TunnelStart(TlsFacts.NotTls);
        if (text == "not-tls")
            return null;
        var name = text == "none" ? null : HostText.Canonical(text);
        if (name is null ? text != "none" : HostText.IsAddress(name))
            return "is not a server name, write for example www.example.com, or none for TLS without one, or not-tls";
        start = OfHello(connect, name, hasEch: false);
        return null;
    }

    /// <summary>The client's TLS asks for another than CONNECT did.</summary>
    public bool NamesAnother => (Facts & (TlsFacts.Mismatch | TlsFacts.ByAddress)) != 0;
}
