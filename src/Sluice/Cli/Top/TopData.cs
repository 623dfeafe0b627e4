using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Cli.Top;

/// <summary>What is known of the proxy. Immutable.</summary>
internal sealed record TopData
{
    public DateTimeOffset Now { get; init; }

    /// <summary>Null: nothing has come yet.</summary>
    public TrafficReport? Traffic { get; init; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<LoggedExchange> Exchanges { get; init; } = [];

    /// <summary>Records that came too fast for us.</summary>
    public long Missed { get; init; }

    public IReadOnlyList<TunnelFacts> Tunnels { get; init; } = [];

    public IReadOnlyList<UpstreamState> Upstreams { get; init; } = [];

    /// <summary>Why nothing new comes; null: it does.</summary>
    public string? Trouble { get; init; }
}
