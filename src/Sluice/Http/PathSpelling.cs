using System.Buffers;

namespace Sluice.Http;

/// <summary>One spelling of a path (RFC 3986 s.6.2.2), and of what origins are known to equate beyond it:
/// percent-encoded unreserved characters are decoded, other escapes get upper-case digits, a backslash counts as a
/// slash, repeated slashes as one, and dot segments are removed. An escaped slash stays escaped: it is data.</summary>
internal static class PathSpelling
{
    private static readonly SearchValues<char> Unreserved = SearchValues.Create(
        "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private static readonly SearchValues<char> Suspect = SearchValues.Create("%\\");

    /// <summary>Whether the path is in that spelling already, as most are.</summary>
    public static bool IsNormal(ReadOnlySpan<char> path) =>
        !path.ContainsAny(Suspect) && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal);

    /// <summary>The first <paramref name="pathLength"/> characters of the text in that spelling.</summary>
    public static string Normalize(string pathAndQuery, int pathLength)
    {
        var path = pathAndQuery.AsSpan(0, pathLength);
        if (IsNormal(path))
            return pathLength == pathAndQuery.Length ? pathAndQuery : path.ToString();

        var rented = ArrayPool<char>.Shared.Rent(pathLength + 1);
        try
        {
            var decoded = rented.AsSpan(0, Decode(path, rented));
            return RemoveDotSegments(decoded).ToString();
        }
        finally
        {
            ArrayPool<char>.Shared.Return(rented);
        }
    }

    /// <summary>Each segment up to its semicolon (RFC 3986 s.3.3).</summary>
    public static string WithoutParameters(string path) =>
        path.Contains(';') ? string.Join('/', path.Split('/').Select(segment => segment.Split(';')[0])) : path;

    /// <summary>Of a glob, which may begin with its star instead of the path's slash.</summary>
    public static string NormalizeGlob(string glob) =>
        glob[0] == '/' ? Normalize(glob, glob.Length) : Normalize("/" + glob, glob.Length + 1)[1..];

    // Escapes, backslashes and repeated slashes; never longer than its source.
    private static int Decode(ReadOnlySpan<char> path, Span<char> to)
    {
        var n = 0;
        for (var i = 0; i < path.Length; i++)
        {
            var c = path[i] == '\\' ? '/' : path[i];
            if (c == '%' && i + 2 < path.Length && char.IsAsciiHexDigit(path[i + 1]) && char.IsAsciiHexDigit(path[i + 2]))
            {
                var octet = (char)(HexValue(path[i + 1]) << 4 | HexValue(path[i + 2]));
                i += 2;
                if (!Unreserved.Contains(octet))
                {
                    to[n++] = '%';
                    to[n++] = char.ToUpperInvariant(path[i - 1]);
                    to[n++] = char.ToUpperInvariant(path[i]);
                    continue;
                }
                c = octet;
            }
            if (c != '/' || n == 0 || to[n - 1] != '/')
                to[n++] = c;
        }
        return n;
    }

    // RFC 3986 s.5.2.4, in place, for a path that begins with a slash and has no empty segments.
    private static ReadOnlySpan<char> RemoveDotSegments(Span<char> path)
    {
        var n = 0;
        var i = 0;
        while (i < path.Length && path[i] == '/')
        {
            var rest = path[(i + 1)..];
            var length = rest.IndexOf('/') is >= 0 and var slash ? slash : rest.Length;
            var segment = rest[..length];
            var isLast = length == rest.Length;
            if (segment is "." or "..")
            {
                if (segment.Length == 2)
                    n = Math.Max(0, path[..n].LastIndexOf('/'));
                if (isLast)
                    path[n++] = '/';
            }
            else
            {
                path.Slice(i, length + 1).CopyTo(path[n..]);
                n += length + 1;
            }
            i += length + 1;
        }
        return path[..n];
    }

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
