// What an address is for.
//
// What: the special addresses of the IANA registries (RFC 6890, 8190) in classes that a guard can name, and those at which clouds tell a machine its
// secrets. IPv6 addresses with an IPv4 address in them are what that is: mapped and compatible (RFC 4291 s.2.5.5), NAT64 (RFC 6052, 8215), 6to4
// (RFC 3056), Teredo (RFC 4380) and ISATAP (RFC 5214): a translator on the way would carry them there.
// Facts: asked for every dial and for each kept connection that could serve a request: no allocation, a few comparisons.
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Net;

[Flags]
public enum AddressClasses : ushort
{
    None = 0,

    /// <summary>127.0.0.0/8, ::1.</summary>
    Loopback = 1,

    /// <summary>RFC 1918, fc00::/7 (RFC 4193), and fec0::/10 that was before it.</summary>
    Private = 2,

    /// <summary>169.254.0.0/16 (RFC 3927), fe80::/10.</summary>
    LinkLocal = 4,

    /// <summary>Where clouds tell a machine its credentials.</summary>
    Metadata = 8,

    /// <summary>100.64.0.0/10, between a provider's NAT and its customers (RFC 6598).</summary>
    Shared = 16,

    Multicast = 32,

    /// <summary>RFC 5737, 3849, 9637.</summary>
    Documentation = 64,

    /// <summary>RFC 2544, 5180.</summary>
    Benchmarking = 128,

    /// <summary>0.0.0.0/8 and ::, which reach this machine.</summary>
    ThisNetwork = 256,

    /// <summary>Nobody's, a protocol's own, or broadcast.</summary>
    Reserved = 512,
}

internal static class SpecialAddresses
{
    /// <summary>The classes as they are written.</summary>
    public static readonly IReadOnlyList<(string Name, AddressClasses Class)> Names =
    [
        ("loopback", AddressClasses.Loopback), ("private", AddressClasses.Private), ("link-local", AddressClasses.LinkLocal), ("metadata", AddressClasses.Metadata),
        ("shared", AddressClasses.Shared), ("multicast", AddressClasses.Multicast), ("documentation", AddressClasses.Documentation),
        ("benchmarking", AddressClasses.Benchmarking), ("this-network", AddressClasses.ThisNetwork), ("reserved", AddressClasses.Reserved),
    ];

    public static AddressClasses ClassesOf(IPAddress address)
    {
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? OfIPv4(BinaryPrimitives.ReadUInt32BigEndian(octets)) : OfIPv6(octets);
    }

    /// <summary>The IPv4 address in an IPv6 address, or the address itself.</summary>
    public static IPAddress Innermost(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address;
        Span<byte> octets = stackalloc byte[16];
        address.TryWriteBytes(octets, out _);
        if (!TryEmbedded(octets, out var inner))
            return address.ScopeId == 0 ? address : new IPAddress(octets);
        BinaryPrimitives.WriteUInt32BigEndian(octets, inner);
        return new IPAddress(octets[..4]);
    }

    private static AddressClasses OfIPv4(uint a) => (a >> 24) switch
    {
        0 => AddressClasses.ThisNetwork,
        10 => AddressClasses.Private,
        // Alibaba's is in the shared space.
        100 when (a & 0xffc0_0000) == 0x6440_0000 => AddressClasses.Shared | (a == 0x6464_64c8 ? AddressClasses.Metadata : 0),
        127 => AddressClasses.Loopback,
        // Azure's
        168 when a == 0xa83f_8110 => AddressClasses.Metadata,
        // That of nearly all, and that of AWS' containers.
        169 when (a & 0xffff_0000) == 0xa9fe_0000 => AddressClasses.LinkLocal | (a is 0xa9fe_a9fe or 0xa9fe_aa02 or 0xa9fe_aa17 ? AddressClasses.Metadata : 0),
        172 when (a & 0xfff0_0000) == 0xac10_0000 => AddressClasses.Private,
        192 => OfIPv4From192(a),
        198 when (a & 0xfffe_0000) == 0xc612_0000 => AddressClasses.Benchmarking,
        198 when (a & 0xffff_ff00) == 0xc633_6400 => AddressClasses.Documentation,
        203 when (a & 0xffff_ff00) == 0xcb00_7100 => AddressClasses.Documentation,
        >= 224 and < 240 => AddressClasses.Multicast,
        >= 240 => AddressClasses.Reserved,
        _ => AddressClasses.None,
    };

    private static AddressClasses OfIPv4From192(uint a) => (a & 0xffff_ff00) switch
    {
        // Oracle's is one of the protocols' own.
        0xc000_0000 => AddressClasses.Reserved | (a == 0xc000_00c0 ? AddressClasses.Metadata : 0),
        0xc000_0200 => AddressClasses.Documentation,
        0xc058_6300 => AddressClasses.Reserved,
        _ => (a & 0xffff_0000) == 0xc0a8_0000 ? AddressClasses.Private : AddressClasses.None,
    };

    private static AddressClasses OfIPv6(ReadOnlySpan<byte> octets)
    {
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets[8..]));
        if (high == 0 && low <= 1)
            return low == 0 ? AddressClasses.ThisNetwork : AddressClasses.Loopback;
        var outer = (octets[0], octets[1]) switch
        {
            (0, _) => AddressClasses.Reserved,
            (1, 0) when high == 0x0100_0000_0000_0000 => AddressClasses.Reserved,
            (0x20, 0x01) => OfIPv6From2001(high),
            (0x3f, 0xff) when high >> 44 == 0x3fff_0 => AddressClasses.Documentation,
            (0x5f, 0) => AddressClasses.Reserved,
            (0xfc or 0xfd, _) => AddressClasses.Private | (IsMetadata(high, low) ? AddressClasses.Metadata : 0),
            (0xfe, >= 0x80 and < 0xc0) => AddressClasses.LinkLocal,
            (0xfe, >= 0xc0) => AddressClasses.Private,
            (0xff, _) => AddressClasses.Multicast,
            _ => AddressClasses.None,
        };
        if (!TryEmbedded(octets, out var inner))
            return outer;
        // What only carries an IPv4 address is what that is; NAT64 and mapped addresses are no class of their own.
        return OfIPv4(inner) | (octets[0] == 0 ? AddressClasses.None : outer);
    }

    private static AddressClasses OfIPv6From2001(ulong high) =>
        (uint)(high >> 32) is 0x2001_0db8 ? AddressClasses.Documentation
        : high >> 16 == 0x2001_0002_0000 ? AddressClasses.Benchmarking
        // ORCHIDs (RFC 4843, 7343) and the protocols' own
        : (high >> 32 & 0xffff_fe00) == 0x2001_0000 ? AddressClasses.Reserved
        : AddressClasses.None;

    /// <summary>AWS' and Google's.</summary>
    private static bool IsMetadata(ulong high, ulong low) =>
        low == 0x254 && high is 0xfd00_0ec2_0000_0000 or 0xfd20_00ce_0000_0000;

    private static bool TryEmbedded(ReadOnlySpan<byte> octets, out uint inner)
    {
        var (high, low) = (BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets[8..]));
        inner = (uint)low;
        // Mapped and compatible; ::1 and :: are neither.
        if (high == 0 && (low >> 32 == 0xffff || low >> 32 == 0 && low > 1))
            return true;
        if (high == 0x0064_ff9b_0000_0000 && low >> 32 == 0 || high >> 16 == 0x0064_ff9b_0001)
            return true;
        if (high >> 48 == 0x2002)
        {
            inner = (uint)(high >> 16);
            return true;
        }
        if (high >> 32 == 0x2001_0000)
        {
            inner = ~(uint)low;
            return true;
        }
        return (uint)(low >> 32) is 0x0000_5efe or 0x0200_5efe;
    }
}
