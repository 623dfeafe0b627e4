// Who does a TLS client ask for?
//
// What: the first octets of a connection, from a span, without I/O: more is needed, it is no TLS, a hello, or malformed.
// Strategy: whoever waits asks again with all octets so far. Only the record headers are looked at, and those of whole records once; a message
// that one record holds, as nearly all do, is read where it lies, one in several is put together first (s.5.1).
// Strict: servers differ in what they make of the odd ones (which of two names counts, a dot at the end, an alert in front), and
// where they may read another name than we do, there is no name to judge by. All such is malformed.
// Facts: one of 517 octets takes 130 ns and 56 octets of heap for the name (ClientHelloBenchmarks).
using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Sluice.Http;

namespace Sluice.Tls;

/// <summary>Reads the ClientHello of TLS 1.0 to 1.3 (RFC 8446 s.4.1.2, s.5.1), and knows that of SSL 2 (RFC 5246 appendix E.2).</summary>
internal struct ClientHelloParser
{
    /// <summary>Of octets on the wire. Those of browsers have 500 to 2,000, and up to some thousands more where they resume.</summary>
    public const int MostOctets = 32 << 10;

    private const int RecordHeader = 5;
    private const int MessageHeader = 4;
    private const int MostInRecord = 1 << 14;
    private const int LongestName = 253;

    private const byte ChangeCipherSpec = 20;
    private const byte Handshake = 22;
    private const byte Heartbeat = 24;
    private const byte Major = 3;
    private const byte Hello = 1;

    private const int ServerNameExtension = 0;
    private const int EchExtension = 0xfe0d;

    private int _at; // the first record that is not whole
    private int _have; // octets of the message before that
    private uint _header; // of the message, as far as it has come

    /// <param name="octets">All that has come so far, from the first; what follows the hello is not looked at.</param>
    public HelloStep Read(ReadOnlySpan<byte> octets, out ClientHello hello, out HelloFault fault)
    {
        (hello, fault) = (default, HelloFault.None);
        var step = Recognize(octets);
        if (step != HelloStep.Hello || octets[0] >= 0x80)
            return step;
        fault = Measure(octets, out var length, out var isWhole);
        if (fault == HelloFault.None && !isWhole)
        {
            if (octets.Length < MostOctets)
                return HelloStep.NeedMore;
            fault = HelloFault.TooLarge;
        }
        if (fault == HelloFault.None)
            fault = _at == 0 ? ReadMessage(octets.Slice(RecordHeader, length), out hello) : ReadScattered(octets, length, out hello);
        return fault == HelloFault.None ? HelloStep.Hello : HelloStep.Malformed;
    }

    /// <summary>By the first five octets. All records of TLS count: a server may pass over some of them before the hello.</summary>
    private static HelloStep Recognize(ReadOnlySpan<byte> octets)
    {
        if (octets.IsEmpty)
            return HelloStep.NeedMore;
        if (octets[0] >= 0x80)
            return RecognizeSsl2(octets);
        if (octets[0] is < ChangeCipherSpec or > Heartbeat || octets.Length > 1 && octets[1] != Major)
            return HelloStep.NotTls;
        return octets.Length > 1 ? HelloStep.Hello : HelloStep.NeedMore;
    }

    /// <summary>Length with its highest bit set, type, version; it has no place for a name.</summary>
    private static HelloStep RecognizeSsl2(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > 2 && octets[2] != Hello
            || octets.Length > 3 && octets[3] is not (0 or Major)
            || octets.Length > 4 && octets[3] == 0 && octets[4] != 2)
            return HelloStep.NotTls;
        return octets.Length > 4 ? HelloStep.Hello : HelloStep.NeedMore;
    }

    /// <summary>Goes over the records that have come since.</summary>
    /// <param name="length">Of the message with its header; 0: not known yet.</param>
    private HelloFault Measure(ReadOnlySpan<byte> octets, out int length, out bool isWhole)
    {
        (length, isWhole) = (0, false);
        while (TryReadRecord(octets[_at..], out var inRecord, out var fragment, out var fault))
        {
            if (fault != HelloFault.None)
                return fault;
            for (var i = _have; i < Math.Min(MessageHeader, _have + fragment.Length); i++)
                _header |= (uint)fragment[i - _have] << 24 - 8 * i;
            if (_header >> 24 != Hello)
                return HelloFault.OtherMessage;
            if (_have + fragment.Length >= MessageHeader)
            {
                length = MessageHeader + (int)(_header & 0xffffff);
                if (length > MostOctets)
                    return HelloFault.TooLarge;
                if (_have + inRecord > length)
                    return HelloFault.OtherMessage;
                isWhole = _have + fragment.Length >= length;
            }
            if (isWhole || fragment.Length < inRecord)
                break;
            _at += RecordHeader + inRecord;
            _have += inRecord;
        }
        return HelloFault.None;
    }

    /// <summary>False: not even an octet of its content is there.</summary>
    /// <param name="fragment">What is there of its content.</param>
    private static bool TryReadRecord(ReadOnlySpan<byte> octets, out int length, out ReadOnlySpan<byte> fragment, out HelloFault fault)
    {
        (length, fault) = (0, HelloFault.None);
        fragment = default;
        if (octets.Length > 0 && octets[0] != Handshake || octets.Length > 1 && octets[1] != Major)
            fault = HelloFault.OtherRecord;
        else if (octets.Length >= RecordHeader && (length = BinaryPrimitives.ReadUInt16BigEndian(octets[3..])) is 0 or > MostInRecord)
            fault = HelloFault.RecordLength;
        if (fault != HelloFault.None)
            return true;
        if (octets.Length <= RecordHeader)
            return false;
        fragment = octets[RecordHeader..];
        fragment = fragment[..Math.Min(length, fragment.Length)];
        return true;
    }

    private static HelloFault ReadScattered(ReadOnlySpan<byte> octets, int length, out ClientHello hello)
    {
        var message = ArrayPool<byte>.Shared.Rent(length);
        for (int at = 0, have = 0; have < length; )
        {
            TryReadRecord(octets[at..], out var inRecord, out var fragment, out _);
            fragment.CopyTo(message.AsSpan(have, length - have));
            have += fragment.Length;
            at += RecordHeader + inRecord;
        }
        var fault = ReadMessage(message.AsSpan(0, length), out hello);
        ArrayPool<byte>.Shared.Return(message);
        return fault;
    }

    private static HelloFault ReadMessage(ReadOnlySpan<byte> message, out ClientHello hello)
    {
        hello = default;
        var body = new OctetReader(message[MessageHeader..]);
        // legacy_version and random, legacy_session_id, cipher_suites, legacy_compression_methods
        if (!body.TryTake(34, out _)
            || !body.TryTakeVector8(out var session) || session.Length > 32
            || !body.TryTakeVector16(out var suites) || suites.IsEmpty || suites.Length % 2 != 0
            || !body.TryTakeVector8(out var compressions) || compressions.IsEmpty)
            return HelloFault.Lengths;
        // RFC 5246 s.7.4.1.2: extensions may be absent.
        if (body.IsEmpty)
            return HelloFault.None;
        return body.TryTakeVector16(out var extensions) && body.IsEmpty ? ReadExtensions(new OctetReader(extensions), out hello) : HelloFault.Lengths;
    }

    private static HelloFault ReadExtensions(OctetReader extensions, out ClientHello hello)
    {
        hello = default;
        string? name = null;
        var hasEch = false;
        while (!extensions.IsEmpty)
        {
            if (!extensions.TryTakeUInt16(out var type) || !extensions.TryTakeVector16(out var data))
                return HelloFault.Lengths;
            if (type == ServerNameExtension && name is not null || type == EchExtension && hasEch)
                return HelloFault.RepeatedExtension;
            if (type == ServerNameExtension && ReadNames(new OctetReader(data), out name) is var fault and not HelloFault.None)
                return fault;
            hasEch |= type == EchExtension;
        }
        hello = new ClientHello(name, hasEch);
        return HelloFault.None;
    }

    /// <summary>One host_name: there is no other type of name, and of one type there may be one name.</summary>
    private static HelloFault ReadNames(OctetReader extension, out string? name)
    {
        name = null;
        if (!extension.TryTakeVector16(out var list) || !extension.IsEmpty)
            return HelloFault.NameList;
        var names = new OctetReader(list);
        if (!names.TryTake(1, out var type) || type[0] != 0 || !names.TryTakeVector16(out var octets) || !names.IsEmpty)
            return HelloFault.NameList;
        Span<byte> lower = stackalloc byte[LongestName];
        if (Ascii.ToLower(octets, lower, out var length) != OperationStatus.Done || !HostText.IsCanonicalName(lower[..length]))
            return HelloFault.Name;
        name = Encoding.ASCII.GetString(lower[..length]);
        return HelloFault.None;
    }
}
