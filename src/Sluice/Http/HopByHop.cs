using System.Collections.Frozen;

namespace Sluice.Http;

/// <summary>Removes what was meant for us and not for the next recipient (RFC 9110 s.7.6.1): the fields that Connection
/// names, Connection itself, and those that are known to be about one connection even where nobody names them.
/// Whoever forwards writes its own framing and, for an Upgrade, its own Connection. Trailer stays: it speaks of the
/// message (s.6.6.2).</summary>
public static class HopByHop
{
    // RFC 9110 s.7.6.1 forbids to name a field that is meant for all recipients; who does so wants it to disappear
    // between two of them: a request without its Host or credentials, an answer without its Cache-Control.
    private static readonly FrozenSet<string> EndToEnd = new[]
    {
        FieldNames.Accept, "Accept-Encoding", "Accept-Language", FieldNames.AcceptRanges, FieldNames.Age, FieldNames.Allow,
        FieldNames.Authorization, FieldNames.CacheControl, FieldNames.CacheGroupInvalidation, FieldNames.CacheGroups, FieldNames.CacheStatus,
        "CDN-Cache-Control", "Sluice-Cache-Control", "Content-Encoding", "Content-Language",
        FieldNames.ContentLength, FieldNames.ContentLocation, FieldNames.ContentRange, FieldNames.ContentType, "Content-Security-Policy",
        FieldNames.Cookie, FieldNames.Date, FieldNames.ETag, FieldNames.Expect, FieldNames.Expires, FieldNames.Forwarded, FieldNames.Host,
        FieldNames.IfMatch, FieldNames.IfModifiedSince, FieldNames.IfNoneMatch, FieldNames.IfRange, FieldNames.IfUnmodifiedSince,
        FieldNames.LastModified, FieldNames.Location, FieldNames.MaxForwards, "Origin", FieldNames.Pragma, FieldNames.ProxyStatus,
        FieldNames.Range, FieldNames.Referer, FieldNames.SetCookie, "Strict-Transport-Security", FieldNames.UserAgent, FieldNames.Vary,
        FieldNames.Via, FieldNames.WwwAuthenticate, FieldNames.XForwardedFor, FieldNames.XForwardedHost, FieldNames.XForwardedProto, "X-Real-IP",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static void RemoveFromRequest(FieldList fields)
    {
        RemoveNamed(fields);
        fields.RemoveWhere(static name => IsAboutConnection(name)
            // RFC 9110 s.11.7.2: for us, where we ask for credentials
            || FieldList.SameName(name, FieldNames.ProxyAuthorization));
    }

    public static void RemoveFromResponse(FieldList fields)
    {
        RemoveNamed(fields);
        fields.RemoveWhere(static name => IsAboutConnection(name)
            // RFC 9110 s.11.7.1, 11.7.3: between the next proxy and us
            || FieldList.SameName(name, FieldNames.ProxyAuthenticate)
            || FieldList.SameName(name, FieldNames.ProxyAuthenticationInfo));
    }

    private static bool IsAboutConnection(string name) => name.Length switch
    {
        2 => FieldList.SameName(name, FieldNames.TE),                    // RFC 9110 s.10.1.4: what we may send back
        7 => FieldList.SameName(name, FieldNames.Upgrade),               // s.7.8
        10 => FieldList.SameName(name, FieldNames.Connection)            // s.7.6.1
            || FieldList.SameName(name, FieldNames.KeepAlive),           // RFC 2068 s.19.7.1.1
        14 => FieldList.SameName(name, "HTTP2-Settings"),                // RFC 7540 s.3.2.1: h2c, obsolete
        16 => FieldList.SameName(name, FieldNames.ProxyConnection),      // RFC 9112 App. C.2.2: a mistake of old clients
        17 => FieldList.SameName(name, FieldNames.TransferEncoding),     // RFC 9112 s.6.1: our framing, not theirs
        _ => false,
    };

    private static void RemoveNamed(FieldList fields)
    {
        var options = fields.Get(FieldNames.Connection).AsSpan();
        foreach (var member in options.Split(','))
        {
            var option = Grammar.TrimOws(options[member]);
            // All that is commonly sent; what they name goes anyway.
            if (option.IsEmpty || Grammar.Same(option, ConnectionOptions.KeepAlive)
                || Grammar.Same(option, ConnectionOptions.Close) || Grammar.Same(option, ConnectionOptions.Upgrade))
                continue;
            var name = option.ToString();
            if (!EndToEnd.Contains(name))
                fields.Remove(name);
        }
    }
}
