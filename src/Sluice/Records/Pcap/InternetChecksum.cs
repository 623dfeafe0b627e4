using System.Buffers.Binary;

namespace Sluice.Records.Pcap;

/// <summary>The checksum of IPv4, TCP and others (RFC 1071).</summary>
internal static class InternetChecksum
{
    /// <summary>Of octets in which its own field is 0.</summary>
    /// <param name="sum">Of what belongs to it beside: the pseudo header.</param>
    public static ushort Of(ReadOnlySpan<byte> octets, ulong sum)
    {
        sum += Sum(octets);
        while (sum > ushort.MaxValue)
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>Of the words of 16 bits, the last one filled up with 0. Whatever is summed by 32 bits comes to the same.</summary>
    public static ulong Sum(ReadOnlySpan<byte> octets)
    {
        ulong sum = 0;
        for (; octets.Length >= 4; octets = octets[4..])
            sum += BinaryPrimitives.ReadUInt32BigEndian(octets);
        if (octets.Length >= 2)
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(octets);
            octets = octets[2..];
        }
        return octets.IsEmpty ? sum : sum + ((ulong)octets[0] << 8);
    }
}
