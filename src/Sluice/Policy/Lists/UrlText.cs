using System.Buffers;
using System.Text;

namespace Sluice.Policy.Lists;

/// <summary>One spelling for a path and query, for comparing only (RFC 3986 s.6.2.2).</summary>
internal static class UrlText
{
    private static readonly SearchValues<char> Unreserved = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    private static readonly SearchValues<string> Suspect = SearchValues.Create(["%", "\\", "//", "/."], StringComparison.Ordinal);

    /// <summary>Escaped unreserved characters decoded, other escapes in upper case, octets above 0x7f escaped,
    /// backslashes as slashes, repeated slashes as one, dot segments removed. The same string where nothing is to do.</summary>
    public static string Normalize(string pathAndQuery)
    {
        if (!pathAndQuery.AsSpan().ContainsAny(Suspect) && Ascii.IsValid(pathAndQuery))
            return pathAndQuery;
        var query = pathAndQuery.IndexOf('?');
        var path = Decode(query < 0 ? pathAndQuery : pathAndQuery[..query]).Replace('\\', '/');
        var rest = query < 0 ? "" : Decode(pathAndQuery[query..]);
        return WithoutDotSegments(path) + rest;
    }

    private static string Decode(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                var octet = (char)Convert.ToInt32(text.Substring(i + 1, 2), 16);
                _ = Unreserved.Contains(octet)
                    ? result.Append(octet)
                    : result.Append('%').Append(char.ToUpperInvariant(text[i + 1])).Append(char.ToUpperInvariant(text[i + 2]));
                i += 2;
            }
            else if (c > 0x7f)
            {
                foreach (var octet in Encoding.UTF8.GetBytes([c]))
                    result.Append('%').Append(octet.ToString("X2", null));
            }
            else
            {
                result.Append(c);
            }
        }
        return result.ToString();
    }

    // RFC 3986 s.5.2.4; empty segments are dropped with the dots.
    private static string WithoutDotSegments(string path)
    {
        var segments = path.Split('/');
        var kept = new List<string>(segments.Length);
        foreach (var segment in segments)
        {
            if (segment == "..")
                kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            else if (segment is not ("" or "."))
                kept.Add(segment);
        }
        var endsOpen = kept.Count > 0 && segments[^1] is "" or "." or "..";
        return "/" + string.Join('/', kept) + (endsOpen && kept.Count > 0 ? "/" : "");
    }
}
