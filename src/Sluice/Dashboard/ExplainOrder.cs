using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Dashboard;

/// <summary>GET /v1/policy/explain as it is asked, each as it is written; read as strictly as the other requests.</summary>
public sealed record ExplainOrder
{
    private static readonly string[] Parameters = ["method", "url", "client", "user", "group", "listener", "policy", "at", "sni", "field"];

    public string? Method { get; init; }

    /// <summary>Absolute, or <c>host:port</c> with CONNECT.</summary>
    public string? Url { get; init; }

    public string? Client { get; init; }

    /// <summary>Who has logged in; null: nobody.</summary>
    public string? User { get; init; }

    /// <summary>That name the user; none: those of the configuration.</summary>
    public IReadOnlyList<string?> Groups { get; init; } = [];

    public string? Listener { get; init; }

    public string? Policy { get; init; }

    /// <summary>RFC 3339.</summary>
    public string? At { get; init; }

    /// <summary>As <see cref="TunnelStart.TryParse"/> reads it.</summary>
    public string? Sni { get; init; }

    /// <summary><c>Name: value</c></summary>
    public IReadOnlyList<string?> Fields { get; init; } = [];

    /// <summary>What is written, as parameters of a request.</summary>
    internal (string Name, string? Value)[] Written =>
    [
        ("method", Method), ("url", Url), ("client", Client), ("user", User), ("listener", Listener), ("policy", Policy), ("at", At), ("sni", Sni),
        .. Groups.Select(group => ("group", group)), .. Fields.Select(line => ("field", line)),
    ];

    internal static ExplainOrder Of(IQueryCollection given)
    {
        var query = new Query(given, Parameters);
        return new ExplainOrder
        {
            Method = query["method"], Url = query["url"], Client = query["client"], User = query["user"], Groups = query.All("group"), Listener = query["listener"], Policy = query["policy"], At = query["at"], Sni = query["sni"],
            Fields = query.All("field"),
        };
    }

    /// <exception cref="AdminProblemException">It is asked wrongly.</exception>
    internal async Task<ExplainReport> AnswerAsync(Explainer explainer)
    {
        var (listener, policy) = Place(explainer);
        var request = new RequestHead { Method = Method ?? Methods.Get, Target = Target(), Version = ProtocolVersion.Http11, Fields = CacheEndpoints.FieldsOf(Fields) };
        IPAddress? client = null;
        if (Client is not null && !IPAddress.TryParse(Client, out client))
            throw CacheEndpoints.Wrong($"client: '{Client}' is not an IP address");
        DateTimeOffset at = default;
        if (At is not null && !Rfc3339.TryParse(At, out at))
            throw CacheEndpoints.Wrong($"at: '{At}' is not a time, write for example 2026-09-01T10:00:00+02:00");
        if (User is null && Groups.Count > 0)
            throw CacheEndpoints.Wrong("group: is a user's, name the user");
        var user = User is null ? null : Groups.Count == 0 ? explainer.UserOf(User) : new User(User, Groups.OfType<string>());
        return ExplainReport.Of(await explainer.ExplainAsync(request, new Asker(client, listener, user), policy, At is null ? null : at, Start(request)));
    }

    private TunnelStart? Start(RequestHead request)
    {
        if (Sni is null)
            return null;
        if (request.Method != Methods.Connect)
            throw CacheEndpoints.Wrong("sni: is what a tunnel begins with, ask for CONNECT");
        return TunnelStart.TryParse(Sni, request.Target, out var start) is { } wrong ? throw CacheEndpoints.Wrong($"sni: '{Sni}' {wrong}") : start;
    }

    private RequestTarget Target()
    {
        if (Url is null)
            throw CacheEndpoints.Wrong("url is missing");
        var method = Method ?? Methods.Get;
        if (RequestTarget.TryParse(method, Url, null, "http", null, out var target, out _) && target.Form != TargetForm.Origin)
            return target;
        throw CacheEndpoints.Wrong(method == Methods.Connect
            ? $"url: '{Url}' is not a host and a port, which CONNECT wants, write for example example.com:443"
            : $"url: '{Url}' is not an absolute http or https URL as a request carries it, write for example http://example.com/path");
    }

    private (string? Listener, string? Policy) Place(Explainer explainer)
    {
        var listeners = explainer.Listeners;
        if (Listener is not null && Policy is not null)
            throw CacheEndpoints.Wrong("listener and policy: name one of them, a listener has its own policy");
        if (Listener is not null && !listeners.Any(known => known.Name == Listener))
            throw CacheEndpoints.Wrong($"listener: no HTTP listener is named '{Listener}', known: {Known(listeners.Select(known => known.Name))}");
        if (Policy is not null && !explainer.Policies.Contains(Policy))
            throw CacheEndpoints.Wrong($"policy: no policy is named '{Policy}', known: {Known(explainer.Policies.Order())}");
        if (Listener is null && Policy is null && listeners.Count != 1)
            throw CacheEndpoints.Wrong(listeners.Count == 0 ? "there is no HTTP listener: name a policy" : $"listener: there are several, name one: {Known(listeners.Select(known => known.Name))}");
        return (Listener ?? listeners.FirstOrDefault(known => Policy is null || known.Policy == Policy)?.Name, Policy);
    }

    private static string Known(IEnumerable<string> names) => string.Join(", ", names.DefaultIfEmpty("none"));
}
