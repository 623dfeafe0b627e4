using System.Net;

namespace Sluice.Net;

internal static class Networks
{
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
