using System.Net;
using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>A listener at work: its options, and what follows from them for every connection it accepts.</summary>
/// <param name="options">As configured.</param>
/// <param name="addresses">What its clients may have dialled: never our own listeners. A configured upstream is not
/// the client's choice and not judged by them.</param>
public sealed class ListenerGate(ListenerOptions options, AddressRules addresses)
{
    public ListenerOptions Options => options;

    public AddressRules Addresses { get; } = options.Kind == ListenerKind.Forward ? addresses : AddressRules.Any;

    /// <summary>The same for what the cache holds: from where may it have come? Null: from anywhere.</summary>
    public Func<IPEndPoint, bool>? MayDial { get; } = options.Kind == ListenerKind.Forward ? addresses.Admits : null;

    /// <summary>What stands for an absent Host: the origin's authority; null on a forward listener.</summary>
    public string? OwnAuthority { get; } = options.Kind == ListenerKind.Reverse ? options.To?.ToString() : null;

    public bool Admits(IPEndPoint? client) => options.Allow.Count == 0 || client is null || Networks.Contain(options.Allow, client.Address);

    /// <summary>Whether PURGE from that client is obeyed.</summary>
    public bool LetsPurge(IPEndPoint? client) => client is not null && Networks.Contain(options.Purge, client.Address);
}
