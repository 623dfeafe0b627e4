using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Http;

/// <summary>One spelling for each host, so that no rule is passed by spelling it otherwise: lower case, no trailing
/// dot, international names in punycode (RFC 5891), addresses as <see cref="IPAddress"/> writes them. The numeric
/// forms that resolvers take for IPv4 (<c>0x7f.1</c>, <c>2130706433</c>) and IPv4 mapped into IPv6 become plain IPv4.</summary>
internal static class HostText
{
    private static readonly SearchValues<char> NameChars = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");
    private static readonly SearchValues<byte> NameOctets = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_."u8);
    private static readonly IdnMapping Idn = new() { AllowUnassigned = false, UseStd3AsciiRules = false };

    /// <summary>The canonical form, or null where the text is no host. Allocates only where the text is not canonical yet.</summary>
    public static string? Canonical(string host)
    {
        if (IsCanonicalName(host))
            return host;
        var bare = host.Length > 2 && host[0] == '[' && host[^1] == ']' ? host[1..^1] : host;
        if (bare.Contains(':'))
            return IPAddress.TryParse(bare, out var v6) ? Text(v6) : null;
        try
        {
            // Lower case first: without ICU (InvariantGlobalization) IdnMapping encodes capitals as they are.
            var name = bare.ToLowerInvariant();
            name = Ascii.IsValid(name) ? name : Idn.GetAscii(name);
            name = name.EndsWith('.') ? name[..^1] : name;
            if (EndsInNumber(name))
                return IPAddress.TryParse(name, out var v4) ? Text(v4) : null;
            return IsCanonicalName(name) ? name : null;
        }
        catch (ArgumentException)
        {
            // IdnMapping's way to say that a label is none.
            return null;
        }
    }

    /// <summary>The canonical host of an absolute URL, or of <c>host:port</c>; null: there is none in it. User info is passed over.</summary>
    public static string? OfUrl(string? url)
    {
        var scheme = url?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        var authority = url.AsSpan(scheme < 0 ? 0 : scheme + 3);
        var end = authority.IndexOfAny('/', '?', '#');
        authority = end < 0 ? authority : authority[..end];
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var port = authority.LastIndexOf(':');
        if (port >= 0 && authority.IndexOf(']') < port && !authority[(port + 1)..].ContainsAnyExceptInRange('0', '9'))
            authority = authority[..port];
        return authority.IsEmpty ? null : Canonical(authority.ToString());
    }

    /// <summary>Addresses have no domains above them.</summary>
    public static bool IsAddress(string canonicalHost) => canonicalHost.Contains(':') || EndsInNumber(canonicalHost);

    /// <summary>Whether the octets are a name (no address) in its canonical form already: what <see cref="Canonical"/> would return as it is.</summary>
    public static bool IsCanonicalName(ReadOnlySpan<byte> host) =>
        host.Length is > 0 and <= 253
        && !host.ContainsAnyExcept(NameOctets)
        && host[0] != '.' && host[^1] != '.'
        && host.IndexOf(".."u8) < 0
        && !EndsInNumber(host);

    private static bool IsCanonicalName(string host) =>
        host.Length is > 0 and <= 253
        && !host.ContainsAnyExcept(NameChars)
        && host[0] != '.' && host[^1] != '.'
        && !host.Contains("..", StringComparison.Ordinal)
        && !EndsInNumber(host);

    // The URL standard's test for "this is meant as an IPv4 address": its last label is a number.
    private static bool EndsInNumber(string name)
    {
        var last = name.AsSpan(name.LastIndexOf('.') + 1);
        if (last.IsEmpty || !char.IsAsciiDigit(last[0]))
            return false;
        return !last.ContainsAnyExceptInRange('0', '9') || last.StartsWith("0x", StringComparison.Ordinal);
    }

    private static bool EndsInNumber(ReadOnlySpan<byte> name)
    {
        var last = name[(name.LastIndexOf((byte)'.') + 1)..];
        if (!char.IsAsciiDigit((char)last[0]))
            return false;
        return !last.ContainsAnyExceptInRange((byte)'0', (byte)'9') || last.StartsWith("0x"u8);
    }

    private static string Text(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        else if (address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 })
            address = new IPAddress(address.GetAddressBytes());
        return address.ToString();
    }
}
