// The rules of partial content (RFC 9111 s.3.3, s.3.4; RFC 9110 s.14, s.15.3.7): which part an answer brings, with what it may be combined,
// and which requests what is held can answer.
//
// What: an entry may hold a representation in part: intervals of octets, the head as that of the whole (200, without Content-Range, with the
// complete length where it is known), and the strong validator under which they were received.
// Strategy: parts are combined only under one strong validator and agreeing complete lengths; else the newer takes the older's place. A
// request is answered from a partial entry where all its ranges are held; else it becomes a plan that asks for the gaps
// (GapPlan), where that can be done safely; else it goes up as the client sent it.
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

internal static class PartialContent
{
    /// <summary>Is the 206 one range of octets that is consistent in itself? One of several ranges (multipart) is not.</summary>
    public static bool TryRead(ResponseHead head, out ContentRange range)
    {
        range = default;
        var fields = head.Fields;
        if (head.Status != 206 || fields.Get(FieldNames.ContentRange) is not { } text || !ContentRange.TryParse(text, out range))
            return false;
        // RFC 9110 s.15.3.7.2: a multipart 206 has no Content-Range of its own.
        if (fields.Get(FieldNames.ContentType)?.StartsWith("multipart/byteranges", StringComparison.OrdinalIgnoreCase) == true)
            return false;
        return fields.Contains(FieldNames.TransferEncoding)
            || ContentLength.TryRead(fields, out var length) && (length is null || length == range.Range.Length);
    }

    /// <summary>RFC 9111 s.3.3: a 206 is stored as if it were an incomplete 200: its head is made that of the whole.</summary>
    public static ResponseHead AsWhole(ResponseHead head, in ContentRange range)
    {
        var fields = head.Fields.Copy();
        fields.Remove(FieldNames.ContentRange);
        fields.Remove(FieldNames.TransferEncoding);
        if (range.CompleteLength is { } length)
            fields.Set(FieldNames.ContentLength, length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        else
            fields.Remove(FieldNames.ContentLength);
        return new ResponseHead { Status = 200, Fields = fields };
    }

    /// <summary>May this 200 be kept as far as it came, if it breaks off? Where the rest can be asked for: the length is known, the
    /// validator strong, and the origin does not say that it has no ranges.</summary>
    public static Part? IfItBreaks(ResponseHead head, long? length, in Receipt receipt) =>
        head.Status == 200 && length > 0 && StrongValidator.Of(head.Fields, receipt.Came.Wall) is { } validator
            && !string.Equals(head.Fields.Get(FieldNames.AcceptRanges), "none", StringComparison.OrdinalIgnoreCase)
            ? new Part(new ContentRange(new ByteRange(0, length.Value - 1), length), validator, null, receipt)
            : null;

    /// <summary>The entry that takes the place of what is held when a part has come; null: what is held stays.</summary>
    /// <param name="head">Of the part, as a head of the whole.</param>
    public static Entry? Combine(Entry? held, in CacheKey key, FieldList request, EntryHead head, Part part, in Extent octets, long maxOctets)
    {
        var complete = part.Range.CompleteLength;
        if (held is { Partial: null })
        {
            // A whole, if stale, is worth more than a broken piece of its successor.
            if (!part.IsOfPartialContent)
                return null;
            if (held.Head.Status == 200 && part.Validator is not null && (complete is null || complete == held.Body.Length)
                && StrongValidator.Of(held.Head.Fields, part.Receipt.Came.Wall) == part.Validator && Merge(held, request, part) is { } freshened)
                return held.With(freshened);
        }
        else if (held is { Partial: { } old } && Agree(old, part) && (part.IsOfPartialContent ? Merge(held, request, part) : head) is { } merged)
            return Of(key, merged, old.Held.With(octets, maxOctets), old.CompleteLength ?? complete, part.Validator);
        return Of(key, head, new Extents(octets), complete, part.Validator);
    }

    /// <summary>Does the entry hold all that the request asks for? RFC 9111 s.3.3: only a request "that specifies a range wholly within
    /// the incomplete response"; so no HEAD, and no request for the whole, be it conditional.</summary>
    public static bool Covers(Entry entry, string method, in RequestFacts request, in Moment now)
    {
        if (method != Methods.Get || request.Range is null || Condition(entry, request, now) == PreconditionOutcome.ProceedWhole)
            return false;
        switch (Resolve(entry, request.Range, out var ranges))
        {
            case RangeOutcome.Partial:
                foreach (var range in ranges)
                    if (!entry.Partial!.Held.Covers(range))
                        return false;
                return true;
            case RangeOutcome.Unsatisfiable:
                // RFC 9110 s.15.5.17: beyond an end that is known.
                return entry.CompleteLength is not null;
            default:
                return false;
        }
    }

    /// <summary>How to answer by asking for the gaps only; null: the request goes up as it is.</summary>
    /// <param name="isFresh">What is held may be served unasked; else the If-Range of the first gap validates it, and whether the
    /// client's own copy is still good is for the origin to say.</param>
    public static GapPlan? PlanFor(Entry entry, Lookup lookup, bool isFresh, in Moment now, long maxOctets)
    {
        var request = lookup.Facts;
        if (lookup.Request.Method != Methods.Get || request.HasOriginCondition || entry.Partial is not { Validator: not null, CompleteLength: { } length })
            return null;
        var condition = Condition(entry, request, now);
        if (condition == PreconditionOutcome.NotModified || !isFresh && (request.IfNoneMatch ?? request.IfModifiedSince) is not null)
            return null;
        ByteRange[]? ranges = null;
        // Ranges that are more than we serve are the origin's to judge: the whole may be very large.
        if (request.Range is { } range && condition == PreconditionOutcome.Proceed && Resolve(entry, range, out ranges) != RangeOutcome.Partial)
            return null;
        var mayStore = Storability.Judge(request, entry.Head.Status, entry.Head.Fields, entry.Head.Directives) == NotStoredReason.None;
        return new GapPlan(entry, ranges ?? [new ByteRange(0, length - 1)], isWhole: ranges is null, widens: mayStore, maxOctets);
    }

    /// <summary>The client's range of a whole that came where a gap was asked for; null: it gets the answer as it is.</summary>
    public static ContentRange? SliceOf(Lookup lookup, ResponseHead head) =>
        // RFC 9110 s.13.1.5: with If-Range the change is what it wants the whole for.
        lookup is { Facts: { Range: { } range, IfRange: null } } && head.Status == 200
        && HttpCache.TryGetLength(head, out var length) && length is { } whole
        && ByteRanges.Resolve(range, whole, out var ranges) == RangeOutcome.Partial && ranges.Length == 1
            ? new ContentRange(ranges[0], whole) : null;

    private static PreconditionOutcome Condition(Entry entry, in RequestFacts request, in Moment now) => Preconditions.Evaluate(
        request.IfNoneMatch, request.IfModifiedSince, request.IfRange, entry.Head.Fields, entry.Head.Freshness.ResponseTime, now.Wall);

    // Of a length that is not known: a suffix or an open end is then beyond all that is held.
    private static RangeOutcome Resolve(Entry entry, string range, out ByteRange[] ranges) =>
        ByteRanges.Resolve(range, entry.CompleteLength ?? long.MaxValue, out ranges);

    /// <summary>RFC 9111 s.3.4, RFC 9110 s.15.3.7.3: the same strong validator; and nothing lies beyond an end that either knows.</summary>
    private static bool Agree(PartialBody held, Part part)
    {
        var complete = part.Range.CompleteLength;
        return held.Validator is not null && held.Validator == part.Validator
            && (held.CompleteLength is null || complete is null || held.CompleteLength == complete)
            && (held.CompleteLength is null || part.Range.Range.Last < held.CompleteLength)
            && (complete is null || held.Held.All[^1].Last < complete);
    }

    /// <summary>RFC 9111 s.3.4: the stored fields are updated by those of the new response, as in s.3.2. Null: the head grows too large.</summary>
    private static EntryHead? Merge(Entry held, FieldList request, Part part)
    {
        var head = held.Head.FreshenedBy(request, part.Update!, part.Receipt);
        return Storability.Judge(head) == NotStoredReason.None ? head : null;
    }

    /// <summary>RFC 9110 s.15.3.7.3: whole, it is as if it had come so.</summary>
    private static Entry Of(in CacheKey key, EntryHead head, Extents held, long? complete, string? validator)
    {
        if (complete is { } length)
            head.SetContentLength(length);
        return held.Whole(complete) is { } body
            ? new Entry(key, head, body, null)
            : new Entry(key, head, Body.Empty, null, new PartialBody(held, complete, validator));
    }
}
