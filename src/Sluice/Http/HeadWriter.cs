using System.Buffers;
using System.Text;

namespace Sluice.Http;

/// <summary>Writes heads of HTTP/1.1 messages (RFC 9112 s.2.1) as Latin-1, one octet per char. What is written has been
/// checked when it was read or is our own, so a CR, LF or NUL in it is a bug and throws
/// <see cref="InvalidOperationException"/>: better no message than two. What is beyond Latin-1 becomes a question mark.</summary>
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
        writer.Advance(Checked(span[..PutSection(span, n, fields)], fields.Count + 2));
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
        writer.Advance(Checked(span[..PutSection(span, n, head.Fields)], head.Fields.Count + 2));
    }

    /// <summary>Field lines and the empty line: also a trailer section.</summary>
    internal static void WriteFields(IBufferWriter<byte> writer, FieldList fields)
    {
        var span = writer.GetSpan(SizeOf(fields) + "\r\n".Length);
        writer.Advance(Checked(span[..PutSection(span, 0, fields)], fields.Count + 1));
    }

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
            to[at++] = (byte)':';
            to[at++] = (byte)' ';
            at = Put(to, at, line.Value);
            to[at++] = (byte)'\r';
            to[at++] = (byte)'\n';
        }
        return Put(to, at, "\r\n"u8);
    }

    /// <summary>Of what was written, these are the line ends that should be there, and no others.</summary>
    private static int Checked(ReadOnlySpan<byte> written, int lines) =>
        written.Count((byte)'\n') == lines && written.Count((byte)'\r') == lines && !written.Contains((byte)0)
            ? written.Length
            : throw new InvalidOperationException("A head may not hold CR, LF or NUL.");

    private static int Put(Span<byte> to, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(to[at..]);
        return at + text.Length;
    }

    private static int Put(Span<byte> to, int at, string text) => at + Encoding.Latin1.GetBytes(text, to[at..]);
}
