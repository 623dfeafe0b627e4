using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Forwarding;
using Sluice.Policy;

namespace Sluice.Cli.Policies;

/// <summary>A configuration's policies, asked about requests of the past at their time. For one thread.</summary>
internal sealed class Replay : IAsyncDisposable
{
    private const int MostUsers = 10_000;

    private readonly PastTime _time = new();
    private readonly Censor _censor;
    private readonly Dictionary<string, ListenerGate> _gates;
    private readonly Dictionary<string, User> _users = [];
    private readonly UserOptions? _options;
    private readonly string? _policy;

    /// <param name="policy">That judges, whatever listener it was; null: each listener's own.</param>
    public Replay(Configuration configuration, string? policy)
    {
        (_policy, _options) = (policy, configuration.Users);
        // What limits leave goes by the machine's clock.
        var unlimited = configuration.Policies.Select(known => known with { Rules = [.. known.Rules.Select(rule => rule with { Limit = null })] });
        _censor = Censor.Load([.. unlimited], _time, NullLogger.Instance).Censor;
        _gates = Proxy.GatesOf(configuration, _censor).ToDictionary(gate => gate.Options.Name);
    }

    /// <summary>What would be said of it; null where the configuration has no listener of that name.</summary>
    public Verdict? Judge(PastRequest request)
    {
        var listener = request.Record.Listener;
        var asker = new Asker(request.Client, listener, request.Record.User is { } user ? UserOf(user) : null);
        var policy = _policy;
        if (policy is null)
        {
            if (listener is null || !_gates.TryGetValue(listener, out var gate))
                return null;
            if (Explainer.RefusalBefore(gate, request.Head, asker) is { } refusal)
                return refusal;
            policy = gate.Options.Policy;
        }
        _time.Now = request.Record.Time;
        var verdict = _censor.Judge(policy, request.Head, asker);
        return verdict.Denies || request.Reply is not { } reply ? verdict : _censor.JudgeReply(policy, verdict, request.Head, asker, reply);
    }

    private User UserOf(string name)
    {
        if (_users.TryGetValue(name, out var user))
            return user;
        user = _options?.UserOf(name) ?? new User(name, []);
        if (_users.Count < MostUsers)
            _users[name] = user;
        return user;
    }

    public ValueTask DisposeAsync() => _censor.DisposeAsync();

    /// <summary>The clock of what is replayed; its timers are the system's.</summary>
    private sealed class PastTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
