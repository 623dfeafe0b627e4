using System.Buffers;
using System.Text;

namespace Sluice.Http;

/// <summary>Writes heads of HTTP/1.1 messages (RFC 9112 s.2.1) as Latin-1, one octet per char. What is written has been
/// checked when it was read or is our own, so a CR, LF or NUL in it is a bug and throws
/// <see cref="InvalidOperationException"/>: better no message than two.</summary>
public static class HeadWriter
{
    /// <summary><c>METHOD SP target SP HTTP/1.1</c>, the fields, the empty line.</summary>
    public static void WriteRequest(IBufferWriter<byte> writer, string method, string target, FieldList fields)
    {
        var span = writer.GetSpan(method.Length + target.Length + " ".Length + " HTTP/1.1\r\n\r\n".Length + SizeOf(fields));
        var n = Put(span, 0, method);
        span[n++] = (byte)' ';
        n = Put(span, n, target);
        n = Put(span, n, " HTTP/1.1\r\n"u8);
        writer.Advance(PutSection(span, n, fields));
    }

    /// <summary><c>HTTP/1.1 SP status SP reason</c>, the fields, the empty line.</summary>
    public static void WriteResponse(IBufferWriter<byte> writer, ResponseHead head)
    {
        var status = head.Status;
        if (status is < 100 or > 999)
            throw new InvalidOperationException($"Not a status: {status}");
        var span = writer.GetSpan("HTTP/1.1 200 \r\n\r\n".Length + head.Reason.Length + SizeOf(head.Fields));
        var n = Put(span, 0, "HTTP/1.1 "u8);
        span[n++] = (byte)('0' + status / 100);
        span[n++] = (byte)('0' + status / 10 % 10);
        span[n++] = (byte)('0' + status % 10);
        span[n++] = (byte)' ';
        n = Put(span, n, head.Reason);
        n = Put(span, n, "\r\n"u8);
        writer.Advance(PutSection(span, n, head.Fields));
    }

    /// <summary>Field lines and the empty line: also a trailer section.</summary>
    internal static void WriteFields(IBufferWriter<byte> writer, FieldList fields) =>
        writer.Advance(PutSection(writer.GetSpan(SizeOf(fields) + 2), 0, fields));

    private static int SizeOf(FieldList fields)
    {
        var size = 0;
        foreach (ref readonly var line in fields.Lines)
            size += line.Name.Length + line.Value.Length + ": \r\n".Length;
        return size;
    }

    private static int PutSection(Span<byte> to, int at, FieldList fields)
    {
        foreach (ref readonly var line in fields.Lines)
        {
            at = Put(to, at, line.Name);
            at = Put(to, at, ": "u8);
            at = Put(to, at, line.Value);
            at = Put(to, at, "\r\n"u8);
        }
        return Put(to, at, "\r\n"u8);
    }

    private static int Put(Span<byte> to, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to[at..]);
        return at + text.Length;
    }

    private static int Put(Span<byte> to, int at, string text)
    {
        if (text.AsSpan().ContainsAny('\r', '\n') || text.AsSpan().ContainsAnyExceptInRange('\u0001', '\u00ff'))
            throw new InvalidOperationException("A head may not hold CR, LF, NUL or anything beyond Latin-1.");
        return at + Encoding.Latin1.GetBytes(text, to[at..]);
    }
}
