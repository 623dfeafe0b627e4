using System.Collections.Frozen;

namespace Sluice.Http;

/// <summary>Which fields may not be trailers (RFC 9110 s.6.5.1): those that are needed before the content, for framing,
/// routing, authentication, request modifiers, response controls and the content's format.</summary>
public static class TrailerFields
{
    private static readonly FrozenSet<string> Forbidden = new[]
    {
        // framing and routing
        FieldNames.TransferEncoding, FieldNames.ContentLength, FieldNames.Host, FieldNames.Trailer, FieldNames.Connection,
        FieldNames.KeepAlive, FieldNames.ProxyConnection, FieldNames.TE, FieldNames.Upgrade, FieldNames.Via,
        FieldNames.Forwarded, FieldNames.XForwardedFor, FieldNames.XForwardedHost, FieldNames.XForwardedProto,
        // request modifiers
        FieldNames.CacheControl, FieldNames.Expect, FieldNames.MaxForwards, FieldNames.Pragma, FieldNames.Range,
        FieldNames.IfMatch, FieldNames.IfNoneMatch, FieldNames.IfModifiedSince, FieldNames.IfUnmodifiedSince, FieldNames.IfRange,
        // authentication and cookies
        FieldNames.Authorization, FieldNames.ProxyAuthenticate, FieldNames.ProxyAuthorization,
        FieldNames.ProxyAuthenticationInfo, "WWW-Authenticate", "Cookie", FieldNames.SetCookie,
        // response controls
        FieldNames.Age, FieldNames.Date, FieldNames.Expires, FieldNames.Location, "Retry-After", FieldNames.Vary, FieldNames.Warning,
        // the content's format
        "Content-Encoding", FieldNames.ContentType, FieldNames.ContentRange, FieldNames.ContentLocation, "Content-Disposition",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static bool IsForbidden(string name) => Forbidden.Contains(name);
}
