using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// The part of a request that an entry depends on (RFC 9111 s.4.1): for each field that Vary names, the value that the
/// storing request had, or its absence. Another request matches if each of its values is the same, after
/// joining lines (RFC 9110 s.5.3) and, for the Accept fields, removing what their syntax calls equal: white space around
/// commas, letter case of tags, and the order of content codings (weights decide there, not places).
/// Other fields are compared as they are: their syntax is not known.
/// </summary>
internal sealed class Vary
{
    public static readonly Vary Nothing = new([], []);

    private readonly string[] _names;
    private readonly string?[] _values;

    private Vary(string[] names, string?[] values)
    {
        _names = names;
        _values = values;
    }

    public int Count => _names.Length;

    public IEnumerable<KeyValuePair<string, string?>> Values => _names.Zip(_values, KeyValuePair.Create);

    public int Cost => _names.Sum(n => 32 + 2 * n.Length) + _values.Sum(v => 32 + 2 * (v?.Length ?? 0));

    public static bool HasStar(string vary) => Storability.Withholds(vary, "*");

    /// <summary>What an answer with these fields to a request with those depends on.</summary>
    public static Vary Of(FieldList response, FieldList request)
    {
        if (response.Get(FieldNames.Vary) is not { } field)
            return Nothing;
        var names = field.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
        return names.Length == 0 ? Nothing : new Vary(names, Array.ConvertAll(names, n => Normal(n, request.Get(n))));
    }

    /// <summary>Whether both depend on the same of their requests.</summary>
    public bool IsSameAs(Vary other) => _names.AsSpan().SequenceEqual(other._names) && _values.AsSpan().SequenceEqual(other._values);

    /// <summary>What was written down of one.</summary>
    public static Vary Restore(string[] names, string?[] values) => new(names, values);

    public bool Matches(FieldList request)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            var value = request.Get(_names[i]);
            if (!string.Equals(value, _values[i], StringComparison.Ordinal)
                && !string.Equals(Normal(_names[i], value), _values[i], StringComparison.Ordinal))
                return false;
        }
        return true;
    }

    /// <summary>What of a request it depends on: requests with the same are answered alike.</summary>
    public string VariantOf(FieldList request) =>
        string.Join('\n', _names.Select(name => $"{name.ToLowerInvariant()}:{Normal(name, request.Get(name)) ?? "\r"}"));

    private static string? Normal(string name, string? value)
    {
        if (value is null)
            return null;
        if (FieldList.SameName(name, "Accept-Encoding"))
            return string.Join(',', Members(value.ToLowerInvariant()).Order(StringComparer.Ordinal));
        if (FieldList.SameName(name, "Accept-Language"))
            return string.Join(',', Members(value.ToLowerInvariant()));
        // Parameters of media types may be case-sensitive.
        return FieldList.SameName(name, FieldNames.Accept) ? string.Join(',', Members(value)) : value;
    }

    private static string[] Members(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
