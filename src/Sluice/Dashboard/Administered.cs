using OpenTelemetry.Metrics;
using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Dashboard;

/// <summary>What the admin API shows and does: the program hands it in. Delegates give what a reload replaces, as it is now.</summary>
public sealed record Administered
{
    public required HttpCache Cache { get; init; }

    public required Func<Censor> Censor { get; init; }

    /// <summary>Of the configuration as it is now.</summary>
    public required Func<Explainer> Explainer { get; init; }

    /// <summary>Those that rules subscribe to.</summary>
    public required Func<ListSubscriptions> Lists { get; init; }

    /// <summary>The names of the reverse listeners: where answers may come from, besides forward.</summary>
    public required Func<IReadOnlyList<string>> Routes { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Func<IReadOnlyList<PolicyOptions>> Policies { get; init; } = () => [];

    /// <summary>The file of the history; null: there is none.</summary>
    public Func<string?> History { get; init; } = () => null;

    /// <summary>Who captures what passes.</summary>
    public required Captures Captures { get; init; }

    public required TrafficGauge Traffic { get; init; }

    /// <summary>The tunnels and relays that are open.</summary>
    public required Func<IReadOnlyList<TunnelState>> Tunnels { get; init; }

    /// <summary>Closes one by its number; false: there is none.</summary>
    public required Func<long, bool> CloseTunnel { get; init; }

    public required Func<IReadOnlyList<UpstreamState>> Upstreams { get; init; }

    public required Func<ProgramState> Program { get; init; }

    public required Func<ConfigurationState> Configuration { get; init; }

    /// <summary>Reads the configuration and the lists again.</summary>
    public required Func<Task<ConfigurationState>> Reload { get; init; }

    /// <summary>What Prometheus is answered from; null: it is not.</summary>
    public MeterProvider? Metrics { get; init; }
}

/// <summary>GET /v1/configuration, POST /v1/configuration/reload</summary>
/// <param name="Generation">Of the configuration in force: 1 at the start, one more with each reload.</param>
/// <param name="Since">When it came into force.</param>
/// <param name="Tried">When the last reload was tried; null: none was.</param>
/// <param name="Problems">Why that one was refused: each with place, key, value and what would be right; empty: it was not.</param>
/// <param name="AtNextStart">Keys that have changed and take effect only when the program starts again.</param>
public sealed record ConfigurationState(int Generation, DateTimeOffset Since, DateTimeOffset? Tried, IReadOnlyList<string> Problems, IReadOnlyList<string> AtNextStart)
{
    public bool IsRefused => Problems.Count > 0;
}
