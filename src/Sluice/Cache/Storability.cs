using Sluice.Http;

namespace Sluice.Cache;

/// <summary>May this answer to a GET be stored by a shared cache (RFC 9111 s.3)? The first rule that forbids it is the reason.
/// In two steps: most of what may not be stored says so, and no entry's head is made for it.</summary>
internal static class Storability
{
    /// <summary>A head larger than this is not stored, nor may 304 answers let one grow beyond it.</summary>
    private const int MaxHeadBytes = 64 << 10;

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
        if (!(directives.Public || directives.MaxAge >= 0 || directives.SharedMaxAge >= 0
            || !directives.IsTargeted && fields.Contains(FieldNames.Expires) || Freshness.IsHeuristicallyCacheable(status)))
            return NotStoredReason.NotCacheable;
        return NotStoredReason.None;
    }

    /// <summary>The second step: what would be stored.</summary>
    public static NotStoredReason Judge(EntryHead head)
    {
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

    // The final status codes of RFC 9110 s.15 but 206 and 304; none of them asks more of a cache than is done here.
    private static bool IsUnderstood(int status) =>
        status is >= 200 and <= 205 or >= 300 and <= 303 or 305 or 307 or 308
            or >= 400 and <= 417 or 421 or 422 or 426 or >= 500 and <= 505;
}
