using System.Net;
using System.Net.Sockets;

namespace Sluice.Http;

/// <summary>Tells the origin for whom we ask: Forwarded (RFC 7239) and the older X-Forwarded-For, -Host and -Proto.
/// The chain of addresses is kept, behind it the one we see; host and scheme are what we received, since an origin takes
/// them for the truth and any client can write them.</summary>
public static class ForwardedFor
{
    // Some fifty addresses: what is longer is an attack on whoever parses it.
    private const int MaxChainLength = 1024;

    /// <param name="fields">Of the request that is sent on.</param>
    /// <param name="client">The address the request came from; null: from nobody, for everybody.</param>
    /// <param name="scheme">The scheme it was asked under.</param>
    /// <param name="authority">Host (and port) it was asked under, as <see cref="RequestTarget.Authority"/>.</param>
    public static void Append(FieldList fields, IPAddress? client, string scheme, string authority)
    {
        // RFC 7239 s.6.2: unknown
        var address = client is null ? "unknown" : (client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : WithoutZone(client)).ToString();
        if (client is not null)
            fields.Set(FieldNames.XForwardedFor, Newest(fields.Get(FieldNames.XForwardedFor)) is { Length: > 0 } chain
                ? $"{chain}, {address}" : address);
        fields.Set(FieldNames.XForwardedHost, authority);
        fields.Set(FieldNames.XForwardedProto, scheme);

        var element = $"for={Node(address)};host={QuotedUnlessToken(authority)};proto={scheme}";
        // A quoted string may hold commas, so a chain that is too long is not cut but begun anew.
        fields.Set(FieldNames.Forwarded, fields.Get(FieldNames.Forwarded) is { Length: > 0 and <= MaxChainLength } before
            ? $"{before}, {element}" : element);
    }

    // The right end of the chain: what the proxies next to us have seen.
    private static string? Newest(string? chain)
    {
        if (chain is null || chain.Length <= MaxChainLength)
            return chain;
        var end = chain.AsSpan(chain.Length - MaxChainLength);
        var comma = end.IndexOf(',');
        return comma < 0 ? null : Grammar.TrimOws(end[(comma + 1)..]).ToString();
    }

    // RFC 7239 s.6: an IPv6 address is in brackets, and therefore quoted.
    private static string Node(string address) => address.Contains(':') ? $"\"[{address}]\"" : address;

    private static string QuotedUnlessToken(string text) => Grammar.IsToken(text) ? text : $"\"{text}\"";

    private static IPAddress WithoutZone(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0
            ? new IPAddress(address.GetAddressBytes()) : address;
}
