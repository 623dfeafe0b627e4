using System.Buffers;
using System.Globalization;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>Makes the client's answer from an entry: 304, 206, 416, or the whole (RFC 9111 s.4.3.2, RFC 9110 s.14).</summary>
internal static class ReplyBuilder
{
    // RFC 9110 s.15.4.5: a 304 carries no metadata of the representation but what guides caches.
    private static readonly string[] NotIn304 =
        [FieldNames.ContentLength, FieldNames.ContentType, "Content-Encoding", "Content-Language", FieldNames.ContentRange, FieldNames.AcceptRanges];

    /// <param name="entry">Whole, or partial and covering what is asked for.</param>
    public static StoredReply Build(Entry entry, string method, in RequestFacts request, in Moment now, CacheStatus status)
    {
        var head = entry.Head;
        var fields = FieldsOf(head, now, ref status);

        // RFC 9110 s.13.2.1: conditions count only where the answer would be a success.
        if (head.Status is >= 200 and < 300)
        {
            var condition = Preconditions.Evaluate(request.IfNoneMatch, request.IfModifiedSince, request.IfRange, head.Fields, head.Freshness.ResponseTime, now.Wall);
            if (condition == PreconditionOutcome.NotModified)
                return NotModified(fields, status);
            // RFC 9110 s.14.2: Range is defined for GET, and on what would be a 200.
            if (request.Range is { } range && condition == PreconditionOutcome.Proceed && head.Status == 200 && method == Methods.Get
                && ByteRanges.Resolve(range, entry.CompleteLength ?? long.MaxValue, out var ranges) is var outcome and not RangeOutcome.Ignore)
                return outcome == RangeOutcome.Unsatisfiable ? Unsatisfiable(fields, entry.CompleteLength!.Value, status)
                    : ranges.Length == 1 ? SingleRange(entry, fields, ranges[0], status)
                    : ManyRanges(entry, fields, ranges, status);
        }
        if (entry.Body.File is { } file && method != Methods.Head)
            return OfFile(head.Status, fields, file, [new Stretch(default, new ByteRange(0, file.Length - 1))], status, entry.Trailers?.Copy());
        return new StoredReply
        {
            Status = head.Status,
            Fields = fields,
            Body = method == Methods.Head ? default : entry.Body.Content,
            Trailers = method == Methods.Head ? null : entry.Trailers?.Copy(),
            CacheStatus = status,
        };
    }

    /// <summary>For one who follows an answer that is still coming: its head, or 304. No Range.</summary>
    public static StoredReply Follow(EntryHead head, in RequestFacts request, in Moment now, CacheStatus status)
    {
        var fields = FieldsOf(head, now, ref status);
        return head.Status is >= 200 and < 300
            && Preconditions.Evaluate(request.IfNoneMatch, request.IfModifiedSince, null, fields, head.Freshness.ResponseTime, now.Wall) == PreconditionOutcome.NotModified
            ? NotModified(fields, status)
            : new StoredReply { Status = head.Status, Fields = fields, CacheStatus = status };
    }

    /// <summary>The head of an answer that the plan puts together; the body is the plan's.</summary>
    public static StoredReply HeadOf(GapPlan plan, EntryHead head, in Moment now, CacheStatus status)
    {
        var fields = FieldsOf(head, now, ref status);
        fields.Set(FieldNames.ContentLength, plan.Length.ToString(CultureInfo.InvariantCulture));
        if (plan.Single is { } range)
            fields.Set(FieldNames.ContentRange, range.ContentRange(plan.CompleteLength));
        else if (plan.MultipartType is { } type)
            fields.Set(FieldNames.ContentType, type);
        return new StoredReply { Status = plan.Single is null && plan.MultipartType is null ? 200 : 206, Fields = fields, CacheStatus = status };
    }

    private static FieldList FieldsOf(EntryHead head, in Moment now, ref CacheStatus status)
    {
        var fields = head.Fields.Copy();
        var age = head.Freshness.AgeTicks(now);
        // RFC 9111 s.5.1: an answer from a cache has Age.
        fields.Add(FieldNames.Age, Math.Min(age / TimeSpan.TicksPerSecond, DirectiveReader.MaxSeconds).ToString(CultureInfo.InvariantCulture));
        status = status with { Ttl = (head.Freshness.LifetimeTicks - age) / TimeSpan.TicksPerSecond };
        return fields;
    }

    private static StoredReply NotModified(FieldList fields, CacheStatus status)
    {
        foreach (var name in NotIn304)
            fields.Remove(name);
        if (fields.Contains(FieldNames.ETag))
            fields.Remove(FieldNames.LastModified);
        return new StoredReply { Status = 304, Fields = fields, CacheStatus = status };
    }

    private static StoredReply Unsatisfiable(FieldList stored, long length, CacheStatus status)
    {
        // RFC 9110 s.15.5.17: nothing of the representation but its length.
        var fields = new FieldList(8)
        {
            { FieldNames.Date, stored.Get(FieldNames.Date)! },
            { FieldNames.Age, stored.Get(FieldNames.Age)! },
            { FieldNames.ContentRange, string.Create(CultureInfo.InvariantCulture, $"bytes */{length}") },
            { FieldNames.ContentLength, "0" },
        };
        return new StoredReply { Status = 416, Fields = fields, CacheStatus = status };
    }

    private static StoredReply SingleRange(Entry entry, FieldList fields, ByteRange range, CacheStatus status)
    {
        fields.Set(FieldNames.ContentRange, range.ContentRange(entry.CompleteLength));
        if (entry.Body.File is { } file)
            return OfFile(206, fields, file, [new Stretch(default, range)], status, null);
        return Partial(fields, entry.Read(range), status);
    }

    // RFC 9110 s.15.3.7.2: no Content-Range in the head.
    private static StoredReply ManyRanges(Entry entry, FieldList fields, ByteRange[] ranges, CacheStatus status)
    {
        Segment? first = null, last = null;
        var body = MultipartRanges.Of(ranges, entry.CompleteLength, fields.Get(FieldNames.ContentType), out var type);
        fields.Set(FieldNames.ContentType, type);
        if (entry.Body.File is { } file)
            return OfFile(206, fields, file, body, status, null);
        foreach (var stretch in body)
        {
            if (stretch.Range is not { } range)
                Add(stretch.Text);
            else
                foreach (var block in entry.Read(range))
                    Add(block);
        }
        return Partial(fields, new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length), status);

        void Add(ReadOnlyMemory<byte> memory)
        {
            last = new Segment(memory, last);
            first ??= last;
        }
    }

    private static StoredReply OfFile(int code, FieldList fields, FileBody file, Stretch[] stretches, CacheStatus status, FieldList? trailers)
    {
        var reply = new StoredReply { Status = code, Fields = fields, File = file, Stretches = stretches, Trailers = trailers, CacheStatus = status };
        fields.Set(FieldNames.ContentLength, reply.BodyLength.ToString(CultureInfo.InvariantCulture));
        return reply;
    }

    private static StoredReply Partial(FieldList fields, ReadOnlySequence<byte> body, CacheStatus status)
    {
        fields.Set(FieldNames.ContentLength, body.Length.ToString(CultureInfo.InvariantCulture));
        return new StoredReply { Status = 206, Fields = fields, Body = body, CacheStatus = status };
    }
}
