using System.IO.Enumeration;

namespace Sluice.Cache;

/// <summary>
/// Path and query as a key has them under a rule: without the parameters that the rule ignores, the others in order where it
/// sorts. The request goes to the origin as the client sent it; only what is held to be the same changes.
/// <para>Whatever the origin may read otherwise than we do stays in the key. A name counts as it is spelt: <c>utm%5Fid</c> is
/// not <c>utm_id</c>. A parameter with a semicolon is kept whole: to some origins <c>utm_id=1;page=2</c> are two. Parameters
/// of one name keep their order: the first or the last of them may count.</para>
/// </summary>
internal static class QueryKey
{
    public static string Of(string pathAndQuery, ReadOnlySpan<string> ignored, bool ignoreAll, bool sort)
    {
        var mark = pathAndQuery.IndexOf('?');
        if (mark < 0)
            return pathAndQuery;
        if (ignoreAll)
            return pathAndQuery[..mark];
        var query = pathAndQuery.AsSpan(mark + 1);
        sort &= !query.Contains(';');
        if (IsNormal(query, ignored, sort))
            return pathAndQuery;
        var kept = new List<string>();
        foreach (var range in query.Split('&'))
            if (!IsIgnored(query[range], ignored))
                kept.Add(query[range].ToString());
        var path = pathAndQuery[..mark];
        // OrderBy is stable.
        IEnumerable<string> ordered = sort ? kept.OrderBy(p => NameOf(p).ToString(), StringComparer.Ordinal) : kept;
        return kept.Count == 0 ? path : $"{path}?{string.Join('&', ordered)}";
    }

    private static bool IsNormal(ReadOnlySpan<char> query, ReadOnlySpan<string> ignored, bool sort)
    {
        var last = ReadOnlySpan<char>.Empty;
        foreach (var range in query.Split('&'))
        {
            var name = NameOf(query[range]);
            if (IsIgnored(query[range], ignored) || sort && name.CompareTo(last, StringComparison.Ordinal) < 0)
                return false;
            last = name;
        }
        return true;
    }

    private static bool IsIgnored(ReadOnlySpan<char> parameter, ReadOnlySpan<string> ignored)
    {
        if (parameter.IsEmpty || parameter.Contains(';'))
            return false;
        var name = NameOf(parameter);
        foreach (var glob in ignored)
            if (FileSystemName.MatchesSimpleExpression(glob, name, ignoreCase: false))
                return true;
        return false;
    }

    private static ReadOnlySpan<char> NameOf(ReadOnlySpan<char> parameter)
    {
        var equals = parameter.IndexOf('=');
        return equals < 0 ? parameter : parameter[..equals];
    }
}
