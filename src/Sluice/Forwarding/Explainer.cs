using System.Net;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>What would become of a request: the first steps of <see cref="HttpProxy"/>, taken by the same parts. Names are resolved; nothing is dialled or counted.</summary>
/// <param name="gates">Of the listeners, of the same censor.</param>
/// <param name="users">Who may log in; null: nobody.</param>
/// <param name="cache">Null: none is at hand.</param>
public sealed class Explainer(Censor censor, Dialer dialer, IReadOnlyList<ListenerGate> gates, UserOptions? users, HttpCache? cache)
{
    private const string NoListener = "no listener has this policy";

    private readonly ListenerGate[] _gates = [.. gates.Where(gate => gate.Options.Kind != ListenerKind.Tcp)];

    /// <summary>Those that have requests.</summary>
    public IReadOnlyList<ListenerOptions> Listeners => [.. _gates.Select(gate => gate.Options)];

    public IReadOnlyCollection<string> Policies => censor.Policies;

    /// <summary>The user of that name, logged in.</summary>
    public User UserOf(string name) => users?.UserOf(name) ?? new User(name, []);

    /// <param name="asker">Comes by one of <see cref="Listeners"/>, or by none: then <paramref name="policy"/> alone judges.</param>
    /// <param name="policy">Ignored where there is a listener, which has its own.</param>
    /// <param name="at">When it is asked; null: now. What the cache says is of now.</param>
    /// <param name="start">What the first octets of the tunnel are; null: they are not known, or it is none.</param>
    public async Task<Forecast> ExplainAsync(RequestHead request, Asker asker, string? policy, DateTimeOffset? at, TunnelStart? start)
    {
        var gate = Array.Find(_gates, gate => gate.Options.Name == asker.Listener);
        policy = gate is null ? policy : gate.Options.Policy;
        if (gate is not null && RefusalBefore(gate, request, asker) is { } refusal)
            return Refused(new Explanation(refusal, []), "the listener refuses it");
        var explanation = censor.Explain(policy, request, asker, null, at, start);
        if (explanation.Verdict.Denies)
            return Refused(explanation, "it is refused");
        var isTunnel = request.Method == Methods.Connect;
        if (isTunnel && gate?.LetsConnectTo(request.Target.Port) is false)
            return Refused(explanation with { Verdict = Tunnels.PortDenied(request.Target.Port) }, "limits.connectPorts does not have the port");
        if (gate is null)
            return new Forecast(null, policy, explanation, DialForecast.None(NoListener), CacheForecast.None(NoListener));
        var route = Route.Of(gate, request.Target, explanation.Verdict);
        return new Forecast(asker.Listener, policy, explanation, await DialOfAsync(route),
            isTunnel ? CacheForecast.None("it is a tunnel") : await CacheOfAsync(route, request, explanation.Verdict));

        Forecast Refused(Explanation why, string text) => new(asker.Listener, policy, why, DialForecast.None(text), CacheForecast.None(text));
    }

    /// <summary>What is refused before the policy is asked; null: nothing.</summary>
    public static Verdict? RefusalBefore(ListenerGate gate, RequestHead request, Asker asker)
    {
        var client = asker.Client is null ? null : new IPEndPoint(asker.Client, 0);
        return !gate.Admits(client) ? ListenerGate.ForeignClient
            : gate.Options.Login && asker.User is null ? LoginStep.Missing
            : request.Method == Methods.Purge && !gate.LetsPurge(client) ? ListenerGate.ForeignPurge
            : request.Method == Methods.Connect && gate.Options.Kind == ListenerKind.Reverse ? new Verdict { Denies = true, Status = 405, Reason = "A reverse proxy opens no tunnels." }
            : null;
    }

    private async Task<CacheForecast> CacheOfAsync(Route route, RequestHead request, Verdict verdict)
    {
        if (cache is null)
            return CacheForecast.None("no proxy runs that has one");
        var held = await cache.Care.ShowAsync(request, route.Scope, verdict.BypassesCache, route.MayDial);
        return new CacheForecast(held.Verdict, held.Reason);
    }

    private async Task<DialForecast> DialOfAsync(Route route)
    {
        var (addresses, error) = await dialer.JudgeAsync(route.To.At, route.Addresses, route.Listener.Limits.Connect);
        return new DialForecast(route.To.At, addresses, error == DialError.None ? null : ForwardErrors.Of(error).Row().Text);
    }
}
