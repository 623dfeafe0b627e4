// The TCP and IP around octets that passed (RFC 9293, RFC 791, RFC 8200).
//
// What: from what was read from a socket and written to it, the packets as they could have been: a handshake, segments with the numbers that follow from the octets, an
// acknowledgement of each, FIN or RST. The kernel's real ones are not known here, and nobody needs privileges for these.
// Strategy: one read or write is one segment where IP's length lets it, so that a packet says what the program saw at once. Each is acknowledged at once: the
// readers of captures then never miss anything, and none of the windows is ever full.
//   A stream that goes on in another file begins there with a handshake that its numbers follow, so that each file can be read by itself.
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Records.Pcap;

/// <summary>Writes what passed on streams as packets. Used by one at a time.</summary>
internal sealed class TcpPackets(PcapngWriter writer, KeyLogReader keys)
{
    /// <summary>With headers 65,535: the most that IPv4 lets.</summary>
    private const int MaxSegment = 65_495;

    private const int TcpHeader = 20;
    private const byte Fin = 1;
    private const byte Syn = 2;
    private const byte Rst = 4;
    private const byte Psh = 8;
    private const byte Ack = 16;

    /// <summary>MSS, no operation, window scale by 8 (RFC 9293 s.3.2, RFC 7323 s.2.2): the same from both sides.</summary>
    private static readonly byte[] SynOptions = [2, 4, MaxSegment >> 8, MaxSegment & 0xFF, 1, 3, 3, 8];

    private ushort _identification;

    /// <summary>Written so far, in all files.</summary>
    public long Count { get; private set; }

    /// <summary>How many it takes at least to write so many octets.</summary>
    public static int CountOf(int octets) => Math.Max(1, (octets + MaxSegment - 1) / MaxSegment);

    /// <summary>As many octets as it may take at most: each segment has its headers and its acknowledgement, a stream a handshake, and keys before it.</summary>
    public static long MostFor(in CaptureEvent passed) => passed.Count + CountOf(passed.Count) * 256 + 1024 + (passed.Stream.IsDecrypted && passed.Stream.File == 0 ? KeyLogReader.Most : 0);

    /// <param name="file">Which one is written: from 1.</param>
    public void Write(in CaptureEvent passed, int file)
    {
        var stream = passed.Stream;
        var continues = stream.File > 0 && stream.File != file;
        if (stream.HasEnded || continues && passed.Kind != PassedKind.Octets)
            return;
        var time = stream.LastTime = Math.Max(passed.Time, stream.LastTime);
        if (stream.File != file)
            Begin(stream, file, continues ? time : Math.Min(time, stream.Opened), continues);
        switch (passed.Kind)
        {
            case PassedKind.Octets when !stream.HasFinished(passed.FromClient):
                WriteOctets(stream, passed, time);
                Acknowledge(stream, !passed.FromClient, time);
                break;
            case PassedKind.End when !stream.HasFinished(passed.FromClient):
                Add(stream, passed.FromClient, Fin | Ack, [], [], time, passed.Comment);
                stream.Finish(passed.FromClient);
                Acknowledge(stream, !passed.FromClient, time);
                break;
            case PassedKind.Reset or PassedKind.Lost:
                Add(stream, passed.FromClient, Rst | Ack, [], [], time, passed.Comment);
                stream.HasEnded = true;
                break;
        }
    }

    private void Begin(CapturedStream stream, int file, long time, bool continues)
    {
        if (stream.File == 0)
            stream.Number();
        stream.File = file;
        if (stream.IsDecrypted && keys.ReadNew() is { Length: > 0 } lines)
            writer.AddKeys(lines);
        stream.Advance(fromClient: true, -1);
        stream.Advance(fromClient: false, -1);
        Add(stream, fromClient: true, Syn, SynOptions, [], time, continues ? $"{stream.About}; goes on from the file before" : stream.About);
        stream.Advance(fromClient: true, 1);
        Add(stream, fromClient: false, Syn | Ack, SynOptions, [], time, null);
        stream.Advance(fromClient: false, 1);
        Acknowledge(stream, fromClient: true, time);
    }

    private void WriteOctets(CapturedStream stream, in CaptureEvent passed, long time)
    {
        var comment = passed.Comment;
        for (ReadOnlySpan<byte> left = passed.Octets.AsSpan(0, passed.Count); left.Length > 0; comment = null)
        {
            var segment = left[..Math.Min(left.Length, MaxSegment)];
            left = left[segment.Length..];
            Add(stream, passed.FromClient, left.IsEmpty ? (byte)(Psh | Ack) : Ack, [], segment, time, comment);
            stream.Advance(passed.FromClient, segment.Length);
        }
    }

    private void Acknowledge(CapturedStream stream, bool fromClient, long time) => Add(stream, fromClient, Ack, [], [], time, null);

    private void Add(CapturedStream stream, bool fromClient, byte flags, ReadOnlySpan<byte> options, ReadOnlySpan<byte> octets, long time, string? comment)
    {
        var (from, to) = fromClient ? (stream.Client, stream.Server) : (stream.Server, stream.Client);
        var isV4 = from.AddressFamily == AddressFamily.InterNetwork;
        var length = TcpHeader + options.Length + octets.Length;
        var packet = writer.AddPacket(time, (isV4 ? 20 : 40) + length, comment);
        var pseudo = isV4 ? WriteV4(packet, from.Address, to.Address, length) : WriteV6(packet, from.Address, to.Address, length);
        var tcp = packet[^length..];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)from.Port);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[2..], (ushort)to.Port);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], stream.Next(fromClient));
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], (flags & Ack) == 0 ? 0 : stream.Next(!fromClient));
        tcp[12] = (byte)((TcpHeader + options.Length) / 4 << 4);
        tcp[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(tcp[14..], ushort.MaxValue);
        options.CopyTo(tcp[TcpHeader..]);
        octets.CopyTo(tcp[(TcpHeader + options.Length)..]);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], InternetChecksum.Of(tcp, pseudo + 6 + (ulong)length));
        Count++;
    }

    /// <summary>Returns the sum of the addresses, for TCP's checksum.</summary>
    private ulong WriteV4(Span<byte> packet, IPAddress from, IPAddress to, int length)
    {
        packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(20 + length));
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], ++_identification);
        packet[6] = 0x40; // not to be fragmented
        packet[8] = 64;
        packet[9] = 6;
        from.TryWriteBytes(packet[12..], out _);
        to.TryWriteBytes(packet[16..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..20], 0));
        return InternetChecksum.Sum(packet[12..20]);
    }

    private static ulong WriteV6(Span<byte> packet, IPAddress from, IPAddress to, int length)
    {
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)length);
        packet[6] = 6;
        packet[7] = 64;
        from.TryWriteBytes(packet[8..], out _);
        to.TryWriteBytes(packet[24..], out _);
        return InternetChecksum.Sum(packet[8..40]);
    }
}
