using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.Forwarding;
using Sluice.Upstream;

namespace Sluice.Config;

/// <summary>The section <c>upstream</c> of a listener.</summary>
internal static class UpstreamReader
{
    public static (TlsIdentity? Identity, bool Http2) Read(Section listener, ListenerKind? kind, string scheme, string folder)
    {
        if (listener.Child("upstream") is not { } section)
            return default;
        var http2 = section.Flag("http2") ?? false;
        var name = section.Object<string>("serverName", Values.HostName);
        var roots = ReadRoots(section, folder);
        if (kind is ListenerKind.Forward or ListenerKind.Tcp)
        {
            listener.Problem("upstream", $"stands at a {kind.ToString()!.ToLowerInvariant()} listener, remove it: only a reverse listener has one upstream to speak HTTP to");
            return default;
        }
        if (kind is not null && listener.Has("to") && scheme == "http")
            foreach (var key in new[] { "ca", "serverName" })
                if (section.Has(key))
                    section.Problem(key, "is about TLS, but to is an http:// URL: write https://, or remove it");
        return (name is null && roots is null ? null : new TlsIdentity(name, roots), http2);
    }

    private static TrustedRoots? ReadRoots(Section section, string folder)
    {
        if (section.Text("ca") is not { } file)
            return null;
        var path = Path.GetFullPath(file, folder);
        if (Files.WhyNot(path, FileAccess.Read) is { } wrong)
        {
            section.Problem("ca", $"'{file}' cannot be read: {wrong}{(file == path ? "" : $" ({path})")}");
            return null;
        }
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (CryptographicException e)
        {
            section.Problem("ca", $"'{file}' holds a certificate that cannot be read: {e.Message}");
            return null;
        }
        if (certificates.Count > 0)
            return new TrustedRoots(certificates);
        section.Problem("ca", $"'{file}' holds no certificate, it wants PEM: -----BEGIN CERTIFICATE-----");
        return null;
    }
}
