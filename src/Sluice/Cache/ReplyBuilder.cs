using System.Buffers;
using System.Globalization;
using System.Text;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>Makes the client's answer from an entry: 304, 206, 416, or the whole (RFC 9111 s.4.3.2, RFC 9110 s.14).</summary>
internal static class ReplyBuilder
{
    // RFC 9110 s.15.4.5: a 304 carries no metadata of the representation but what guides caches.
    private static readonly string[] NotIn304 =
        [FieldNames.ContentLength, FieldNames.ContentType, "Content-Encoding", "Content-Language", FieldNames.ContentRange, FieldNames.AcceptRanges];

    public static StoredReply Build(Entry entry, string method, in RequestFacts request, DateTimeOffset now, CacheStatus status)
    {
        var head = entry.Head;
        var fields = head.Fields.Copy();
        var age = head.Freshness.AgeTicks(now) / TimeSpan.TicksPerSecond;
        // RFC 9111 s.5.1: an answer from a cache has Age.
        fields.Add(FieldNames.Age, Math.Min(age, DirectiveReader.MaxSeconds).ToString(CultureInfo.InvariantCulture));
        status = status with { Ttl = (head.Freshness.LifetimeTicks - head.Freshness.AgeTicks(now)) / TimeSpan.TicksPerSecond };

        // RFC 9110 s.13.2.1: conditions count only where the answer would be a success.
        if (head.Status is >= 200 and < 300)
        {
            var condition = Preconditions.Evaluate(request.IfNoneMatch, request.IfModifiedSince, request.IfRange, head.Fields, head.Freshness.ResponseTime, now);
            if (condition == PreconditionOutcome.NotModified)
                return NotModified(fields, status);
            // RFC 9110 s.14.2: Range is defined for GET, and on what would be a 200.
            if (request.Range is { } range && condition == PreconditionOutcome.Proceed && head.Status == 200 && method == Methods.Get
                && ByteRanges.Resolve(range, entry.Body.Length, out var ranges) is var outcome and not RangeOutcome.Ignore)
                return outcome == RangeOutcome.Unsatisfiable ? Unsatisfiable(fields, entry.Body.Length, status)
                    : ranges.Length == 1 ? SingleRange(entry, fields, ranges[0], status)
                    : ManyRanges(entry, fields, ranges, status);
        }
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
    public static StoredReply Follow(EntryHead head, in RequestFacts request, DateTimeOffset now, CacheStatus status)
    {
        var fields = head.Fields.Copy();
        var age = head.Freshness.AgeTicks(now);
        fields.Add(FieldNames.Age, Math.Min(age / TimeSpan.TicksPerSecond, DirectiveReader.MaxSeconds).ToString(CultureInfo.InvariantCulture));
        status = status with { Ttl = (head.Freshness.LifetimeTicks - age) / TimeSpan.TicksPerSecond };
        return head.Status is >= 200 and < 300
            && Preconditions.Evaluate(request.IfNoneMatch, request.IfModifiedSince, null, fields, head.Freshness.ResponseTime, now) == PreconditionOutcome.NotModified
            ? NotModified(fields, status)
            : new StoredReply { Status = head.Status, Fields = fields, CacheStatus = status };
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
        fields.Set(FieldNames.ContentRange, range.ContentRange(entry.Body.Length));
        return Partial(fields, entry.Body.Content.Slice(range.First, range.Length), status);
    }

    // RFC 9110 s.14.6, s.15.3.7.2: each part with its own Content-Type and Content-Range; no Content-Range in the head.
    private static StoredReply ManyRanges(Entry entry, FieldList fields, ByteRange[] ranges, CacheStatus status)
    {
        var boundary = Guid.NewGuid().ToString("N");
        var type = fields.Get(FieldNames.ContentType);
        Segment? first = null, last = null;
        foreach (var range in ranges)
        {
            var head = $"{(first is null ? "" : "\r\n")}--{boundary}\r\n"
                + (type is null ? "" : $"Content-Type: {type}\r\n")
                + $"Content-Range: {range.ContentRange(entry.Body.Length)}\r\n\r\n";
            Add(Encoding.Latin1.GetBytes(head));
            foreach (var block in entry.Body.Content.Slice(range.First, range.Length))
                Add(block);
        }
        Add(Encoding.Latin1.GetBytes($"\r\n--{boundary}--\r\n"));
        fields.Set(FieldNames.ContentType, $"multipart/byteranges; boundary={boundary}");
        return Partial(fields, new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length), status);

        void Add(ReadOnlyMemory<byte> memory)
        {
            last = new Segment(memory, last);
            first ??= last;
        }
    }

    private static StoredReply Partial(FieldList fields, ReadOnlySequence<byte> body, CacheStatus status)
    {
        fields.Set(FieldNames.ContentLength, body.Length.ToString(CultureInfo.InvariantCulture));
        return new StoredReply { Status = 206, Fields = fields, Body = body, CacheStatus = status };
    }
}
