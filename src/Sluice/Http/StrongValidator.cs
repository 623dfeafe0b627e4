namespace Sluice.Http;

/// <summary>What tells one state of a representation from every other, octet by octet (RFC 9110 s.8.8.1): the precondition for putting
/// together what several answers brought (s.15.3.7.3).</summary>
public static class StrongValidator
{
    /// <summary>As it goes into If-Range: the entity tag, unless it is weak; without a tag Last-Modified, where Date says that it
    /// cannot have changed unnoticed. Null: none.</summary>
    /// <param name="fields">As received: a Date that was added since proves nothing.</param>
    public static string? Of(FieldList fields, DateTimeOffset now)
    {
        // RFC 9110 s.13.1.5: a date only where there is no tag.
        if (fields.Get(FieldNames.ETag) is { } tag)
            return EntityTag.IsValid(tag) && !EntityTag.IsWeak(tag) ? tag : null;
        // RFC 9110 s.8.8.2.2: at least a second before Date.
        return fields.Get(FieldNames.LastModified) is { } text && HttpDate.TryParse(text, now, out var modified)
            && fields.Get(FieldNames.Date) is { } sent && HttpDate.TryParse(sent, now, out var date)
            && date - modified >= TimeSpan.FromSeconds(1) ? text : null;
    }
}
