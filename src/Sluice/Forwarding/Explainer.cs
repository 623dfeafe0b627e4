using System.Net;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>What would become of a request: the first steps of <see cref="HttpProxy"/>, taken by the same parts. Names are resolved; nothing is dialled or counted.</summary>
/// <param name="gates">Of the listeners, of the same censor.</param>
/// <param name="cache">Null: none is at hand.</param>
public sealed class Explainer(Censor censor, Dialer dialer, IReadOnlyList<ListenerGate> gates, HttpCache? cache)
{
    private const string NoListener = "no listener has this policy";

    private readonly ListenerGate[] _gates = [.. gates.Where(gate => gate.Options.Kind != ListenerKind.Tcp)];

    /// <summary>Those that have requests.</summary>
    public IReadOnlyList<ListenerOptions> Listeners => [.. _gates.Select(gate => gate.Options)];

    public IReadOnlyCollection<string> Policies => censor.Policies;

    /// <param name="asker">Comes by one of <see cref="Listeners"/>, or by none: then <paramref name="policy"/> alone judges.</param>
    /// <param name="policy">Ignored where there is a listener, which has its own.</param>
    /// <param name="at">When it is asked; null: now. What the cache says is of now.</param>
    public async Task<Forecast> ExplainAsync(RequestHead request, Asker asker, string? policy, DateTimeOffset? at)
    {
        var gate = Array.Find(_gates, gate => gate.Options.Name == asker.Listener);
        policy = gate is null ? policy : gate.Options.Policy;
        if (gate is not null && RefusalBefore(gate, request, asker) is { } refusal)
            return Refused(new Explanation(refusal, []), "the listener refuses it");
        var explanation = censor.Explain(policy, request, asker, null, at);
        if (explanation.Verdict.Denies)
            return Refused(explanation, "it is refused");
        if (request.Method != Methods.Connect)
            return new Forecast(asker.Listener, policy, explanation, await DialOfAsync(gate, request.Target), await CacheOfAsync(gate, request, explanation.Verdict));
        if (gate?.LetsConnectTo(request.Target.Port) is false)
            return Refused(explanation with { Verdict = Tunnels.PortDenied(request.Target.Port) }, "limits.connectPorts does not have the port");
        return new Forecast(asker.Listener, policy, explanation, await DialOfAsync(gate, request.Target), CacheForecast.None("it is a tunnel"));

        Forecast Refused(Explanation why, string text) => new(asker.Listener, policy, why, DialForecast.None(text), CacheForecast.None(text));
    }

    /// <summary>What is refused before the policy is asked.</summary>
    private static Verdict? RefusalBefore(ListenerGate gate, RequestHead request, Asker asker)
    {
        var client = asker.Client is null ? null : new IPEndPoint(asker.Client, 0);
        return !gate.Admits(client) ? ListenerGate.ForeignClient
            : request.Method == Methods.Purge && !gate.LetsPurge(client) ? ListenerGate.ForeignPurge
            : request.Method == Methods.Connect && gate.Options.Kind == ListenerKind.Reverse ? new Verdict { Denies = true, Status = 405, Reason = "A reverse proxy opens no tunnels." }
            : null;
    }

    private async Task<CacheForecast> CacheOfAsync(ListenerGate? gate, RequestHead request, Verdict verdict)
    {
        if (cache is null || gate is null)
            return CacheForecast.None(cache is null ? "no proxy runs that has one" : NoListener);
        var held = await cache.Care.ShowAsync(request, gate.CacheScope, verdict.BypassesCache, gate.MayDial);
        return new CacheForecast(held.Verdict, held.Reason);
    }

    private async Task<DialForecast> DialOfAsync(ListenerGate? gate, RequestTarget target)
    {
        if (gate is null)
            return DialForecast.None(NoListener);
        var to = gate.Options.Kind == ListenerKind.Reverse ? gate.Options.To!.Value : new HostPort(target.Host, target.Port);
        var (addresses, error) = await dialer.JudgeAsync(to, gate.Addresses, gate.Limits.Connect);
        return new DialForecast(to, addresses, error == DialError.None ? null : ForwardErrors.Of(error).Row().Text);
    }
}
