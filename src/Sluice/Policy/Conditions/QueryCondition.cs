using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>Parameters of the query, each of which must have such a value at one of its places. Unreserved characters are compared decoded
/// (RFC 3986 s.6.2.2.2).</summary>
internal sealed class QueryCondition(IEnumerable<NamedPattern> parameters) : Condition
{
    private readonly NamedPattern[] _parameters = [.. parameters];

    public override string Name => "query";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        var query = QueryOf(ref asked);
        foreach (var parameter in _parameters)
            if (!Holds(query, parameter))
                return false;
        return true;
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        var query = QueryOf(ref asked).ToString();
        return string.Join(", ", _parameters.Where(parameter => Holds(query, parameter) == holds).Take(holds ? _parameters.Length : 1)
            .Select(parameter => parameter.Value is null ? parameter.Explain(holds ? null : "", holds)
                : $"'{query}' has {(holds ? "" : "no ")}{parameter.Name} that matches {parameter.Value}"));
    }

    /// <summary>Without its question mark.</summary>
    private static ReadOnlySpan<char> QueryOf(ref Asked asked)
    {
        var query = UrlText.WithoutNeedlessEscapes(asked.Target.Query);
        return query.IsEmpty ? query : query[1..];
    }

    private static bool Holds(ReadOnlySpan<char> query, NamedPattern parameter) => Has(query, parameter) == parameter.Value is not null;

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
