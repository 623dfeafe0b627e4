using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;

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

    /// <summary>Where an answer comes from begins its cache key: the route, or, forward, the origin in the target.</summary>
    public string CacheScope => options.Kind == ListenerKind.Reverse ? options.Name : "";

    /// <summary>What stands for an absent Host: the origin's authority; null on a forward listener.</summary>
    public string? OwnAuthority { get; } = options.Kind == ListenerKind.Reverse ? options.To?.ToString() : null;

    public bool Admits(IPEndPoint? client) => options.Allow.Count == 0 || client is null || Networks.Contain(options.Allow, client.Address);

    /// <summary>What it refuses whatever its policy says; null: nothing.</summary>
    public Verdict? Refuse(IPEndPoint? client, string method)
    {
        if (!Admits(client))
            return Denied("allow", "Clients of your network are not served here.");
        // Wherever it leads: a cache behind us is not the client's to empty either.
        if (method == Methods.Purge && !(client is not null && Networks.Contain(options.Purge, client.Address)))
            return Denied("purge", "PURGE is not obeyed for clients of your network.");
        return null;
    }

    private static Verdict Denied(string rule, string reason) => new() { Denies = true, Rule = rule, Status = 403, Reason = reason };
}
