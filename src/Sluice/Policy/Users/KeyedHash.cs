using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Policy.Users;

/// <summary>Stands for credentials, names and addresses, so that none of them is kept: HMAC-SHA-256 under a key of this process. Who does not know the key
/// cannot choose what collides, nor learn from the time of a comparison.</summary>
internal sealed class KeyedHash
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    public Digest Of(ReadOnlySpan<byte> octets)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, octets, hash);
        return new Digest(BinaryPrimitives.ReadUInt128LittleEndian(hash), BinaryPrimitives.ReadUInt128LittleEndian(hash[16..]));
    }

    public Digest Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>Of IPv6 the network of 64 bits, which one host has to itself.</summary>
    public Digest Of(IPAddress? address)
    {
        Span<byte> octets = stackalloc byte[16];
        var count = 0;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        address?.TryWriteBytes(octets, out count);
        return Of(octets[..(address?.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : count)]);
    }
}

internal readonly record struct Digest(UInt128 Low, UInt128 High);
