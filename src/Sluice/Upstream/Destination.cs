using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>Where a request goes: what a connection is pooled under.</summary>
/// <param name="Tls">Whether TLS is spoken; the certificate must be valid for the host.</param>
/// <param name="At">Host and port to dial.</param>
public readonly record struct Destination(bool Tls, HostPort At)
{
    public override string ToString() => At.ToString();
}
