using System.Net;

namespace Sluice.Net;

/// <summary>What rules say of an address.</summary>
/// <param name="Classes">What it is for.</param>
public sealed record JudgedAddress(IPEndPoint Address, AddressClasses Classes, bool IsAdmitted)
{
    /// <summary>One of our own listeners is there.</summary>
    public bool IsOwnListener { get; init; }
}

/// <summary>Which addresses may be dialled: never our own listeners, and of the others those that a guard admits. The address that was checked is
/// the one that is dialled.</summary>
public sealed class AddressRules
{
    /// <summary>For configured upstreams, which no client names.</summary>
    public static readonly AddressRules Any = new([], []);

    private readonly AddressGuard? _guard;
    private readonly HashSet<(IPAddress, int)> _own;
    private readonly HashSet<int> _ownEverywhere;
    private readonly HashSet<int> _ownPorts;

    /// <param name="own">Our own listeners: never a destination.</param>
    /// <param name="localAddresses">The addresses of this machine, for listeners bound to all of them.</param>
    /// <param name="guard">Null: it admits all.</param>
    public AddressRules(IEnumerable<IPEndPoint> own, IEnumerable<IPAddress> localAddresses, AddressGuard? guard = null)
    {
        _guard = guard;
        Filter = Admits;
        _own = [];
        _ownEverywhere = [];
        _ownPorts = [];
        var locals = localAddresses.Select(SpecialAddresses.Innermost).ToHashSet();
        foreach (var listener in own)
        {
            _ownPorts.Add(listener.Port);
            if (!listener.Address.Equals(IPAddress.Any) && !listener.Address.Equals(IPAddress.IPv6Any))
            {
                _own.Add((SpecialAddresses.Innermost(listener.Address), listener.Port));
                continue;
            }
            _ownEverywhere.Add(listener.Port);
            foreach (var local in locals)
                _own.Add((local, listener.Port));
        }
    }

    /// <summary><see cref="Admits"/>, made once: it is handed on with each request.</summary>
    public Func<IPEndPoint, bool> Filter { get; }

    public bool Admits(IPEndPoint destination) => !IsOwn(destination) && _guard?.Admits(destination.Address) is not false;

    /// <summary>Whether it is admitted, and why not: by what it is of.</summary>
    public JudgedAddress Judge(IPEndPoint destination) => new(destination, SpecialAddresses.ClassesOf(destination.Address), Admits(destination))
    {
        IsOwnListener = IsOwn(destination),
    };

    private bool IsOwn(IPEndPoint destination)
    {
        if (!_ownPorts.Contains(destination.Port))
            return false;
        var address = SpecialAddresses.Innermost(destination.Address);
        // 0.0.0.0 and :: reach this machine, and so does all of 127/8.
        var local = IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (local && _ownEverywhere.Contains(destination.Port))
            return true;
        if (address.Equals(IPAddress.Any))
            address = IPAddress.Loopback;
        else if (address.Equals(IPAddress.IPv6Any))
            address = IPAddress.IPv6Loopback;
        return _own.Contains((address, destination.Port));
    }
}
