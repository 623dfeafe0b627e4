namespace Sluice.Http;

/// <summary>What remains to be done with a stored response once the request's conditions are evaluated.</summary>
public enum PreconditionOutcome : byte
{
    /// <summary>Send it; a Range applies.</summary>
    Proceed,

    /// <summary>Send it whole: If-Range failed.</summary>
    ProceedWhole,

    /// <summary>304.</summary>
    NotModified,
}

/// <summary>
/// Conditions of a GET or HEAD on a stored response, in the order of RFC 9110 s.13.2.2 as far as it concerns a cache:
/// If-None-Match, else If-Modified-Since; then If-Range. If-Match and If-Unmodified-Since are the origin's alone
/// (RFC 9111 s.4.3.2): who has a request with them does not ask here.
/// </summary>
public static class Preconditions
{
    /// <param name="ifNoneMatch">The request's field value, null where absent; so the others.</param>
    /// <param name="receivedAt">When the stored response was received.</param>
    public static PreconditionOutcome Evaluate(
        string? ifNoneMatch, string? ifModifiedSince, string? ifRange, FieldList stored, DateTimeOffset receivedAt, DateTimeOffset now)
    {
        if (ifNoneMatch is not null)
        {
            if (NoneMatchFails(ifNoneMatch, stored))
                return PreconditionOutcome.NotModified;
        }
        // RFC 9110 s.13.1.3: ignored where If-None-Match is present.
        else if (ifModifiedSince is not null && !IsModifiedSince(ifModifiedSince, stored, receivedAt, now))
            return PreconditionOutcome.NotModified;
        return ifRange is null || RangeHolds(ifRange, stored, now) ? PreconditionOutcome.Proceed : PreconditionOutcome.ProceedWhole;
    }

    // RFC 9111 s.4.3.2: "*", or at least one tag matches by weak comparison.
    private static bool NoneMatchFails(string ifNoneMatch, FieldList stored) =>
        ifNoneMatch == "*" || stored.Get(FieldNames.ETag) is { } tag && EntityTag.ListHolds(ifNoneMatch, tag);

    private static bool IsModifiedSince(string ifModifiedSince, FieldList stored, DateTimeOffset receivedAt, DateTimeOffset now)
    {
        // RFC 9110 s.13.1.3: a value that is no valid HTTP-date is ignored.
        if (!HttpDate.TryParse(ifModifiedSince, now, out var since))
            return true;
        // RFC 9111 s.4.3.2: Last-Modified, else Date, else the time of receipt.
        if (!TryDate(stored, FieldNames.LastModified, now, out var modified) && !TryDate(stored, FieldNames.Date, now, out modified))
            modified = receivedAt;
        return modified > since;
    }

    private static bool RangeHolds(string ifRange, FieldList stored, DateTimeOffset now)
    {
        // RFC 9110 s.13.1.5: a tag compares strongly, a date exactly.
        if (ifRange.StartsWith('"') || EntityTag.IsWeak(ifRange))
            return stored.Get(FieldNames.ETag) is { } tag && EntityTag.StrongEquals(ifRange, tag);
        // RFC 9110 s.8.8.2.2: Last-Modified is strong only where Date is at least a second later.
        return HttpDate.TryParse(ifRange, now, out var expected)
            && TryDate(stored, FieldNames.LastModified, now, out var modified) && modified == expected
            && TryDate(stored, FieldNames.Date, now, out var date) && date - modified >= TimeSpan.FromSeconds(1);
    }

    private static bool TryDate(FieldList fields, string name, DateTimeOffset now, out DateTimeOffset value)
    {
        value = default;
        return fields.Get(name) is { } text && HttpDate.TryParseLeniently(text, now, out value);
    }
}
