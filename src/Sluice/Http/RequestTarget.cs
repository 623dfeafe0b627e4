namespace Sluice.Http;

/// <summary>The four forms of a request target (RFC 9112 s.3.2).</summary>
public enum TargetForm : byte
{
    Origin,
    Absolute,
    Authority,
    Asterisk,
}

/// <summary>The target URI of a request, taken apart (RFC 9110 s.7.1).</summary>
/// <param name="Form">How it was written on the request line (OPTIONS for an absolute URI without a path is the
/// asterisk form: RFC 9112 s.3.2.4).</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>, lower case; empty for the authority form.</param>
/// <param name="Host">Lower case, without a trailing dot; an IPv6 address without brackets.</param>
/// <param name="Port">1-65535; the scheme's default where none was written.</param>
/// <param name="PathAndQuery">As sent, beginning with <c>/</c>; <c>*</c> for the asterisk form; empty for authority.</param>
public sealed partial record RequestTarget(TargetForm Form, string Scheme, string Host, int Port, string PathAndQuery)
{
    private string? _url;
    private string? _normalizedPath;

    public bool IsDefaultPort => Port == DefaultPort(Scheme);

    /// <summary>The value of Host (RFC 9110 s.7.2): brackets around IPv6, no default port.</summary>
    public string Authority
    {
        get
        {
            var host = Host.Contains(':') ? $"[{Host}]" : Host;
            return IsDefaultPort ? host : $"{host}:{Port}";
        }
    }

    /// <summary>The whole URI, as logs and rules see it; <c>host:port</c> for CONNECT.</summary>
    public string Url => _url ??= Form switch
    {
        TargetForm.Authority => Authority,
        TargetForm.Asterisk => $"{Scheme}://{Authority}",
        _ => $"{Scheme}://{Authority}{PathAndQuery}",
    };

    /// <summary>The query with its question mark, as sent; empty where there is none.</summary>
    public ReadOnlySpan<char> Query => PathAndQuery.AsSpan(PathLength);

    /// <summary>The path in one spelling for all that origins take to be the same, so that no rule is passed by
    /// spelling it otherwise: <c>%2e%2E</c>, <c>//</c>, <c>\</c> and dot segments (see <see cref="PathSpelling"/>).
    /// For deciding only: what is sent on is <see cref="PathAndQuery"/>.</summary>
    public string NormalizedPath => _normalizedPath ??= PathSpelling.Normalize(PathAndQuery, PathLength);

    /// <summary><see cref="NormalizedPath"/> without a string of its own where the path is in that spelling already.</summary>
    internal ReadOnlySpan<char> PathInOneSpelling
    {
        get
        {
            var path = PathAndQuery.AsSpan(0, PathLength);
            return PathSpelling.IsNormal(path) ? path : NormalizedPath;
        }
    }

    /// <summary>The same as an origin reads it that takes escaped slashes for slashes (<c>/static/..%2Faccount</c>) and drops the parameters of segments
    /// (RFC 3986 s.3.3; <c>/static/..;/account</c>); mostly the same text.</summary>
    internal ReadOnlySpan<char> PathInOtherReading
    {
        get
        {
            var path = PathInOneSpelling;
            if (!path.Contains(';') && !path.Contains("%2F", StringComparison.Ordinal) && !path.Contains("%5C", StringComparison.Ordinal))
                return path;
            var slashes = path.ToString().Replace("%2F", "/", StringComparison.Ordinal).Replace("%5C", "/", StringComparison.Ordinal);
            var plain = PathSpelling.WithoutParameters(slashes);
            return PathSpelling.Normalize(plain, plain.Length);
        }
    }

    public static int DefaultPort(string scheme) => scheme switch { "http" => 80, "https" => 443, _ => 0 };

    // What is computed on demand is no part of the value.
    public bool Equals(RequestTarget? other) => other is not null
        && Form == other.Form && Port == other.Port && Scheme == other.Scheme && Host == other.Host
        && PathAndQuery == other.PathAndQuery;

    public override int GetHashCode() => HashCode.Combine(Form, Scheme, Host, Port, PathAndQuery);

    private int PathLength => PathAndQuery.IndexOf('?') is >= 0 and var at ? at : PathAndQuery.Length;
}
