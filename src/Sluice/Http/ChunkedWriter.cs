using System.Buffers;
using System.Buffers.Text;

namespace Sluice.Http;

/// <summary>Writes the chunked coding (RFC 9112 s.7.1). A chunk is its size line, that many octets, and
/// <see cref="DataEnd"/>; a body ends with <see cref="WriteEnd"/>.</summary>
public static class ChunkedWriter
{
    /// <summary>Octets that a size line needs at most: eight digits and CR LF.</summary>
    public const int MaxSizeLine = 10;

    /// <summary>What follows a chunk's data.</summary>
    public static ReadOnlySpan<byte> DataEnd => "\r\n"u8;

    /// <summary>Writes the size line of a chunk; its length.</summary>
    /// <param name="octets">1 or more: a chunk of none would end the body.</param>
    public static int WriteSize(Span<byte> to, int octets)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(octets);
        if (!Utf8Formatter.TryFormat(octets, to, out var n, new StandardFormat('x')))
            throw new ArgumentException("Too short for a size line.", nameof(to));
        DataEnd.CopyTo(to[n..]);
        return n + DataEnd.Length;
    }

    /// <summary>Writes one whole chunk; nothing where there is no data.</summary>
    public static void Write(IBufferWriter<byte> writer, ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return;
        var span = writer.GetSpan(MaxSizeLine + data.Length + DataEnd.Length);
        var n = WriteSize(span, data.Length);
        data.CopyTo(span[n..]);
        n += data.Length;
        DataEnd.CopyTo(span[n..]);
        writer.Advance(n + DataEnd.Length);
    }

    /// <summary>Writes the last chunk, the trailers and the empty line.</summary>
    public static void WriteEnd(IBufferWriter<byte> writer, FieldList? trailers = null)
    {
        writer.Write("0\r\n"u8);
        if (trailers is null)
            writer.Write(DataEnd);
        else
            HeadWriter.WriteFields(writer, trailers);
    }
}
