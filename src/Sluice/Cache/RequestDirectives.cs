namespace Sluice.Cache;

/// <summary>Cache-Control of a request (RFC 9111 s.5.2.1, RFC 5861 s.4). Seconds are -1 where the directive is absent.</summary>
internal readonly struct RequestDirectives
{
    public static readonly RequestDirectives None = Parse(null, null);

    public bool NoCache { get; private init; }

    public bool NoStore { get; private init; }

    public bool OnlyIfCached { get; private init; }

    public long MaxAge { get; private init; }

    public long MinFresh { get; private init; }

    /// <summary>Without argument: any staleness.</summary>
    public long MaxStale { get; private init; }

    public long StaleIfError { get; private init; }

    public static RequestDirectives Parse(string? cacheControl, string? pragma)
    {
        // RFC 9111 s.5.4: Pragma counts only where there is no Cache-Control.
        bool noCache = cacheControl is null && pragma is not null && HasNoCache(pragma), noStore = false, onlyIfCached = false;
        long maxAge = -1, minFresh = -1, maxStale = -1, staleIfError = -1;
        var reader = new DirectiveReader(cacheControl);
        while (reader.Next())
        {
            if (reader.Is("no-cache"))
                noCache = true;
            else if (reader.Is("no-store"))
                noStore = true;
            else if (reader.Is("only-if-cached"))
                onlyIfCached |= !reader.IsMalformed;
            else if (reader.Is("max-age") && maxAge < 0)
                maxAge = reader.Seconds;
            else if (reader.Is("min-fresh") && minFresh < 0)
                // What is no number asks for something: as fresh as can be.
                minFresh = DirectiveReader.TryParseSeconds(reader.Argument, out var fresh) ? fresh : DirectiveReader.MaxSeconds;
            else if (reader.Is("max-stale") && maxStale < 0)
                maxStale = !reader.HasArgument && !reader.IsMalformed ? DirectiveReader.MaxSeconds : reader.Seconds;
            else if (reader.Is("stale-if-error") && staleIfError < 0)
                staleIfError = reader.Seconds;
        }
        return new RequestDirectives
        {
            NoCache = noCache, NoStore = noStore, OnlyIfCached = onlyIfCached, MaxAge = maxAge, MinFresh = minFresh,
            MaxStale = maxStale, StaleIfError = staleIfError,
        };
    }

    /// <summary>Without what a client's reload says: no-cache and max-age=0.</summary>
    public RequestDirectives WithoutReload() => this with { NoCache = false, MaxAge = MaxAge == 0 ? -1 : MaxAge };

    private static bool HasNoCache(string pragma)
    {
        var reader = new DirectiveReader(pragma);
        while (reader.Next())
            if (reader.Is("no-cache"))
                return true;
        return false;
    }
}
