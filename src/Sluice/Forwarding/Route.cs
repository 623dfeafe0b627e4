using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>Where a request goes.</summary>
/// <param name="Listener">Where it came from.</param>
/// <param name="Addresses">Which addresses may be dialled.</param>
/// <param name="Scope">Begins the keys of answers from there in the cache: the upstream's name, the listener's (reverse), or, forward, nothing: the origin in the target.</param>
internal readonly record struct Route(ListenerGate Listener, Destination To, AddressRules Addresses, string Scope)
{
    /// <summary>The same as <see cref="Addresses"/> for what the cache holds: from where may it have come? Null: from anywhere.</summary>
    public Func<IPEndPoint, bool>? MayDial => Addresses == AddressRules.Any ? null : Addresses.Filter;

    public static Route Of(ListenerGate listener, RequestTarget target, Verdict verdict)
    {
        var options = listener.Options;
        if (verdict.Route is { } name)
            return new Route(listener, listener.Upstreams[name], AddressRules.Any, name);
        if (options.To is { } to)
            return new Route(listener, new Destination(options.ToScheme == "https", to) { Identity = options.ToIdentity, Http2 = options.ToHttp2 }, AddressRules.Any, options.Name);
        var isTls = target.Scheme == "https";
        if (verdict.DialAs is not { } other)
            return new Route(listener, new Destination(isTls, new HostPort(target.Host, target.Port)), listener.Addresses, "");
        // It shall still be whom the client asked for.
        var identity = isTls ? new TlsIdentity(target.Host, null) : null;
        return new Route(listener, new Destination(isTls, new HostPort(other, target.Port)) { Identity = identity }, AddressRules.Any, ScopeOf(other));
    }

    /// <summary>Of what is dialled as another name.</summary>
    public static string ScopeOf(string dialAs) => $"@{dialAs}";
}
