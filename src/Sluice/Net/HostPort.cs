using System.Buffers;
using System.Globalization;
using System.Net;

namespace Sluice.Net;

/// <summary>A host (a name or an IP address, lower case, IPv6 without brackets) and a TCP port (1-65535).</summary>
public readonly record struct HostPort(string Host, int Port)
{
    private static readonly SearchValues<char> NotInHost = SearchValues.Create(" \t/@[]:?#%\\");

    /// <summary><c>host:port</c>, with brackets around IPv6 (RFC 3986 s.3.2.2).</summary>
    public override string ToString() =>
        Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>Parses <c>host:port</c> or <c>[v6]:port</c>; decimal port 1-65535 without sign or blanks.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out HostPort value)
    {
        value = default;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !TryParsePort(text[(colon + 1)..], out var port))
            return false;
        var host = text[..colon];
        if (host[0] == '[')
        {
            if (host[^1] != ']' || !IPAddress.TryParse(host[1..^1], out var v6)
                || v6.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
                return false;
            value = new HostPort(v6.ToString(), port);
            return true;
        }
        // A bare IPv6 address and its port cannot be told apart.
        if (host.ContainsAny(NotInHost))
            return false;
        value = new HostPort(host.TrimEnd('.').ToString().ToLowerInvariant(), port);
        return value.Host.Length > 0;
    }

    public static bool TryParsePort(ReadOnlySpan<char> text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;
}
