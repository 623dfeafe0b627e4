using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>Parameters of the query, each of which must have such a value at one of its places. Unreserved characters are compared decoded
/// (RFC 3986 s.6.2.2.2).</summary>
internal sealed class QueryCondition(IEnumerable<NamedPattern> parameters) : Condition
{
    private readonly NamedPattern[] _parameters = [.. parameters];

    public override bool Matches(ref Asked asked, ref Match match)
    {
        var query = UrlText.WithoutNeedlessEscapes(asked.Target.Query);
        foreach (var parameter in _parameters)
            if (Has(query.IsEmpty ? query : query[1..], parameter) != parameter.Value is not null)
                return false;
        return true;
    }

    /// <summary>Whether it is there with that value, or, where it must be absent, at all.</summary>
    private static bool Has(ReadOnlySpan<char> query, NamedPattern parameter)
    {
        foreach (var range in query.Split('&'))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            if (name.SequenceEqual(parameter.Name) && parameter.Value?.Matches(equals < 0 ? default : pair[(equals + 1)..], ignoreCase: true) is not false)
                return true;
        }
        return false;
    }
}
