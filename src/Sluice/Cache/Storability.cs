using Sluice.Http;

namespace Sluice.Cache;

/// <summary>May this answer to a GET be stored by a shared cache (RFC 9111 s.3)? The first rule that forbids it is the reason.
/// In two steps: most of what may not be stored says so, and no entry's head is made for it.</summary>
internal static class Storability
{
    /// <summary>A head larger than this is not stored, nor may 304 answers let one grow beyond it.</summary>
    private const int MaxHeadBytes = 64 << 10;

    /// <summary>Every lookup compares them all; no page needs as many.</summary>
    private const int MaxVaryNames = 32;

    public static NotStoredReason Judge(in RequestFacts request, int status, FieldList fields, in ResponseDirectives directives)
    {
        // RFC 9111 s.3: the status code is final; 206 is not combined here, 304 never stored as such.
        if (status is < 200 or > 599)
            return NotStoredReason.NotFinal;
        if (status == 206)
            return NotStoredReason.PartialContent;
        if (status == 304)
            return NotStoredReason.NotModified;
        // A 416 speaks of one request's range, which is not in the key; one client's would be everybody's.
        if (status == 416)
            return NotStoredReason.RangeNotSatisfiable;
        if (IsAboutTheRequest(status))
            return NotStoredReason.AboutTheRequest;
        // RFC 9111 s.5.2.1.5
        if (request.Directives.NoStore)
            return NotStoredReason.RequestNoStore;
        if (request.HasBody)
            return NotStoredReason.RequestBody;
        // RFC 9111 s.5.2.2.3: must-understand overrules no-store for a status that is understood, and forbids the others.
        if (directives.MustUnderstand && !IsUnderstood(status))
            return NotStoredReason.MustUnderstand;
        if (directives.NoStore && !directives.MustUnderstand)
            return NotStoredReason.ResponseNoStore;
        // RFC 9111 s.5.2.2.7
        if (directives.Private)
            return NotStoredReason.Private;
        // RFC 9111 s.3.5
        if (request.HasAuthorization && !(directives.Public || directives.MustRevalidate || directives.SharedMaxAge >= 0))
            return NotStoredReason.Authorization;
        // RFC 9111 s.4.1: "*" never matches, so nothing would ever be served.
        if (fields.Get(FieldNames.Vary) is { } vary && Vary.HasStar(vary))
            return NotStoredReason.VaryStar;
        // RFC 9111 s.7.3: allowed, but one user's cookie handed to all is the dearest mistake of a shared cache.
        // Stored only where the origin itself withholds the field: private="set-cookie".
        if (fields.Contains(FieldNames.SetCookie) && !Withholds(directives.WithheldFields, FieldNames.SetCookie))
            return NotStoredReason.SetCookie;
        // RFC 9111 s.3, last item.
        if (!(directives.Public || HasExplicitFreshness(fields, directives) || Freshness.IsHeuristicallyCacheable(status)))
            return NotStoredReason.NotCacheable;
        return NotStoredReason.None;
    }

    /// <summary>RFC 9110 s.9.3.3: "explicit freshness information and a Content-Location header field that has the same value as the
    /// POST's target URI".</summary>
    public static bool IsOfPost(Lookup lookup, ResponseHead head, string[] targets)
    {
        var target = lookup.Request.Target;
        return lookup.Request.Method == Methods.Post && head.Status == 200
            && head.Fields.Get(FieldNames.ContentLocation) is { } location && Invalidation.SameOriginPath(target, location) == target.PathAndQuery
            && HasExplicitFreshness(head.Fields, ResponseDirectives.Of(head.Fields, targets));
    }

    /// <summary>The second step: what would be stored.</summary>
    public static NotStoredReason Judge(EntryHead head)
    {
        if (head.Vary.Count > MaxVaryNames)
            return NotStoredReason.VaryTooWide;
        // What can be neither served as it is nor validated takes room for nothing.
        if (head.Freshness.LifetimeTicks == 0 && head.Directives.StaleWhileRevalidate <= 0 && head.Directives.StaleIfError <= 0
            && !head.Fields.Contains(FieldNames.ETag) && !head.Fields.Contains(FieldNames.LastModified))
            return NotStoredReason.Useless;
        return head.Bytes > MaxHeadBytes ? NotStoredReason.HeadTooLarge : NotStoredReason.None;
    }

    public static bool Withholds(string? names, string name)
    {
        if (names is null)
            return false;
        foreach (var part in names.AsSpan().Split(','))
            if (names.AsSpan()[part].Trim(" \t").Equals(name, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    private static bool HasExplicitFreshness(FieldList fields, in ResponseDirectives directives) =>
        directives.MaxAge >= 0 || directives.SharedMaxAge >= 0 || !directives.IsTargeted && fields.Contains(FieldNames.Expires);

    // What these speak of is not in the key: credentials for us, time, conditions, framing, expectation, connection, protocol, rate, size
    // of the head, a login to the network. 428, 429, 431, 511: "MUST NOT be stored by a cache" (RFC 6585). One client's would be everybody's.
    private static bool IsAboutTheRequest(int status) =>
        status is 407 or 408 or 411 or 412 or 413 or 417 or 421 or 426 or 428 or 429 or 431 or 511;

    // The final status codes of RFC 9110 s.15 but 206 and 304; none of them asks more of a cache than is done here.
    private static bool IsUnderstood(int status) =>
        status is >= 200 and <= 205 or >= 300 and <= 303 or 305 or 307 or 308
            or >= 400 and <= 417 or 421 or 422 or 426 or >= 500 and <= 505;
}
