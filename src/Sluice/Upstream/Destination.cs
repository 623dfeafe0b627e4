using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>Where a request goes: what a connection is pooled under.</summary>
/// <param name="Tls">Whether TLS is spoken; the certificate must be valid for the host.</param>
/// <param name="At">Host and port to dial.</param>
public readonly record struct Destination(bool Tls, HostPort At)
{
    /// <summary>With TLS: other than the host and the system's roots.</summary>
    public TlsIdentity? Identity { get; init; }

    /// <summary>HTTP/2 is spoken, without TLS too (RFC 9113 s.3.3).</summary>
    public bool Http2 { get; init; }

    public override string ToString() => At.ToString();
}
