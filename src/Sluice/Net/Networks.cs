using System.Globalization;
using System.Net;

namespace Sluice.Net;

internal static class Networks
{
    /// <summary><c>10.0.0.0/8</c>, or one address.</summary>
    /// <returns>What is wrong with the text, to be said after it; null where it is a network.</returns>
    public static string? TryParse(string text, out IPNetwork value)
    {
        value = default;
        var slash = text.IndexOf('/');
        if (!IPAddress.TryParse(slash < 0 ? text : text[..slash], out var address))
            return "is not a network, write for example 10.0.0.0/8 or fd00::/8";
        var bits = address.GetAddressBytes().Length * 8;
        var length = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
            return $"is not a network, the number after / is 0 to {bits}";
        var first = First(address, length);
        if (!first.Equals(address))
            return $"has bits set beyond /{length}, write {first}/{length}, or {address} for this one address";
        value = new IPNetwork(address, length);
        return null;

        static IPAddress First(IPAddress address, int length)
        {
            var bytes = address.GetAddressBytes();
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] &= (byte)(0xff00 >> Math.Clamp(length - i * 8, 0, 8));
            return new IPAddress(bytes);
        }
    }

    /// <summary>A mapped IPv4 address (<c>::ffff:a.b.c.d</c>), as sockets of both families give it, is that IPv4 address.</summary>
    public static bool Contain(IReadOnlyList<IPNetwork> networks, IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        // By number: an enumerator of the interface would be an object.
        for (var i = 0; i < networks.Count; i++)
            if (networks[i].Contains(address))
                return true;
        return false;
    }
}
