using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The URIs that a successful unsafe request makes doubtful (RFC 9111 s.4.4): its target, and what Location and
/// Content-Location name, if that is of the same origin: else one site could empty another's cache.</summary>
internal static class Invalidation
{
    public static bool Applies(int status) => status is >= 200 and < 400;

    /// <summary>Path and query of the reference as a request would send it, or null where it names another origin.</summary>
    public static string? SameOriginPath(RequestTarget target, string? reference)
    {
        if (string.IsNullOrEmpty(reference)
            || !Uri.TryCreate($"{target.Scheme}://{target.Authority}{target.PathAndQuery}", UriKind.Absolute, out var from)
            || !Uri.TryCreate(from, reference, out var to))
            return null;
        return to.Scheme == from.Scheme && to.Port == from.Port && string.Equals(to.IdnHost, from.IdnHost, StringComparison.OrdinalIgnoreCase)
            ? AsWritten(reference) ?? to.PathAndQuery
            : null;
    }

    /// <summary>Keys hold the path as sent: where the reference spells it out, that spelling counts, not what Uri makes of it.</summary>
    private static string? AsWritten(string reference)
    {
        var path = reference.AsSpan();
        var authority = path.IndexOf("//", StringComparison.Ordinal);
        // "//host/path" and "scheme://host/path"; a "//" later on belongs to the path.
        if (authority == 0 || authority > 0 && path[authority - 1] == ':' && !path[..authority].Contains('/'))
        {
            path = path[(authority + 2)..];
            var slash = path.IndexOf('/');
            path = slash < 0 ? default : path[slash..];
        }
        var fragment = path.IndexOf('#');
        if (fragment >= 0)
            path = path[..fragment];
        return path.StartsWith("/", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal) ? path.ToString() : null;
    }
}
