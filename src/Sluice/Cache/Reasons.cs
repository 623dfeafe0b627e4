namespace Sluice.Cache;

/// <summary>Why a request goes upstream (or why a stale answer served it). One row each in <see cref="Reasons"/>.</summary>
public enum MissReason : byte
{
    None,
    CacheOff,
    Bypassed,
    RequestBody,
    Method,
    UriMiss,
    VaryMiss,
    Stale,
    Invalidated,
    ResponseNoCache,
    RequestNoCache,
    RequestMaxAge,
    RequestMinFresh,
    OriginCondition,
    Partial,
    Upgrade,
    Diverted,
}

/// <summary>Why an answer was not stored. One row each in <see cref="Reasons"/>.</summary>
public enum NotStoredReason : byte
{
    None,
    CacheOff,
    Bypassed,
    Method,
    RequestBody,
    RequestNoStore,
    NotModified,
    PartialContent,
    RangeNotSatisfiable,
    NotFinal,
    MustUnderstand,
    ResponseNoStore,
    Private,
    Authorization,
    VaryStar,
    SetCookie,
    NotCacheable,
    Useless,
    AboutTheRequest,
    VaryTooWide,
    BadLength,
    HeadTooLarge,
    TooLarge,
    NoRoom,
    Incomplete,
    Invalidated,
}

/// <summary>The rows of the two enums: the token of RFC 9211 and the words for the log.</summary>
public static class Reasons
{
    // Index = member.
    private static readonly (string Forward, string? Detail, string Text)[] Misses =
    [
        ("", null, "served from the cache"),
        ("bypass", "off", "the cache is off"),
        ("bypass", null, "bypassed by policy"),
        ("bypass", "request-body", "the request has a body"),
        ("method", null, "the method is not answered from the cache"),
        ("uri-miss", null, "nothing is stored for this URI"),
        ("vary-miss", null, "no stored variant fits this request"),
        ("stale", null, "the stored answer is stale"),
        ("stale", "invalidated", "the stored answer was invalidated"),
        ("stale", "no-cache", "the origin asks for validation each time"),
        ("request", "no-cache", "the client asks for validation"),
        ("request", "max-age", "the client wants a younger answer"),
        ("request", "min-fresh", "the client wants an answer that stays fresh longer"),
        ("request", "condition", "the client's condition is for the origin alone"),
        ("partial", null, "only a part of the answer is stored"),
        ("bypass", "upgrade", "the request wants another protocol"),
        ("bypass", "diverted", "a field of the request names another method or path"),
    ];

    private static readonly string[] NotStored =
    [
        "",
        "the cache is off",
        "bypassed by policy",
        "answers to this method are not stored",
        "the request has a body",
        "the request says no-store",
        "304 to the client's own condition",
        "206 that is not one range of octets, or that nobody asked for",
        "416 is of one request's range",
        "not a final status code",
        "must-understand with a status code that we do not understand",
        "the answer says no-store",
        "the answer says private",
        "Authorization without public, must-revalidate or s-maxage",
        "Vary: *",
        "Set-Cookie",
        "neither explicit freshness nor a status code cacheable by default",
        "neither fresh for a moment nor a validator",
        "the status code speaks of this request alone",
        "Vary names too many fields",
        "Content-Length is no number",
        "the head is too large",
        "the body is too large",
        "no room in memory",
        "the body is incomplete",
        "invalidated while it was fetched",
    ];

    /// <summary>The token of RFC 9211 s.2.2 (<c>fwd</c>).</summary>
    public static string ForwardToken(this MissReason reason) => Misses[(int)reason].Forward;

    /// <summary>A token that says more than <c>fwd</c> does (RFC 9211 s.2.8), or null.</summary>
    public static string? Detail(this MissReason reason) => Misses[(int)reason].Detail;

    public static string Text(this MissReason reason) => Misses[(int)reason].Text;

    public static string Text(this NotStoredReason reason) => NotStored[(int)reason];
}
