namespace Sluice.Http;

/// <summary>Names hosts in the one spelling of <see cref="HostText"/>: <c>example.com</c> that host, <c>.example.com</c> the
/// host and all below it, <c>*.example.com</c> what is below it. On every port.</summary>
/// <param name="Name">Canonical, without what stands before it.</param>
public sealed record HostPattern(string Name, bool MatchesItself, bool MatchesBelow)
{
    internal const string NoHost = "is no host name or address";

    /// <summary>What is wrong with the text, to be said after it; null where it is a pattern.</summary>
    public static string? TryParse(ReadOnlySpan<char> text, out HostPattern pattern)
    {
        var below = text.StartsWith("*.", StringComparison.Ordinal);
        var domain = text.StartsWith('.');
        pattern = new HostPattern("", !below, below || domain);
        var bare = text[(below ? 2 : domain ? 1 : 0)..];
        if (bare.Contains('*'))
            return "has a '*' elsewhere than in '*.' at its start";
        if (HasPort(bare))
            return "names a port: an entry is a host, on every port";
        if (HostText.Canonical(bare.ToString()) is not { } canonical)
            return NoHost;
        if (pattern.MatchesBelow && HostText.IsAddress(canonical))
            return "is an address, and nothing is below an address";
        pattern = pattern with { Name = canonical };
        return null;
    }

    /// <param name="host">Canonical.</param>
    public bool Matches(string host)
    {
        if (host.Length == Name.Length)
            return MatchesItself && host == Name;
        return MatchesBelow && host.Length > Name.Length && host[^(Name.Length + 1)] == '.'
            && host.EndsWith(Name, StringComparison.Ordinal);
    }

    /// <summary>Whether all that the other matches is matched by this.</summary>
    public bool Covers(HostPattern other) =>
        (!other.MatchesItself || Matches(other.Name)) && (!other.MatchesBelow || MatchesBelow && (Name == other.Name || Matches(other.Name)));

    public override string ToString() => (MatchesBelow ? MatchesItself ? "." : "*." : "") + Name;

    private static bool HasPort(ReadOnlySpan<char> host)
    {
        var colon = host.LastIndexOf(':');
        return colon > 0 && !host[(colon + 1)..].ContainsAnyExceptInRange('0', '9')
            && (host[..colon].IndexOf(':') < 0 || host[colon - 1] == ']');
    }
}
