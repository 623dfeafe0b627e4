using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Http;

/* From the request line and Host to the target URI (RFC 9112 s.3.2, 3.3).
 *
 * The authority is read strictly, because a host that we and the next hop read differently is how rules are passed:
 * letters, digits and "-._~" only (no escapes, no sub-delims, which RFC 3986 would allow and DNS does not know), an IPv6
 * address in brackets without a zone, a port of 1-65535 without leading zeros. It comes out in one spelling.
 *
 * The path is sent on as it came, so only what would break a request line, a log or a page is refused in it: controls,
 * space, octets above 0x7f, '#', '"', '<', '>'. Browsers do send the other characters that RFC 3986 wants escaped
 * ('|', '[', '{', '^', '`', '\' and a bare '%'), and refusing them would break the web.
 */
public sealed partial record RequestTarget
{
    private const int MaxHostLength = 255;  // RFC 1035 s.2.3.4
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<char> HostChars = SearchValues.Create(
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> AddressChars = SearchValues.Create("0123456789abcdefABCDEF:.");

    private static readonly SearchValues<char> UpperCase = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ");

    // 0x21-0x7e without '"', '#', '<', '>'.
    private static readonly SearchValues<char> TargetChars = SearchValues.Create(
        "!$%&'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Reads the target of a request.</summary>
    /// <param name="method">CONNECT takes the authority form and no other; only OPTIONS takes the asterisk.</param>
    /// <param name="rawTarget">The octets between method and version, as sent.</param>
    /// <param name="host">The value of the one Host field; null where there is none (HTTP/1.0).</param>
    /// <param name="scheme">The scheme of the connection, for the origin and asterisk forms.</param>
    /// <param name="fallbackAuthority">What stands for an absent or empty Host: a reverse listener's own authority; null
    /// on a forward listener, which then refuses.</param>
    public static bool TryParse(
        string method, string rawTarget, string? host, string scheme, string? fallbackAuthority,
        [NotNullWhen(true)] out RequestTarget? target, out BadMessage why)
    {
        target = null;
        if (rawTarget.Length == 0 || rawTarget.AsSpan().ContainsAnyExcept(TargetChars))
        {
            why = BadMessage.InvalidTarget;
            return false;
        }
        if (method == Methods.Connect)
            return TryParseAuthorityForm(rawTarget, host, out target, out why);
        if (rawTarget[0] == '/' || (rawTarget == "*" && method == Methods.Options))
            return TryParseOriginForm(rawTarget, string.IsNullOrEmpty(host) ? fallbackAuthority : host, scheme, out target, out why);
        return TryParseAbsoluteForm(method, rawTarget, host, out target, out why);
    }

    // RFC 9112 s.3.2.1, 3.2.4
    private static bool TryParseOriginForm(
        string rawTarget, string? host, string scheme, [NotNullWhen(true)] out RequestTarget? target, out BadMessage why)
    {
        target = null;
        why = BadMessage.NoHost;
        if (string.IsNullOrEmpty(host))
            return false;
        why = BadMessage.InvalidHost;
        if (!TryParseAuthority(host, DefaultPort(scheme), out var name, out var port, out _))
            return false;
        target = new RequestTarget(rawTarget[0] == '/' ? TargetForm.Origin : TargetForm.Asterisk, scheme, name, port, rawTarget);
        return true;
    }

    // RFC 9112 s.3.2.2: the target's authority replaces Host, but an invalid Host is a 400 all the same (s.3.2).
    private static bool TryParseAbsoluteForm(
        string method, string rawTarget, string? host, [NotNullWhen(true)] out RequestTarget? target, out BadMessage why)
    {
        target = null;
        string scheme;
        if (rawTarget.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            scheme = "http";
        else if (rawTarget.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            scheme = "https";
        else
        {
            why = rawTarget.Contains("://", StringComparison.Ordinal) ? BadMessage.SchemeNotSupported : BadMessage.InvalidTarget;
            return false;
        }

        var afterScheme = rawTarget.AsSpan(scheme.Length + "://".Length);
        var authorityLength = afterScheme.IndexOfAny('/', '?', '\\') is >= 0 and var end ? end : afterScheme.Length;
        var authority = afterScheme[..authorityLength];
        if (!TryParseAuthority(authority, DefaultPort(scheme), out var name, out var port, out why)
            || !IsValidHost(host, authority, ref why))
            return false;

        var rest = afterScheme[authorityLength..];
        if (rest.IsEmpty && method == Methods.Options)
        {
            target = new RequestTarget(TargetForm.Asterisk, scheme, name, port, "*");
            return true;
        }
        // RFC 9112 s.3.2.1: an empty path is sent as "/".
        var pathAndQuery = rest.IsEmpty ? "/" : rest[0] == '?' ? $"/{rest}" : rest.ToString();
        if (pathAndQuery[0] != '/')
        {
            why = BadMessage.InvalidTarget;
            return false;
        }
        target = new RequestTarget(TargetForm.Absolute, scheme, name, port, pathAndQuery);
        return true;
    }

    // RFC 9112 s.3.2.3, RFC 9110 s.9.3.6: host and port, both there.
    private static bool TryParseAuthorityForm(
        string rawTarget, string? host, [NotNullWhen(true)] out RequestTarget? target, out BadMessage why)
    {
        target = null;
        if (!TryParseAuthority(rawTarget, 0, out var name, out var port, out why) || !IsValidHost(host, rawTarget, ref why))
            return false;
        if (port == 0)
        {
            why = BadMessage.InvalidPort;
            return false;
        }
        target = new RequestTarget(TargetForm.Authority, "", name, port, "");
        return true;
    }

    private static bool IsValidHost(string? host, ReadOnlySpan<char> authority, ref BadMessage why)
    {
        if (string.IsNullOrEmpty(host) || authority.SequenceEqual(host) || TryParseAuthority(host, 1, out _, out _, out _))
            return true;
        why = BadMessage.InvalidHost;
        return false;
    }

    // authority = uri-host [ ":" port ], without user information (RFC 9110 s.4.2.4)
    private static bool TryParseAuthority(ReadOnlySpan<char> text, int defaultPort, out string host, out int port, out BadMessage why)
    {
        host = "";
        port = defaultPort;
        why = BadMessage.InvalidTarget;
        if (text.Contains('@'))
        {
            why = BadMessage.UserInformation;
            return false;
        }
        var nameLength = text.StartsWith('[') ? text.IndexOf(']') + 1 : text.IndexOf(':') is >= 0 and var colon ? colon : text.Length;
        var name = text[..nameLength];
        var rest = text[nameLength..];
        if (!TryParseName(name, out host))
            return false;
        if (rest.IsEmpty || rest is ":")  // RFC 3986 s.3.2.3: an empty port is the default one
            return true;
        why = BadMessage.InvalidPort;
        return rest[0] == ':' && TryParsePort(rest[1..], out port);
    }

    private static bool TryParseName(ReadOnlySpan<char> name, out string host)
    {
        host = "";
        if (name.StartsWith('['))
        {
            var address = name[1..^1];
            if (address.ContainsAnyExcept(AddressChars) || !IPAddress.TryParse(address, out var ip)
                || ip.AddressFamily != AddressFamily.InterNetworkV6)
                return false;
            host = ip.ToString();
            return true;
        }
        if (name.EndsWith('.'))
            name = name[..^1];
        if (name.IsEmpty || name.Length > MaxHostLength || name.ContainsAnyExcept(HostChars))
            return false;
        foreach (var label in name.Split('.'))
            if (name[label].Length is 0 or > MaxLabelLength)
                return false;
        host = name.ContainsAny(UpperCase) ? name.ToString().ToLowerInvariant() : name.ToString();
        return true;
    }

    private static bool TryParsePort(ReadOnlySpan<char> text, out int port)
    {
        port = 0;
        if (text.Length > 5 || text[0] == '0')
            return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            port = port * 10 + (c - '0');
        }
        return port <= 65535;
    }
}
