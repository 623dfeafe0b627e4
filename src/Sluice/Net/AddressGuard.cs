using System.Net;

namespace Sluice.Net;

/// <summary>Addresses by class and by network.</summary>
public sealed record AddressSet(AddressClasses Classes, IReadOnlyList<IPNetwork> Networks)
{
    public static readonly AddressSet Empty = new(AddressClasses.None, []);

    private readonly IPNetwork[] _networks = [.. Networks];

    public bool Equals(AddressSet? other) => other is not null && Classes == other.Classes && _networks.AsSpan().SequenceEqual(other._networks);

    public override int GetHashCode() => HashCode.Combine(Classes, _networks.Length);

    /// <summary>An IPv6 address is also what the IPv4 address in it is.</summary>
    public bool Contains(IPAddress address)
    {
        if ((SpecialAddresses.ClassesOf(address) & Classes) != 0)
            return true;
        if (_networks.Length == 0)
            return false;
        var inner = SpecialAddresses.Innermost(address);
        foreach (var network in _networks)
            if (network.Contains(inner) || network.Contains(address))
                return true;
        return false;
    }
}

/// <summary>Which addresses clients may name. What is in <paramref name="Allow"/> may be dialled whatever else it is.</summary>
public sealed record AddressGuard(AddressSet Allow, AddressSet Deny)
{
    public static readonly AddressGuard None = new(AddressSet.Empty, AddressSet.Empty);

    /// <summary>For listeners that others than this machine can reach: what only this machine should reach.</summary>
    public static readonly AddressSet OnlyThisMachines =
        new(AddressClasses.Loopback | AddressClasses.ThisNetwork | AddressClasses.LinkLocal | AddressClasses.Metadata, []);

    public bool Admits(IPAddress address) => !Deny.Contains(address) || Allow.Contains(address);
}
