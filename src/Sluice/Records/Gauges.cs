using Sluice.Cache;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Records;

/// <summary>What is looked at when somebody asks for metrics, and costs nothing before: the program hands it in. Never called on I/O threads.</summary>
public sealed record Gauges
{
    public required Func<IEnumerable<ListenerLoad>> Listeners { get; init; }

    public required Func<CacheCounters> Cache { get; init; }

    /// <summary>Requests that wait for a fetch under way or read it, those that began one included.</summary>
    public required Func<int> FetchReaders { get; init; }

    public required Func<IReadOnlyList<UpstreamState>> Upstreams { get; init; }

    public required Func<IEnumerable<RuleHits>> Rules { get; init; }

    public required Func<IEnumerable<ListAge>> Lists { get; init; }

    public required Func<IEnumerable<(LoginOutcome Outcome, long Count)>> Logins { get; init; }

    public required Func<Net.NameCounts> Names { get; init; }

    public required Func<IReadOnlyList<OutputState>> Outputs { get; init; }

    public required Func<ConfigurationFacts> Configuration { get; init; }

    /// <summary>Of the event loops, since the process began.</summary>
    public required Func<long> Stalls { get; init; }
}

/// <summary>What is open at one listener.</summary>
/// <param name="Connections">Of clients, those of tunnels and relays included.</param>
/// <param name="Exchanges">Requests under way, tunnels not included.</param>
/// <param name="Connects">Tunnels by CONNECT.</param>
/// <param name="Upgrades">Tunnels by 101.</param>
/// <param name="Relays">Of a tcp listener.</param>
public readonly record struct ListenerLoad(string Listener, int Connections, int Exchanges, int Connects, int Upgrades, int Relays)
{
    /// <summary>A tcp listener: it has relays and nothing else.</summary>
    public bool IsRelay { get; init; }
}

/// <summary>A list that rules name.</summary>
/// <param name="Age">Since it was written; null: there is none.</param>
/// <param name="Failing">What was asked for last did not come.</param>
public readonly record struct ListAge(string Name, int Entries, TimeSpan? Age, bool Failing);

/// <param name="Taken">When the one in force came.</param>
/// <param name="IsRefused">One that was tried since was not taken.</param>
public readonly record struct ConfigurationFacts(int Generation, DateTimeOffset Taken, bool IsRefused);
