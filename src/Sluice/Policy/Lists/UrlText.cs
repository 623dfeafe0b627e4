using System.Buffers;
using System.Globalization;
using System.Text;
using Sluice.Http;

namespace Sluice.Policy.Lists;

/// <summary>The spelling in which paths and queries are compared: the path as <see cref="PathSpelling"/> writes it, the
/// query with its escaped unreserved characters decoded (RFC 3986 s.6.2.2.2). An escape that stays is not decoded:
/// <c>%2F</c> in a path is data, no slash.</summary>
internal static class UrlText
{
    private static readonly SearchValues<char> Unreserved = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");

    /// <summary>Of a request; empty for CONNECT. The path's own string where there is no query.</summary>
    public static string Of(RequestTarget target) => target.Query.IsEmpty
        ? target.NormalizedPath
        : string.Concat(target.NormalizedPath, WithoutNeedlessEscapes(target.Query));

    /// <summary>Of a list's entry, which begins with a slash. Octets above ASCII are escaped as browsers do, as UTF-8.</summary>
    public static string Of(ReadOnlySpan<char> entry)
    {
        var text = Escaped(entry);
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0
            ? PathSpelling.Normalize(text, text.Length)
            : string.Concat(PathSpelling.Normalize(text, query), WithoutNeedlessEscapes(text.AsSpan(query)));
    }

    public static ReadOnlySpan<char> WithoutNeedlessEscapes(ReadOnlySpan<char> query)
    {
        if (!query.Contains('%'))
            return query;
        var result = new StringBuilder(query.Length);
        for (var i = 0; i < query.Length; i++)
        {
            if (query[i] == '%' && i + 2 < query.Length
                && byte.TryParse(query.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet)
                && Unreserved.Contains((char)octet))
            {
                result.Append((char)octet);
                i += 2;
            }
            else
            {
                result.Append(query[i]);
            }
        }
        return result.ToString();
    }

    private static string Escaped(ReadOnlySpan<char> text)
    {
        if (Ascii.IsValid(text))
            return text.ToString();
        var result = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text.ToString()))
            _ = octet < 0x80 ? result.Append((char)octet) : result.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        return result.ToString();
    }
}
