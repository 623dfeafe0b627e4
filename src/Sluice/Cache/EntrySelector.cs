using Sluice.Http;

namespace Sluice.Cache;

/// <summary>Names entries of the cache: those for which every condition holds that is given; without one, all.</summary>
public sealed record EntrySelector
{
    /// <summary>Where the answer came from: a reverse listener's name, or "" (forward).</summary>
    public string? Route { get; init; }

    public HostPattern? Host { get; init; }

    /// <summary>Scheme, host and port, and how path and query begin.</summary>
    public RequestTarget? Prefix { get; init; }

    /// <summary>A name that the origin gave (<see cref="EntryTags"/>).</summary>
    public string? Tag { get; init; }

    internal bool Matches(in CacheKey key, EntryHead head) =>
        (Route is null || key.Scope == Route)
        && (Host is null || Host.Matches(HostText.Canonical(key.Host) ?? key.Host))
        && (Prefix is null || key.Port == Prefix.Port && key.Scheme == Prefix.Scheme && key.Host == Prefix.Host
            && key.PathAndQuery.StartsWith(Prefix.PathAndQuery, StringComparison.Ordinal))
        && (Tag is null || EntryTags.Has(head.Fields, Tag));
}
