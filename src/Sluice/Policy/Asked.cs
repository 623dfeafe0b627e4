using Sluice.Http;
using Sluice.Policy.Lists;

namespace Sluice.Policy;

/// <summary>What the rules look at, in the spelling in which they compare. What few rules need is made when one asks.</summary>
internal ref struct Asked(RequestTarget target)
{
    private string? _url;

    /// <summary>Canonical. A host that has no such form stands as it is: only a rule for all can match it.</summary>
    public readonly string Host { get; } = HostText.Canonical(target.Host) ?? target.Host;

    /// <summary>Path and query; empty for CONNECT, which shows none.</summary>
    public string Url => _url ??= UrlText.Of(target);
}
