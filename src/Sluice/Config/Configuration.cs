using System.Collections.Frozen;
using Sluice.Cache;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Config;

/// <summary>The whole configuration, typed and checked: what every form of starting ends in.</summary>
public sealed record Configuration
{
    public required IReadOnlyList<ListenerOptions> Listeners { get; init; }

    public CacheOptions Cache { get; init; } = new();

    /// <summary>That rules route to, by name.</summary>
    public IReadOnlyDictionary<string, Destination> Upstreams { get; init; } = FrozenDictionary<string, Destination>.Empty;

    public IReadOnlyList<PolicyOptions> Policies { get; init; } = [];

    public SubscriptionOptions Lists { get; init; } = new();

    /// <summary>Null: no listener asks for users.</summary>
    public UserOptions? Users { get; init; }

    public LogOptions Log { get; init; } = new();

    /// <summary>Null: it is not configured.</summary>
    public CaptureOptions? Capture { get; init; }

    /// <summary>The same, where a rule captures.</summary>
    public CaptureOptions? RuleCapture => Policies.Any(policy => policy.Rules.Any(rule => rule.Captures)) ? Capture : null;

    public PageOptions Page { get; init; } = new();

    public ResolverOptions Resolver { get; init; } = new();

    /// <summary>Null: nothing is sent to a collector.</summary>
    public OtlpOptions? Otlp { get; init; }

    public AdminOptions Admin { get; init; } = new();

    public DashboardOptions Dashboard { get; init; } = new();

    public LimitOptions Limits { get; init; } = new();
}
