// The format of captures: pcapng (draft-ietf-opsawg-pcapng), as Wireshark, tshark and tcpdump read it.
//
// What: blocks, each with its length before and behind, in the machine's own order of octets (which the first one tells). One interface, of raw IP (LINKTYPE_RAW):
// a packet is what its first half octet says, IPv4 or IPv6; nobody has to make up addresses of Ethernet.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Sluice.Http;

namespace Sluice.Records.Pcap;

/// <summary>Blocks, written one after the other into memory. Times are nanoseconds since 1970.</summary>
internal sealed class PcapngWriter
{
    private const uint Section = 0x0A0D0D0A;
    private const uint Interface = 1;
    private const uint Statistics = 5;
    private const uint Packet = 6;
    private const uint Secrets = 10;
    private const uint TlsKeyLog = 0x544C534B;
    private const int Raw = 101;
    private const int Nanoseconds = 9;
    private const int LongestText = 60_000;

    private readonly PooledWriter _out = new();

    /// <summary>What has been written since <see cref="Reset"/>.</summary>
    public ReadOnlyMemory<byte> Written => _out.Written;

    public int Length => _out.Length;

    public void Reset() => _out.Reset();

    /// <summary>What a file begins with: a section and its interface.</summary>
    /// <param name="filter">What was asked for; null: all.</param>
    public void Begin(string? filter)
    {
        var section = Open(Section, 16);
        BinaryPrimitives.WriteUInt32LittleEndian(section, 0x1A2B3C4D);
        BinaryPrimitives.WriteUInt16LittleEndian(section[4..], 1);
        BinaryPrimitives.WriteInt64LittleEndian(section[8..], -1);
        Text(3, RuntimeInformation.OSDescription);
        Text(4, $"Sluice {typeof(PcapngWriter).Assembly.GetName().Version?.ToString(3)}");
        Close();
        var card = Open(Interface, 8);
        BinaryPrimitives.WriteUInt16LittleEndian(card, Raw);
        Text(2, "sluice");
        Text(3, "Exchanges of the proxy; TCP and IP are made up around their octets");
        Option(9, [Nanoseconds]);
        if (filter is not null)
            Option(11, [0, .. Encoding.UTF8.GetBytes(filter)]);
        Close();
    }

    /// <summary>Begins a packet of so many octets, which are to be written into what is returned at once.</summary>
    /// <param name="comment">Beside it; null: none.</param>
    public Span<byte> AddPacket(long time, int octets, string? comment)
    {
        var start = _out.Length;
        var padded = Padded(octets);
        var fixedPart = Open(Packet, 20 + padded);
        Time(fixedPart[4..], time);
        BinaryPrimitives.WriteUInt32LittleEndian(fixedPart[12..], (uint)octets);
        BinaryPrimitives.WriteUInt32LittleEndian(fixedPart[16..], (uint)octets);
        if (comment is not null)
            Text(1, comment);
        Close();
        return MemoryMarshal.AsMemory(_out.Written).Span.Slice(start + 28, octets);
    }

    /// <summary>What became of the capture so far.</summary>
    /// <param name="packets">Written, and lost.</param>
    public void AddStatistics(long began, long now, long packets, long lost)
    {
        Time(Open(Statistics, 12)[4..], now);
        Span<byte> value = stackalloc byte[8];
        Time(value, began);
        Option(2, value);
        Time(value, now);
        Option(3, value);
        BinaryPrimitives.WriteInt64LittleEndian(value, packets);
        Option(4, value);
        BinaryPrimitives.WriteInt64LittleEndian(value, lost);
        Option(5, value);
        Close();
    }

    /// <summary>Lines of a key log (SSLKEYLOGFILE), for the packets that follow.</summary>
    public void AddKeys(ReadOnlySpan<byte> lines)
    {
        var secrets = Open(Secrets, 8 + Padded(lines.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(secrets, TlsKeyLog);
        BinaryPrimitives.WriteUInt32LittleEndian(secrets[4..], (uint)lines.Length);
        lines.CopyTo(secrets[8..]);
        Close();
    }

    private int _opened;
    private bool _hasOptions;

    private Span<byte> Open(uint type, int octets)
    {
        _opened = _out.Length;
        _hasOptions = false;
        var block = _out.GetSpan(8 + octets)[..(8 + octets)];
        block.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(block, type);
        _out.Advance(block.Length);
        return block[8..];
    }

    private void Text(ushort code, string text) =>
        Option(code, Encoding.UTF8.GetBytes(text.Length > LongestText / 3 ? text[..(LongestText / 3)] : text));

    private void Option(ushort code, ReadOnlySpan<byte> value)
    {
        var option = _out.GetSpan(4 + Padded(value.Length))[..(4 + Padded(value.Length))];
        option.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(option, code);
        BinaryPrimitives.WriteUInt16LittleEndian(option[2..], (ushort)value.Length);
        value.CopyTo(option[4..]);
        _out.Advance(option.Length);
        _hasOptions = true;
    }

    private void Close()
    {
        var end = _out.GetSpan(8)[..(_hasOptions ? 8 : 4)];
        end.Clear();
        var length = _out.Length + end.Length - _opened;
        BinaryPrimitives.WriteInt32LittleEndian(end[^4..], length);
        _out.Advance(end.Length);
        BinaryPrimitives.WriteInt32LittleEndian(MemoryMarshal.AsMemory(_out.Written).Span[(_opened + 4)..], length);
    }

    private static void Time(Span<byte> into, long time)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, (uint)((ulong)time >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], (uint)time);
    }

    private static int Padded(int octets) => (octets + 3) & ~3;
}
