using System.Text;

namespace Sluice.Http;

/// <summary>Field names that need no new string: those of common messages, as their RFCs write them and in lower case.
/// A table of 512 short rows, chosen by length, first and last octet; what is sent stays as it was spelled.</summary>
internal static class KnownNames
{
    private static readonly string[] Names =
    [
        FieldNames.Accept, FieldNames.AcceptRanges, "Access-Control-Allow-Credentials", "Access-Control-Allow-Headers",
        "Access-Control-Allow-Methods", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
        "Access-Control-Max-Age", "Accept-Encoding", "Accept-Language", FieldNames.Age, FieldNames.Allow, "Alt-Svc", FieldNames.Authorization, FieldNames.CacheControl, FieldNames.CacheStatus,
        "Cdn-Cache-Control", FieldNames.Connection, "Content-Disposition", "Content-Encoding", "Content-Language",
        FieldNames.ContentLength, FieldNames.ContentLocation, FieldNames.ContentRange, "Content-Security-Policy",
        FieldNames.ContentType, "Cookie", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", FieldNames.Date, FieldNames.ETag,
        FieldNames.Expect, FieldNames.Expires, FieldNames.Host, FieldNames.IfModifiedSince, FieldNames.IfNoneMatch, FieldNames.KeepAlive, FieldNames.LastModified, "Link", FieldNames.Location, "NEL", "Origin",
        "Permissions-Policy", FieldNames.Pragma, FieldNames.ProxyAuthenticate, FieldNames.ProxyAuthorization, FieldNames.ProxyConnection, FieldNames.ProxyStatus,
        FieldNames.Range, FieldNames.Referer, "Referrer-Policy",
        "Report-To", FieldNames.RetryAfter, "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User", "Server", "Server-Timing", FieldNames.SetCookie, "Strict-Transport-Security",
        FieldNames.TE, "Timing-Allow-Origin", FieldNames.Trailer, FieldNames.TransferEncoding, FieldNames.Upgrade, "Upgrade-Insecure-Requests",
        FieldNames.UserAgent, FieldNames.Vary,
        FieldNames.Via, FieldNames.WwwAuthenticate, FieldNames.Warning, "X-Cache", "X-Content-Type-Options", "X-Frame-Options",
        "X-Powered-By", "X-Request-Id", "X-Served-By", "X-Timer", "X-XSS-Protection",
    ];

    private static readonly string[][] Rows = Build();

    /// <summary>The name as a string; Latin-1.</summary>
    public static string Get(ReadOnlySpan<byte> name)
    {
        foreach (var known in Rows[RowOf(name.Length, name[0], name[^1])])
            if (Ascii.Equals(name, known))
                return known;
        return Encoding.Latin1.GetString(name);
    }

    private static string[][] Build()
    {
        var rows = new string[512][];
        Array.Fill(rows, []);
        foreach (var name in Names)
            foreach (var spelling in new[] { name, name.ToLowerInvariant() }.Distinct())
                rows[RowOf(spelling.Length, spelling[0], spelling[^1])] =
                    [.. rows[RowOf(spelling.Length, spelling[0], spelling[^1])], spelling];
        return rows;
    }

    private static int RowOf(int length, int first, int last) => (length * 31 + first * 7 + last) & 511;
}
