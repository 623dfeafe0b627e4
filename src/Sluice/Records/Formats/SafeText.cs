using System.Buffers;
using System.Net;

namespace Sluice.Records.Formats;

/// <summary>What may stand in a log of what clients sent, and how.</summary>
internal static class SafeText
{
    /// <summary>Printable ASCII and the blank, less the quote and the backslash.</summary>
    public static readonly SearchValues<char> Quoted = SearchValues.Create(Ascii(' ').Where(c => c is not ('"' or '\\')).ToArray());

    /// <summary>As <see cref="Quoted"/>, less the blank: a field among fields.</summary>
    public static readonly SearchValues<char> Bare = SearchValues.Create(Ascii('!').Where(c => c is not ('"' or '\\')).ToArray());

    /// <summary>The URL less its user info, which is a secret (RFC 9110 s.4.2.4). Also of what is no URL but might be
    /// one with a password in it: a request line that could not be parsed.</summary>
    public static ReadOnlySpan<char> WithoutUserInfo(string url, out ReadOnlySpan<char> scheme)
    {
        scheme = default;
        // Nearly all.
        if (!url.Contains('@'))
            return url;
        var start = url.StartsWith("//", StringComparison.Ordinal) ? 2
            : url.IndexOf("://", StringComparison.Ordinal) is >= 0 and var colon ? colon + 3
            : 0;
        if (start == 0 && url[0] == '/')
            return url;
        var rest = url.AsSpan(start);
        // Without a "//" a slash ends nothing: "http:/u:p@h" is somebody's password all the same.
        var end = start == 0 ? rest.IndexOfAny('?', '#') : rest.IndexOfAny('/', '?', '#');
        var at = (end < 0 ? rest : rest[..end]).LastIndexOf('@');
        if (at < 0)
            return url;
        scheme = url.AsSpan(0, start);
        return rest[(at + 1)..];
    }

    /// <summary>The same as one text.</summary>
    public static string WithoutUserInfo(string url)
    {
        var rest = WithoutUserInfo(url, out var scheme);
        return rest.Length == url.Length ? url : string.Concat(scheme, rest);
    }

    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    private static IEnumerable<char> Ascii(char from) => Enumerable.Range(from, 0x7f - from).Select(c => (char)c);
}
