using Sluice.Policy.Lists;

namespace Sluice.Policy.Conditions;

/// <summary>Parameters of the query, each of which must have such a value at one of its places: as it stands, with unreserved characters decoded
/// (RFC 3986 s.6.2.2.2), or as a form means it, with every escape decoded and <c>+</c> a space. Some origins end a parameter at a semicolon, too: what
/// allows must match in both readings, for all else one is enough.</summary>
internal sealed class QueryCondition(RuleOptions rule) : Condition
{
    private readonly NamedPattern[] _parameters = [.. rule.Query];
    private readonly bool _needsBoth = rule.Action == RuleAction.Allow;

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

    private bool Holds(ReadOnlySpan<char> query, NamedPattern parameter)
    {
        var holds = Has(query, parameter, "&") == parameter.Value is not null;
        return holds == _needsBoth && query.Contains(';') ? Has(query, parameter, "&;") == parameter.Value is not null : holds;
    }

    /// <summary>Whether it is there with that value, or, where it must be absent, at all.</summary>
    private static bool Has(ReadOnlySpan<char> query, NamedPattern parameter, string separators)
    {
        foreach (var range in query.SplitAny(separators))
        {
            var pair = query[range];
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? default : pair[(equals + 1)..];
            if ((name.SequenceEqual(parameter.Name) || OfForm(name).SequenceEqual(parameter.Name))
                && (parameter.Value is not { } pattern || pattern.Matches(value, ignoreCase: true) || pattern.Matches(OfForm(value), ignoreCase: true)))
                return true;
        }
        return false;
    }

    /// <summary>As application/x-www-form-urlencoded is read (URL Standard s.5.1).</summary>
    private static ReadOnlySpan<char> OfForm(ReadOnlySpan<char> text) =>
        text.ContainsAny('+', '%') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text;
}
