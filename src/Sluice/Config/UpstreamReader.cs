using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Config;

/// <summary>The section <c>upstream</c> of a listener, and the section <c>upstreams</c>.</summary>
internal static class UpstreamReader
{
    public static (TlsIdentity? Identity, bool Http2) Read(Section listener, ListenerKind? kind, string scheme, string folder)
    {
        if (listener.Child("upstream") is not { } section)
            return default;
        var read = ReadHow(section, folder);
        if (kind is ListenerKind.Forward or ListenerKind.Tcp)
        {
            listener.Problem("upstream", $"stands at a {kind.ToString()!.ToLowerInvariant()} listener, remove it: only a reverse listener has one upstream to speak HTTP to");
            return default;
        }
        if (kind is not null && listener.Has("to"))
            Judge(section, scheme);
        return read;
    }

    /// <param name="listeners">Whose names are taken: answers are kept by the name of where they came from.</param>
    public static FrozenDictionary<string, Destination> ReadNamed(Section top, string folder, IReadOnlyList<ListenerOptions> listeners)
    {
        var upstreams = new Dictionary<string, Destination>();
        foreach (var (name, section) in top.Named("upstreams"))
        {
            if (listeners.Any(listener => listener.Name == name))
                top.Problem("upstreams", $"'{name}' is the name of a listener, choose another");
            if (name.StartsWith('@'))
                top.Problem("upstreams", $"'{name}' begins with @, choose another");
            var to = section.Value<(string Scheme, HostPort To)>("to", Values.Origin);
            var (identity, http2) = ReadHow(section, folder);
            if (to is not { } origin)
                continue;
            Judge(section, origin.Scheme);
            upstreams[name] = new Destination(origin.Scheme == "https", origin.To) { Identity = identity, Http2 = http2 };
        }
        return upstreams.ToFrozenDictionary();
    }

    private static (TlsIdentity? Identity, bool Http2) ReadHow(Section section, string folder)
    {
        var http2 = section.Flag("http2") ?? false;
        var name = section.Object<string>("serverName", Values.HostName);
        var roots = ReadRoots(section, folder);
        return (name is null && roots is null ? null : new TlsIdentity(name, roots), http2);
    }

    private static void Judge(Section section, string scheme)
    {
        foreach (var key in new[] { "ca", "serverName" })
            if (scheme == "http" && section.Has(key))
                section.Problem(key, "is about TLS, but to is an http:// URL: write https://, or remove it");
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
