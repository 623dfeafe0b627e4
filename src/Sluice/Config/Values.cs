using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>Reads one value. Null: it is right; else what is wrong with it, to be said after the value:
/// <c>is not a size, write ...</c>.</summary>
internal delegate string? Parse<T>(string text, out T value);

/// <summary>How each kind of value is written.</summary>
internal static class Values
{
    // Timers count milliseconds in an int.
    private static readonly (TimeSpan, string) Longest = (TimeSpan.FromDays(24), "24d");
    private static readonly (TimeSpan, string) LongestAge = (TimeSpan.FromDays(24855), "24855d");

    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly SearchValues<char> NotInNames = SearchValues.Create("&=?;#\\");

    private static readonly (string Unit, long Bytes)[] SizeUnits =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
        ("KB", 1_000), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("B", 1), ("", 1),
    ];

    /// <summary>Bytes: <c>64KiB</c>, <c>10GB</c>, <c>65536</c>.</summary>
    public static string? Size(string text, out long bytes)
    {
        bytes = 0;
        var (digits, unit) = Split(text);
        if (digits.Length == 0)
            return "is not a size, write a number and a unit such as 64KiB, 256MiB or 1GiB";
        foreach (var (name, factor) in SizeUnits)
        {
            if (name != unit)
                continue;
            if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue / factor)
                return "is too large";
            bytes = number * factor;
            return null;
        }
        return Array.Find(SizeUnits, u => u.Unit.Equals(Whole(unit), StringComparison.OrdinalIgnoreCase)).Unit is { } near
            ? $"is not a size, did you mean {digits}{near}?"
            : $"has the unknown unit '{unit}', write KiB, MiB or GiB (or KB, MB, GB), as in {digits}MiB";

        // 64K, 64k and 64mib are what other programs take; here there is one way to write each.
        static string Whole(string unit) => unit.Length == 1 && unit is not "B" and not "b" ? unit + "iB" : unit;
    }

    /// <summary><c>500ms</c>, <c>30s</c>, <c>10m</c>, <c>1h</c>, <c>1d</c>.</summary>
    public static string? Duration(string text, out TimeSpan span) =>
        DurationText.TryParse(text, Longest, out span) ?? (span == TimeSpan.Zero ? "is too short, 1ms is the shortest" : null);

    /// <summary>The same, but it may be 0, and as long as an age may be (RFC 9111 s.1.2.2).</summary>
    public static string? Age(string text, out TimeSpan span) => DurationText.TryParse(text, LongestAge, out span);

    /// <summary>An address of this machine and a port. <c>:8080</c> and <c>8080</c> are all addresses, IPv4 and IPv6.</summary>
    public static string? Bind(string text, out IPEndPoint value)
    {
        value = new IPEndPoint(IPAddress.None, 0);
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon];
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return colon < 0
                ? $"has no port, write {(text.Length == 0 ? "127.0.0.1" : text)}:3128"
                : $"is not an address and a port, write for example 127.0.0.1:3128, {Quoted("[::1]:3128")} or :8080";
        }
        if (port > 65535)
            return $"has a port above 65535";
        if (host.Length == 0)
        {
            value = new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, port);
            return null;
        }
        if (host[0] == '[' && host[^1] == ']' && IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var v6)
            && v6.AddressFamily == AddressFamily.InterNetworkV6)
        {
            value = new IPEndPoint(v6, port);
            return null;
        }
        if (host.Contains(':'))
            return IPAddress.TryParse(host, out _) ? $"lacks brackets, write {Quoted($"[{host}]:{port}")}" : "is not an address and a port, write for example 127.0.0.1:3128";
        if (host[0] is '*' or '[')
            return $"is not an address and a port, write :{port} for all addresses";
        return BindHost(host, port, ref value);
    }

    private static string? BindHost(string host, int port, ref IPEndPoint value)
    {
        if (!host.Any(char.IsAsciiLetter))
        {
            // IPAddress also takes 127.1, 0x7f.1 and 2130706433: nobody means these.
            if (!IPAddress.TryParse(host, out var v4) || v4.ToString() != host)
                return $"is not an address and a port: '{host}' is not an IPv4 address";
            value = new IPEndPoint(v4, port);
            return null;
        }
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
        {
            value = new IPEndPoint(IPAddress.Loopback, port);
            return null;
        }
        try
        {
            var found = Dns.GetHostAddresses(host);
            var first = Array.Find(found, a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
            value = new IPEndPoint(first, port);
            return null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            return $"names a host that cannot be looked up: '{host}'";
        }
    }

    /// <summary><c>10.0.0.53</c> or <c>[2001:db8::53]:5353</c>.</summary>
    public static string? NameServer(string text, out IPEndPoint value)
    {
        value = new IPEndPoint(IPAddress.None, 0);
        if (IPEndPoint.TryParse(text, out var given) && (text.Contains(':') || text.Count(c => c == '.') == 3))
            value = new IPEndPoint(given.Address, given.Port == 0 ? ResolverOptions.DnsPort : given.Port);
        return value.Port > 0 ? null : "is not the address of a name server, write for example 10.0.0.53, or \"[2001:db8::53]:53\"";
    }

    /// <summary>A tcp listener's upstream: <c>host:port</c>.</summary>

    public static string? HostAndPort(string text, out HostPort value)
    {
        if (HostPort.TryParse(text, out value))
            return null;
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
            return $"is a URL, a tcp listener relays bytes: write host:port, as in {Port(text[(scheme + 3)..].TrimEnd('/'), 80)}";
        return HostPort.TryParse(text + ":80", out _)
            ? $"has no port, write for example {text}:5678"
            : $"is not a host and a port, write for example 127.0.0.1:5678 or {Quoted("[::1]:5678")}";

        static string Port(string host, int port) => HostPort.TryParse(host, out _) ? host : $"{host}:{port}";
    }

    /// <summary>A host without port: <c>app.example</c>, or an address without brackets.</summary>
    public static string? HostName(string text, out string value)
    {
        value = text;
        var bracketed = text.Contains(':') ? $"[{text}]" : text;
        return HostPort.TryParse(bracketed + ":443", out _) ? null : "is not a host name, write for example app.example, without scheme and port";
    }

    /// <summary>A reverse listener's upstream: <c>http://host:port</c>, without path.</summary>
    public static string? Origin(string text, out (string Scheme, HostPort To) value)
    {
        value = default;
        var end = text.IndexOf("://", StringComparison.Ordinal);
        if (end < 0)
            return $"is not a URL, write http://{text}";
        var scheme = text[..end].ToLowerInvariant();
        if (scheme is not "http" and not "https")
            return $"has the unknown scheme '{scheme}', write http:// or https://";
        var rest = text[(end + 3)..];
        var slash = rest.IndexOfAny(['/', '?', '#']);
        var authority = slash < 0 ? rest : rest[..slash];
        if (slash >= 0 && rest[slash..] != "/")
            return $"has a path, a reverse listener passes each request's own path on: write {scheme}://{authority}";
        if (authority.Contains('@'))
            return "has a user, write the URL without one";
        if (!HostPort.TryParse(authority, out var to) && !HostPort.TryParse($"{authority}:{(scheme == "https" ? 443 : 80)}", out to))
            return $"has no host and port that can be read, write for example {scheme}://127.0.0.1:5678";
        value = (scheme, to);
        return null;
    }

    /// <summary>A client network: <c>10.0.0.0/8</c>, or one address.</summary>
    public static string? Network(string text, out IPNetwork value) => Networks.TryParse(text, out value);

    /// <summary>A class of addresses (<c>link-local</c>) or a network.</summary>
    public static string? Addresses(string text, out AddressSet value)
    {
        value = AddressSet.Empty;
        var found = SpecialAddresses.Names.FirstOrDefault(c => c.Name == text);
        if (found.Name is not null)
        {
            value = new AddressSet(found.Class, []);
            return null;
        }
        if (text.Length > 0 && !char.IsAsciiLetter(text[0]) || text.Contains(':'))
        {
            var wrong = Network(text, out var network);
            value = new AddressSet(AddressClasses.None, [network]);
            return wrong;
        }
        return $"is no class of addresses and no network{Nearest.Hint(text, [.. SpecialAddresses.Names.Select(c => c.Name)])}";
    }

    /// <summary><c>443</c> or <c>1024-65535</c>.</summary>
    public static string? Ports(string text, out PortRange value)
    {
        value = default;
        var dash = text.IndexOf('-');
        if (!HostPort.TryParsePort(dash < 0 ? text : text.AsSpan(0, dash), out var first)
            || !HostPort.TryParsePort(text.AsSpan(dash + 1), out var last))
            return "is not a port, write for example 443 or 1024-65535";
        if (last < first)
            return $"has its ends the wrong way round, write {last}-{first}";
        value = new PortRange(first, last);
        return null;
    }

    /// <summary><c>404</c> or <c>4xx</c>.</summary>
    public static string? Status(string text, out StatusRange value)
    {
        value = default;
        var isClass = text.Length == 3 && text.EndsWith("xx", StringComparison.Ordinal);
        if (!int.TryParse(isClass ? text[..1] + "00" : text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 599)
            return "is not the status of an answer, write for example 404 or 4xx";
        value = new StatusRange(code, isClass ? code + 99 : code);
        return null;
    }

    /// <summary>A glob for paths: <c>/static/*</c>, <c>*.png</c>.</summary>
    public static string? PathGlob(string text, out string value)
    {
        value = text;
        return text.Length == 0 || text[0] is not ('/' or '*') ? $"begins with neither / nor *, write for example /{text}*"
            : text.Contains('?') ? "has a question mark: paths are compared without their query"
            : text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny('\\', '#') ? "has characters that no path has: write them percent-encoded"
            : null;
    }

    /// <summary>A glob for media types: <c>image/*</c>.</summary>
    public static string? TypeGlob(string text, out string value)
    {
        value = text;
        return text.Count(c => c == '/') != 1 || text[0] == '/' || text[^1] == '/' || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny('\\', '?', ';')
            ? "is not a media type, write for example image/* or text/html" : null;
    }

    /// <summary>A glob for the names of query parameters: <c>utm_*</c>.</summary>
    public static string? ParameterGlob(string text, out string value)
    {
        value = text;
        return text.Length == 0 || text.AsSpan().ContainsAnyExceptInRange('!', '~') || text.AsSpan().ContainsAny(NotInNames)
            ? "is not the name of a query parameter, write for example utm_*" : null;
    }

    /// <summary><c>mon-fri</c>, <c>sat,sun</c>: a bit per day, Sunday the lowest.</summary>
    public static string? Days(string text, out int days)
    {
        days = 0;
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var dash = part.IndexOf('-');
            var (first, last) = (Day(dash < 0 ? part : part[..dash]), Day(part[(dash + 1)..]));
            if (first < 0 || last < 0)
                return "is not a day, write for example mon-fri or sat,sun";
            for (var day = first; ; day = (day + 1) % 7)
            {
                days |= 1 << day;
                if (day == last)
                    break;
            }
        }
        return null;

        static int Day(string name) => Array.IndexOf(DayNames, name.Trim().ToLowerInvariant());
    }

    /// <summary><c>08:30</c>, in minutes; <c>24:00</c> is the day's end.</summary>
    public static string? TimeOfDay(string text, out int minutes)
    {
        minutes = 0;
        if (text.Length != 5 || text[2] != ':' || !int.TryParse(text.AsSpan(0, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var hour)
            || !int.TryParse(text.AsSpan(3), NumberStyles.None, CultureInfo.InvariantCulture, out var minute)
            || minute > 59 || hour * 60 + minute > TimeWindow.MinutesOfDay)
            return "is not a time of day, write for example 08:00 or 16:30";
        minutes = hour * 60 + minute;
        return null;
    }

    /// <summary><c>Europe/Berlin</c>.</summary>
    public static string? Zone(string text, out TimeZoneInfo zone) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(text, out zone!) ? null : "is not a time zone that this machine knows, write for example Europe/Berlin";

    /// <summary><c>http</c>, <c>https</c> or <c>connect</c>.</summary>
    public static string? Scheme(string text, out string scheme) =>
        (scheme = text) is "http" or "https" or "connect" ? null : "is not a scheme that passes here, write http, https or connect";

    public static string? TlsFact(string text, out TlsFacts fact) =>
        (fact = TlsWords.FactOf(text)) == TlsFacts.None ? $"is not known{Nearest.Hint(text, TlsWords.All)}" : null;

    /// <summary>RFC 9110 s.9.1: a token, with case.</summary>
    public static string? Method(string text, out string method) =>
        (method = text).Length == 0 || text.AsSpan().ContainsAnyExceptInRange('A', 'Z') && text.ToUpperInvariant() is var upper && upper != text && !upper.AsSpan().ContainsAnyExceptInRange('A', 'Z')
            ? $"is not a method, methods have case: did you mean {text.ToUpperInvariant()}?" : null;

    /// <summary>Where a refused client is sent.</summary>
    public static string? WebAddress(string text, out string url) =>
        Uri.TryCreate(url = text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && Ascii.IsValid(text) && !text.AsSpan().ContainsAny(' ', '\r', '\n')
            ? null : "is not a URL, write for example https://intranet.example/why";

    /// <summary>Where a list is subscribed to.</summary>
    public static string? ListUrl(string text, out Uri url)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out url!) || url.Host.Length == 0 || text.AsSpan().ContainsAny(' ', '\r', '\n'))
            return "is not a URL, write for example https://lists.example/hosts.txt";
        return url.Scheme is not ("http" or "https") ? $"has the scheme '{url.Scheme}', write https:// or http://"
            : url.UserInfo.Length > 0 ? "has a user, write the URL without one"
            : null;
    }

    /// <summary>A value as messages may quote it: in a URL what stands before the @ or in the query may be a secret.</summary>
    public static string Quotable(string text)
    {
        var begin = text.IndexOf("://", StringComparison.Ordinal) + 3;
        if (begin < 3)
            return text;
        var query = text.IndexOf('?', begin);
        var shown = query < 0 ? text : text[..query] + "?...";
        var end = shown.IndexOfAny(['/', '?', '#'], begin);
        var at = shown.LastIndexOf('@', (end < 0 ? shown.Length : end) - 1);
        return at < begin ? shown : $"{shown[..begin]}...{shown[at..]}";
    }

    /// <summary>A word of a record: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public static string? Tag(string text, out string tag) =>
        (tag = text).All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && text.Length > 0
            ? null : "is not a word, write letters, digits, -, _ and . only";

    private static (string Digits, string Unit) Split(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        return (text[..digits], text[digits..].TrimStart(' '));
    }

    private static string Quoted(string text) => $"\"{text}\"";
}
