using Sluice.Http;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>What the rules look at, in the spelling in which they compare. What few rules need is made when one asks.</summary>
/// <param name="tls">What a tunnel's first octets are.</param>
/// <param name="explaining">Null: it is judged, and counted.</param>
internal ref struct Asked(RequestHead request, Asker asker, TimeProvider time, TlsFacts tls = TlsFacts.None, Explaining? explaining = null)
{
    private string? _url;
    private string? _wholeUrl;
    private DateTimeOffset? _now = explaining?.At;

    public readonly RequestHead Request => request;

    public readonly Explaining? Explaining => explaining;

    public readonly bool Counts => explaining is null;

    public readonly RequestTarget Target => request.Target;

    public readonly Asker Asker => asker;

    public readonly TlsFacts Tls => tls;

    /// <summary>Canonical. A host that has no such form stands as it is: only a rule for all can match it.</summary>
    public readonly string Host { get; } = HostText.Canonical(request.Target.Host) ?? request.Target.Host;

    /// <summary>Path and query; empty for CONNECT, which shows none.</summary>
    public string Url => _url ??= UrlText.Of(request.Target);

    /// <summary>With scheme, host and, unless it is the scheme's, port; <c>host:port</c> for CONNECT.</summary>
    public string WholeUrl => _wholeUrl ??= $"{Root}{Url}";

    /// <summary><see cref="WholeUrl"/> with the path in its other reading (<see cref="RequestTarget.PathInOtherReading"/>).</summary>
    public readonly string WholeUrlInOtherReading => $"{Root}{Target.PathInOtherReading}{UrlText.WithoutNeedlessEscapes(Target.Query)}";

    private readonly string Root => $"{(Target.Scheme.Length == 0 ? "" : $"{Target.Scheme}://")}"
        + $"{(Host.Contains(':') ? $"[{Host}]" : Host)}{(Target.IsDefaultPort ? "" : $":{Target.Port}")}";

    public DateTimeOffset Now => _now ??= time.GetUtcNow();
}
