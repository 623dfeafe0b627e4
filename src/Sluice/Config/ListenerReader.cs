using System.Net;
using Sluice.Forwarding;
using Sluice.Net;

namespace Sluice.Config;

/// <summary>The section <c>listeners</c>.</summary>
internal sealed class ListenerReader(string folder, bool tryPorts)
{
    public IReadOnlyList<ListenerOptions> Read(Section top)
    {
        var sections = top.List("listeners");
        if (top.Node["listeners"] is Sequence { Items.Count: 0 })
            top.Problem("listeners", "is an empty list, write for example [{ kind: forward, bind: 127.0.0.1:3128 }]");
        var policies = top.Node["policies"] is Mapping named ? named.Entries.ConvertAll(e => e.Key) : [];
        var listeners = new List<(ListenerOptions Options, Section Section)>();
        foreach (var section in sections)
        {
            if (ReadListener(section, policies, top.Has("users")) is not { } listener)
                continue;
            var clash = ClashesWithEarlier(listener, section, listeners);
            if (tryPorts && !clash && PortTrial.WhyNot(listener.Bind) is { } wrong)
                section.Problem("bind", $"'{((Scalar)section.Node["bind"]!).Text}' {wrong}");
            listeners.Add((listener, section));
        }
        return [.. listeners.Select(l => l.Options)];
    }

    /// <summary>Null where the kind or the bind is not known: nothing more can be said then.</summary>
    private ListenerOptions? ReadListener(Section section, List<string> policies, bool hasUsers)
    {
        var kind = section.Choice<ListenerKind>("kind");
        var bind = section.Object<IPEndPoint>("bind", Values.Bind);
        var name = section.Text("name");
        var allow = section.Many<IPNetwork>("allow", Values.Network);
        var purge = section.Many<IPNetwork>("purge", Values.Network);
        var forwarded = section.Flag("forwarded");
        var login = section.Flag("login") ?? false;
        var policy = ReadPolicy(section, kind, policies);
        var (scheme, to) = ReadTo(section, kind);
        var (identity, http2) = UpstreamReader.Read(section, kind, scheme, folder);
        if (kind is ListenerKind.Tcp && forwarded is not null)
            section.Problem("forwarded", "stands at a tcp listener, which has no requests: remove it");
        if (kind is ListenerKind.Tcp && section.Has("purge"))
            section.Problem("purge", "stands at a tcp listener, which has no requests: remove it");
        if (login && kind is not (null or ListenerKind.Forward))
            section.Problem("login", "stands at a listener that is no forward proxy, and only to one of these clients log in: remove it");
        else if (login && !hasUsers)
            section.Problem("login", "needs to know who may: add a section users: { file: htpasswd }");
        if (purge is [] && section.Node["purge"] is Sequence { Items.Count: 0 })
            section.Problem("purge", "is an empty list, which would obey nobody: name networks, or remove it");
        if (allow is [] && section.Node["allow"] is Sequence { Items.Count: 0 })
            section.Problem("allow", "is an empty list, which would serve nobody: name the client networks, or remove it");
        if (kind is not { } k || bind is null)
            return null;
        if (k is ListenerKind.Forward && !section.Has("allow") && !IPAddress.IsLoopback(bind.Address))
        {
            var add = section.PlaceOf("bind").File == "--listen" ? "--allow 10.0.0.0/8" : "allow: [10.0.0.0/8]";
            section.Problem("bind", $"'{((Scalar)section.Node["bind"]!).Text}' would be an open relay for everyone who reaches it: "
                + $"add {add} with your client networks, or bind to 127.0.0.1:{bind.Port}");
        }
        return new ListenerOptions
        {
            Name = name ?? $"{k.ToString().ToLowerInvariant()}@{bind}",
            Kind = k,
            Bind = bind,
            To = to,
            ToScheme = scheme,
            ToIdentity = identity,
            ToHttp2 = http2,
            Allow = allow ?? [],
            Purge = purge ?? [],
            Login = login,
            Policy = policy,
            Forwarded = forwarded ?? k is ListenerKind.Reverse,
            Where = section.PlaceOf("bind").ToString(),
        };
    }

    private static (string Scheme, HostPort? To) ReadTo(Section section, ListenerKind? kind)
    {
        switch (kind)
        {
            case null:
                section.Text("to");
                break;
            case ListenerKind.Forward when section.Has("to"):
                section.Problem("to", "stands at a forward listener, whose clients name the destination: remove it, or write kind: reverse");
                break;
            case ListenerKind.Reverse or ListenerKind.Tcp when !section.Has("to"):
                section.Problem("to", $"'to' is missing, write for example to: {(kind is ListenerKind.Tcp ? "127.0.0.1:5678" : "http://127.0.0.1:5678")}");
                break;
            case ListenerKind.Reverse:
                return section.Value<(string Scheme, HostPort To)>("to", Values.Origin) is { } origin ? (origin.Scheme, origin.To) : ("http", null);
            case ListenerKind.Tcp:
                return ("http", section.Value<HostPort>("to", Values.HostAndPort));
        }
        return ("http", null);
    }

    private static string? ReadPolicy(Section section, ListenerKind? kind, List<string> policies)
    {
        if (section.Text("policy") is not { } policy)
            return null;
        if (kind is ListenerKind.Tcp)
            section.Problem("policy", "stands at a tcp listener, which has no requests to judge: remove it, allow says which clients are served");
        else if (!policies.Contains(policy))
            section.Problem("policy", $"unknown policy '{policy}'{(policies.Count == 0 ? ", there is no section policies" : Nearest.Hint(policy, policies))}");
        return policy;
    }

    private static bool ClashesWithEarlier(ListenerOptions listener, Section section, List<(ListenerOptions Options, Section Section)> earlier)
    {
        if (earlier.Find(e => e.Options.Name == listener.Name && section.Has("name")) is { Section: { } named })
            section.Problem("name", $"duplicate name '{listener.Name}', it already stands at {named.PlaceOf("name")}");
        if (earlier.Find(e => Overlap(e.Options.Bind, listener.Bind)) is not { Section: { } same } clash)
            return false;
        section.Problem("bind", clash.Options.Bind.Equals(listener.Bind)
            ? $"'{listener.Bind}' is already bound by the listener at {same.PlaceOf("bind")}"
            : $"'{listener.Bind}' overlaps '{clash.Options.Bind}' of the listener at {same.PlaceOf("bind")}");
        return true;
    }

    private static bool Overlap(IPEndPoint a, IPEndPoint b) =>
        a.Port == b.Port && a.Port != 0
        && (a.Address.Equals(b.Address) || Covers(a.Address, b.Address) || Covers(b.Address, a.Address));

    private static bool Covers(IPAddress all, IPAddress one) =>
        all.Equals(IPAddress.IPv6Any) || (all.Equals(IPAddress.Any) && one.AddressFamily == all.AddressFamily);
}
