using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Dashboard;

/// <summary>What the admin API shows and does: the program hands it in.</summary>
/// <param name="Censor">As it is now.</param>
/// <param name="Explainer">Of the configuration as it is now.</param>
/// <param name="Lists">Those that rules subscribe to, as they are now.</param>
/// <param name="Routes">The names of the reverse listeners: where answers may come from, besides forward.</param>
/// <param name="Configuration">As it is now.</param>
/// <param name="Reload">Reads the configuration and the lists again.</param>
public sealed record Administered(
    HttpCache Cache, Func<Censor> Censor, Func<Explainer> Explainer, Func<ListSubscriptions> Lists, Func<IReadOnlyList<string>> Routes, Func<ConfigurationState> Configuration,
    Func<Task<ConfigurationState>> Reload)
{
    /// <summary>Who captures what passes.</summary>
    public required Captures Captures { get; init; }
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
