using Sluice.Http;

namespace Sluice.Cache;

/// <summary>One rule of <c>cache.rules</c>: conditions, all of which must hold, and what follows. What is null or empty says nothing.</summary>
public sealed record CacheRuleOptions
{
    /// <summary>Unique; named where the rule has decided.</summary>
    public required string Id { get; init; }

    public IReadOnlyList<HostPattern> Hosts { get; init; } = [];

    /// <summary>Globs for the path in its one spelling, without query; <c>*</c> is any text, slashes too.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Globs for the media type.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    public IReadOnlyList<StatusRange> Status { get; init; } = [];

    /// <summary>The lifetime where the origin names none; with <see cref="Override"/> also where it does.</summary>
    public TimeSpan? Ttl { get; init; }

    public bool Override { get; init; }

    public TimeSpan? MinTtl { get; init; }

    public TimeSpan? MaxTtl { get; init; }

    public TimeSpan? StaleWhileRevalidate { get; init; }

    public TimeSpan? StaleIfError { get; init; }

    /// <summary>Globs for the names of query parameters that are no part of the key.</summary>
    public IReadOnlyList<string> IgnoreQuery { get; init; } = [];

    /// <summary>The whole query is no part of the key.</summary>
    public bool IgnoreAllQuery { get; init; }

    public bool SortQuery { get; init; }

    public bool IgnoreReload { get; init; }

    public bool Bypass { get; init; }

    /// <summary>Whether it says how a request is looked up.</summary>
    public bool ShapesLookup => Bypass || SortQuery || IgnoreReload || IgnoreAllQuery || IgnoreQuery.Count > 0;

    /// <summary>Whether it says how long an answer stays fresh.</summary>
    public bool SetsFreshness => Ttl is not null || MinTtl is not null || MaxTtl is not null || StaleWhileRevalidate is not null || StaleIfError is not null;
}
