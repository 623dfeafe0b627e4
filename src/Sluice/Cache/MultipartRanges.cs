using System.Text;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>A stretch of a body: octets as they are, or a range of the representation.</summary>
public readonly record struct Stretch(ReadOnlyMemory<byte> Text, ByteRange? Range)
{
    public long Length => Range?.Length ?? Text.Length;
}

/// <summary>A multipart/byteranges body (RFC 9110 s.14.6, s.15.3.7.2): each part with its own Content-Type and Content-Range.</summary>
internal static class MultipartRanges
{
    /// <param name="type">The Content-Type of the representation, or null.</param>
    /// <param name="contentType">That of the body.</param>
    public static Stretch[] Of(ByteRange[] ranges, long? completeLength, string? type, out string contentType)
    {
        var boundary = Guid.NewGuid().ToString("N");
        contentType = $"multipart/byteranges; boundary={boundary}";
        var body = new List<Stretch>(2 * ranges.Length + 1);
        foreach (var range in ranges)
        {
            Add($"{(body.Count == 0 ? "" : "\r\n")}--{boundary}\r\n"
                + (type is null ? "" : $"Content-Type: {type}\r\n")
                + $"Content-Range: {range.ContentRange(completeLength)}\r\n\r\n");
            body.Add(new Stretch(default, range));
        }
        Add($"\r\n--{boundary}--\r\n");
        return [.. body];

        void Add(string text) => body.Add(new Stretch(Encoding.Latin1.GetBytes(text), null));
    }
}
