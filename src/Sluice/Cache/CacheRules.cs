using System.IO.Enumeration;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// The rules of <c>cache.rules</c>. They answer two questions, and each is decided by the first rule that matches and
/// says something about it: how a request is looked up (key, bypass, reload), which only host and path can tell, and how
/// long an answer stays fresh, which type and status may tell, too.
/// <para>Paths are compared in their one spelling. An escaped slash is data in it, but some origins take it for a slash
/// (<c>/static/..%2Faccount</c>): such a path is matched only where both readings match. A bypass is the safe side: there
/// one reading is enough.</para>
/// </summary>
internal sealed class CacheRules
{
    private readonly CacheRule[] _lookups;
    private readonly CacheRule[] _answers;

    private CacheRules(IReadOnlyList<CacheRuleOptions> rules)
    {
        _lookups = [.. rules.Where(r => r.ShapesLookup).Select(r => new CacheRule(r))];
        _answers = [.. rules.Where(r => r.SetsFreshness).Select(r => new CacheRule(r))];
    }

    /// <summary>Null where there are none: that costs a lookup one comparison.</summary>
    public static CacheRules? Of(IReadOnlyList<CacheRuleOptions> rules) => rules.Count == 0 ? null : new CacheRules(rules);

    public CacheRule? ForLookup(RequestTarget target)
    {
        if (_lookups.Length == 0)
            return null;
        var asked = new AskedFor(target);
        foreach (var rule in _lookups)
            if (rule.Matches(asked))
                return rule;
        return null;
    }

    public CacheRule? ForAnswer(RequestTarget target, int status, FieldList fields)
    {
        if (_answers.Length == 0)
            return null;
        var asked = new AskedFor(target);
        foreach (var rule in _answers)
            if (rule.Matches(status, fields) && rule.Matches(asked))
                return rule;
        return null;
    }

    /// <summary>Path and query of another URI of the same origin, as the key has them.</summary>
    public string KeyPath(RequestTarget origin, string pathAndQuery) =>
        ForLookup(new RequestTarget(origin.Form, origin.Scheme, origin.Host, origin.Port, pathAndQuery))?.KeyPath(pathAndQuery) ?? pathAndQuery;
}

/// <summary>What rules look at, in the spellings in which they compare.</summary>
internal readonly ref struct AskedFor
{
    public AskedFor(RequestTarget target)
    {
        Host = HostText.Canonical(target.Host) ?? target.Host;
        Path = target.PathInOneSpelling;
        OtherPath = target.PathInOtherReading;
    }

    public string Host { get; }

    public ReadOnlySpan<char> Path { get; }

    /// <summary>As an origin reads it that takes escaped slashes for slashes.</summary>
    public ReadOnlySpan<char> OtherPath { get; }
}

/// <summary>One rule, ready to match.</summary>
internal sealed class CacheRule(CacheRuleOptions options)
{
    // Without a condition on the status: what is worth keeping. An error page for 30 days is nobody's wish.
    private static readonly StatusRange[] DefaultStatus = [new(200, 200), new(203, 203), new(206, 206), new(300, 301), new(308, 308)];

    private readonly HostPattern[] _hosts = [.. options.Hosts];
    private readonly string[] _paths = [.. options.Paths.Select(PathSpelling.NormalizeGlob)];
    private readonly string[] _types = [.. options.Types];
    private readonly StatusRange[] _status = options.Status.Count == 0 ? DefaultStatus : [.. options.Status];
    private readonly string[] _ignored = [.. options.IgnoreQuery];

    public string Id => options.Id;

    public bool Bypasses => options.Bypass;

    public bool IgnoresReload => options.IgnoreReload;

    /// <summary>It is explicit freshness for what has none: the answer may be stored (RFC 9111 s.3, last item: an extension).</summary>
    public bool MakesStorable => options.Ttl is not null;

    public bool Matches(in AskedFor asked)
    {
        if (_hosts.Length > 0 && !HasHost(asked.Host))
            return false;
        if (_paths.Length == 0)
            return true;
        var matches = HasPath(asked.Path);
        if (asked.Path == asked.OtherPath || matches == Bypasses)
            return matches;
        return HasPath(asked.OtherPath);
    }

    public bool Matches(int status, FieldList fields)
    {
        var has = false;
        foreach (var range in _status)
            has |= range.Contains(status);
        return has && (_types.Length == 0 || MediaType.Matches(_types, fields));
    }

    /// <summary>Path and query as the key has them; the same string where nothing changes.</summary>
    public string KeyPath(string pathAndQuery) => QueryKey.Of(pathAndQuery, _ignored, options.IgnoreAllQuery, options.SortQuery);

    /// <summary>The lifetime under this rule, and whether it is the rule's.</summary>
    public (long Ticks, bool IsRules) Lifetime(long ticks, in ResponseDirectives said, FieldList fields)
    {
        var isSaid = said.SharedMaxAge >= 0 || said.MaxAge >= 0 || !said.IsTargeted && fields.Contains(FieldNames.Expires);
        var ruled = options.Ttl is { } ttl && (options.Override || !isSaid) ? ttl.Ticks : ticks;
        if (options.MinTtl is { } min)
            ruled = Math.Max(ruled, min.Ticks);
        if (options.MaxTtl is { } max)
            ruled = Math.Min(ruled, max.Ticks);
        ruled = Math.Min(ruled, DirectiveReader.MaxSeconds * TimeSpan.TicksPerSecond);
        return (ruled, ruled != ticks);
    }

    /// <summary>The origin's directives under this rule.</summary>
    public ResponseDirectives Directives(in ResponseDirectives said) =>
        said.Under(options.Override && options.Ttl is not null, Seconds(options.StaleWhileRevalidate), Seconds(options.StaleIfError), options.Override);

    private static long Seconds(TimeSpan? span) => span is { } given ? (long)given.TotalSeconds : -1;

    private bool HasHost(string host)
    {
        foreach (var pattern in _hosts)
            if (pattern.Matches(host))
                return true;
        return false;
    }

    private bool HasPath(ReadOnlySpan<char> path)
    {
        foreach (var glob in _paths)
            if (FileSystemName.MatchesSimpleExpression(glob, path, ignoreCase: false))
                return true;
        return false;
    }
}
