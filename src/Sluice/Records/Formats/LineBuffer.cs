using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Records.Formats;

/// <summary>The block of lines under way: bytes, numbers and text are put behind each other without strings between.</summary>
internal sealed class LineBuffer : IBufferWriter<byte>
{
    private readonly ArrayBufferWriter<byte> _bytes;

    public LineBuffer(int capacity) => _bytes = new ArrayBufferWriter<byte>(capacity);

    public int Length => _bytes.WrittenCount;

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Advance(int count) => _bytes.Advance(count);

    public Memory<byte> GetMemory(int sizeHint = 0) => _bytes.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => _bytes.GetSpan(sizeHint);

    public LineBuffer Put(byte octet)
    {
        _bytes.GetSpan(1)[0] = octet;
        _bytes.Advance(1);
        return this;
    }

    public LineBuffer Put(ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(_bytes.GetSpan(octets.Length));
        _bytes.Advance(octets.Length);
        return this;
    }

    /// <summary>Text as it is: all of it Latin-1.</summary>
    public LineBuffer PutLatin1(ReadOnlySpan<char> text)
    {
        _bytes.Advance(Encoding.Latin1.GetBytes(text, _bytes.GetSpan(text.Length)));
        return this;
    }

    /// <summary>Text as it is, in UTF-8.</summary>
    public LineBuffer PutUtf8(ReadOnlySpan<char> text)
    {
        _bytes.Advance(Encoding.UTF8.GetBytes(text, _bytes.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
        return this;
    }

    /// <summary>RFC 3339, UTC, with milliseconds.</summary>
    public LineBuffer PutTime(DateTimeOffset time) =>
        Put(time.UtcDateTime, "s").Put((byte)'.').Put(time.Millisecond, "D3").Put((byte)'Z');

    /// <summary>A number or a time, invariant.</summary>
    public LineBuffer Put<T>(T value, ReadOnlySpan<char> format = default) where T : IUtf8SpanFormattable
    {
        int written;
        var room = 64;
        while (!value.TryFormat(_bytes.GetSpan(room), out written, format, null))
            room *= 2;
        _bytes.Advance(written);
        return this;
    }

    /// <summary>The address without its port; an IPv4 client of a dual-mode socket as IPv4.</summary>
    public LineBuffer Put(IPAddress address) => Put<IPAddress>(SafeText.Plain(address));

    /// <summary>The address as <see cref="Put(IPAddress)"/> and its port: <c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>.</summary>
    public LineBuffer Put(IPEndPoint end)
    {
        var address = SafeText.Plain(end.Address);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? Put((byte)'[').Put(address).Put("]:"u8).Put(end.Port)
            : Put(address).Put((byte)':').Put(end.Port);
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
