using System.Net;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>What would become of a request: the first steps of <see cref="HttpProxy"/>, taken by the same parts. Names are resolved; nothing is dialled or counted.</summary>
/// <param name="gates">Of the listeners.</param>
/// <param name="cache">Null: none is at hand.</param>
public sealed class Explainer(Censor censor, Dialer dialer, IReadOnlyList<ListenerGate> gates, LimitOptions limits, HttpCache? cache)
{
    private const string NoListener = "no listener has this policy";

    private readonly ListenerGate[] _gates = [.. gates.Where(gate => gate.Options.Kind != ListenerKind.Tcp)];

    /// <summary>Those that have requests.</summary>
    public IReadOnlyList<ListenerOptions> Listeners => [.. _gates.Select(gate => gate.Options)];

    public IReadOnlyCollection<string> Policies => censor.Policies;

    /// <param name="listener">The name of one of <see cref="Listeners"/>; null: it comes by none, and <paramref name="policy"/> alone judges.</param>
    /// <param name="policy">Ignored where there is a listener, which has its own.</param>
    /// <param name="client">Null: not known.</param>
    /// <param name="at">When it is asked; null: now. What the cache says is of now.</param>
    public async Task<Forecast> ExplainAsync(RequestHead request, string? listener, string? policy, IPAddress? client, DateTimeOffset? at)
    {
        var gate = Array.Find(_gates, gate => gate.Options.Name == listener);
        policy = gate is null ? policy : gate.Options.Policy;
        if (gate?.Refuse(client is null ? null : new IPEndPoint(client, 0), request.Method) is { } refusal)
            return Refused(new Explanation(refusal, []), "the listener refuses it");
        var explanation = censor.Explain(policy, request, new Asker(client, listener), null, at);
        if (explanation.Verdict.Denies)
            return Refused(explanation, "it is refused");
        var isTunnel = request.Method == Methods.Connect;
        if (isTunnel && (gate?.Options.Kind == ListenerKind.Reverse ? "a reverse listener opens no tunnels" : limits.RefuseTunnel(request.Target.Port)) is { } unopened)
            return Refused(explanation, unopened);
        return new Forecast(listener, policy, explanation, await DialOfAsync(gate, request.Target),
            isTunnel ? CacheForecast.None("it is a tunnel") : await CacheOfAsync(gate, request, explanation.Verdict));

        Forecast Refused(Explanation why, string text) => new(listener, policy, why, DialForecast.None(text), CacheForecast.None(text));
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
        var (addresses, error) = await dialer.JudgeAsync(to, gate.Addresses, limits.Connect);
        return new DialForecast(to, addresses, error == DialError.None ? null : ForwardErrors.Of(error).Row().Text);
    }
}
