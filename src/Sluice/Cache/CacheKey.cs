using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The key of an entry (RFC 9111 s.2): where the answer comes from, then the target URI with path and query
/// as sent. No string is built: it refers to the parts of the target. The method is not in it: only GET is stored.</summary>
/// <remarks>Path and query are not normalised: what the origin may tell apart is kept apart.</remarks>
internal readonly struct CacheKey : IEquatable<CacheKey>
{
    private readonly string _scope;
    private readonly string _scheme;
    private readonly string _host;
    private readonly int _port;
    private readonly string _pathAndQuery;

    /// <summary>Under the rule for such requests.</summary>
    public static CacheKey Of(string scope, RequestTarget target, CacheRule? rule) =>
        new(scope, target.Scheme, target.Host, target.Port, rule?.KeyPath(target.PathAndQuery) ?? target.PathAndQuery);

    public CacheKey(string scope, string scheme, string host, int port, string pathAndQuery)
    {
        _scope = scope;
        _scheme = scheme;
        _host = host;
        _port = port;
        _pathAndQuery = pathAndQuery;
        // String hashes are seeded per process: nobody can aim at one bucket from outside.
        Hash = HashCode.Combine(pathAndQuery.GetHashCode(StringComparison.Ordinal), _host.GetHashCode(StringComparison.Ordinal),
            _scope.GetHashCode(StringComparison.Ordinal), _port, _scheme.Length);
    }

    public int Hash { get; }

    /// <summary>The same for all URIs of the origin under the scope.</summary>
    public int OriginHash => HashCode.Combine(_scope, _scheme, _host, _port);

    /// <summary>The route's name, or "" (forward).</summary>
    public string Scope => _scope;

    public string Scheme => _scheme;

    public string Host => _host;

    public int Port => _port;

    public string PathAndQuery => _pathAndQuery;

    public string Url => new RequestTarget(TargetForm.Absolute, _scheme, _host, _port, _pathAndQuery).Url;

    /// <summary>Bytes of the strings that an entry keeps alive through its key.</summary>
    public int Cost => 2 * (_pathAndQuery.Length + _host.Length) + 64;

    /// <summary>Another URI of the same origin and scope.</summary>
    public CacheKey WithPath(string pathAndQuery) => new(_scope, _scheme, _host, _port, pathAndQuery);

    public bool Equals(CacheKey other) =>
        Hash == other.Hash && _port == other._port && _pathAndQuery == other._pathAndQuery && _host == other._host
        && _scheme == other._scheme && _scope == other._scope;

    public override bool Equals(object? obj) => obj is CacheKey other && Equals(other);

    public override int GetHashCode() => Hash;
}
