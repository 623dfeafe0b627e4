using System.Buffers;
using System.Net;
using System.Text;

namespace Sluice.Records.Formats;

/// <summary>The block of lines under way: bytes, numbers and text are put behind each other without strings between.</summary>
internal sealed class LineBuffer(int capacity)
{
    private byte[] _bytes = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Takes back what stands behind the first <paramref name="length"/> bytes.</summary>
    public void CutTo(int length) => Length = length;

    /// <summary>Takes the first <paramref name="count"/> bytes out.</summary>
    public void Skip(int count)
    {
        _bytes.AsSpan(count, Length - count).CopyTo(_bytes);
        Length -= count;
    }

    public LineBuffer Put(byte octet)
    {
        Room(1)[0] = octet;
        Length++;
        return this;
    }

    public LineBuffer Put(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(Room(octets.Length));
        Length += octets.Length;
        return this;
    }

    /// <summary>Text as it is: all of it Latin-1.</summary>
    public LineBuffer PutLatin1(ReadOnlySpan<char> text)
    {
        Length += Encoding.Latin1.GetBytes(text, Room(text.Length));
        return this;
    }

    /// <summary>Text as it is, in UTF-8.</summary>
    public LineBuffer PutUtf8(ReadOnlySpan<char> text)
    {
        Length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
        return this;
    }

    /// <summary>RFC 3339, UTC, with milliseconds.</summary>
    public LineBuffer PutTime(DateTimeOffset time) =>
        Put(time.UtcDateTime, "s").Put((byte)'.').PutThousandths(time.Millisecond).Put((byte)'Z');

    /// <summary>0 to 999, in three digits.</summary>
    public LineBuffer PutThousandths(int value)
    {
        var digits = Room(3);
        digits[0] = (byte)('0' + value / 100);
        digits[1] = (byte)('0' + value / 10 % 10);
        digits[2] = (byte)('0' + value % 10);
        Length += 3;
        return this;
    }

    /// <summary>A number or a time, invariant.</summary>
    public LineBuffer Put<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        int written;
        var room = 64;
        while (!value.TryFormat(Room(room), out written, format, null))
            room *= 2;
        Length += written;
        return this;
    }

    /// <summary>The address without its port; an IPv4 client of a dual-mode socket as IPv4.</summary>
    public LineBuffer Put(IPAddress address)
    {
        Span<byte> text = stackalloc byte[64];
        address.TryFormat(text, out var length);
        return Put(address.IsIPv4MappedToIPv6 ? text["::ffff:".Length..length] : text[..length]);
    }

    /// <summary>Text in which every char outside <paramref name="plain"/> is escaped octet by octet: one of Latin-1 as
    /// that octet (so came it over the wire), others as UTF-8.</summary>
    /// <param name="text">What others sent.</param>
    /// <param name="plain">ASCII that stands for itself.</param>
    /// <param name="escape">What stands before the two hexadecimal digits: <c>\x</c> or <c>%</c>.</param>
    public LineBuffer Put(ReadOnlySpan<char> text, SearchValues<char> plain, ReadOnlySpan<byte> escape)
    {
        while (!text.IsEmpty)
        {
            var odd = text.IndexOfAnyExcept(plain);
            var run = odd < 0 ? text : text[..odd];
            PutLatin1(run);
            text = text[run.Length..];
            if (odd < 0)
                break;
            text = text[PutEscaped(text, escape)..];
        }
        return this;
    }

    /// <summary>Blanks until the line is that long, counted from <paramref name="start"/>.</summary>
    public LineBuffer PadTo(int start, int width)
    {
        while (Length < start + width)
            Put((byte)' ');
        return this;
    }

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - Length < count)
            Array.Resize(ref _bytes, Math.Max(Length + count, _bytes.Length * 2));
        return _bytes.AsSpan(Length);
    }

    // Returns how many chars it took.
    private int PutEscaped(ReadOnlySpan<char> text, ReadOnlySpan<byte> escape)
    {
        Rune.DecodeFromUtf16(text, out var rune, out var taken);
        Span<byte> octets = stackalloc byte[4];
        var count = 1;
        if (text[0] <= 0xff)
            octets[0] = (byte)text[0];
        else
            count = rune.EncodeToUtf8(octets);
        foreach (var octet in octets[..count])
            Put(escape).Put(octet, "X2");
        return taken;
    }
}
