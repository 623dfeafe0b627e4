using System.Collections.Frozen;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// The part of a request that an entry depends on (RFC 9111 s.4.1): for each field that Vary names, the value that the
/// storing request had, or its absence. Another request matches if each of its values is the same, after
/// joining lines (RFC 9110 s.5.3) and, for the Accept fields, removing what their syntax calls equal: white space around
/// commas, letter case of tags, and the order of content codings (weights decide there, not places).
/// Other fields are compared as they are: their syntax is not known.
/// <para>What proxies tell an origin of the client's side (X-Forwarded-Host and its like) goes into links and redirects of many
/// answers, but hardly a Vary names it, and any client can write it. An answer to a request that had such a field depends
/// on it, named or not: it is for requests with the same. One to a request without it is for all. So does an answer that
/// lets one origin read it (Access-Control-Allow-Origin other than "*") depend on Origin.</para>
/// </summary>
internal sealed class Vary
{
    public static readonly Vary Nothing = new([], []);

    private static readonly FrozenSet<string> ClientsSide = new[]
    {
        "Forwarded", "Front-End-Https", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Forwarded-Proto", "X-Forwarded-Scheme",
        "X-Forwarded-Server", "X-Forwarded-Ssl", "X-Host", "X-Original-Host", "X-Url-Scheme",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private readonly string[] _names;
    private readonly string?[] _values;

    private Vary(string[] names, string?[] values)
    {
        _names = names;
        _values = values;
    }

    public int Count => _names.Length;

    /// <summary>Depends on what a client may have put into links.</summary>
    public bool IsOfOneSide { get; private init; }

    public IEnumerable<KeyValuePair<string, string?>> Values => _names.Zip(_values, KeyValuePair.Create);

    public int Cost => _names.Sum(n => 32 + 2 * n.Length) + _values.Sum(v => 32 + 2 * (v?.Length ?? 0));

    public static bool HasStar(string vary) => Storability.Withholds(vary, "*");

    /// <summary>What an answer with these fields to a request with those depends on.</summary>
    /// <param name="before">Of the answer that this one confirms: whose links are in it does not change.</param>
    public static Vary Of(FieldList response, FieldList request, Vary? before = null)
    {
        var field = response.Get(FieldNames.Vary);
        var isForOneOrigin = response.Get("Access-Control-Allow-Origin") is not (null or "*");
        if (field is null && !isForOneOrigin && (before is null ? !HasClientsSide(request) : !before.IsOfOneSide))
            return Nothing;
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in (field ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            values[name] = Normal(name, request.Get(name));
        if (isForOneOrigin)
            values["Origin"] = request.Get("Origin");
        if (before is not null)
            foreach (var (name, value) in before.Values)
                if (IsClientsSide(name))
                    values[name] = value;
        if (before is null)
            foreach (ref readonly var line in request.Lines)
                if (IsClientsSide(line.Name))
                    values[line.Name] = Normal(line.Name, request.Get(line.Name));
        return values.Count == 0 ? Nothing : Restore([.. values.Keys], [.. values.Values]);
    }

    private static bool HasClientsSide(FieldList request)
    {
        foreach (ref readonly var line in request.Lines)
            if (IsClientsSide(line.Name))
                return true;
        return false;
    }

    /// <summary>A field that tells of the client's side.</summary>
    public static bool IsClientsSide(string name) => name[0] is 'X' or 'x' or 'F' or 'f' && ClientsSide.Contains(name);

    /// <summary>Whether both depend on the same of their requests.</summary>
    public bool IsSameAs(Vary other) => _names.AsSpan().SequenceEqual(other._names) && _values.AsSpan().SequenceEqual(other._values);

    /// <summary>What was written down of one.</summary>
    public static Vary Restore(string[] names, string?[] values) =>
        new(names, values) { IsOfOneSide = names.Any(IsClientsSide) };

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
        // Whom it is for is no link.
        if (FieldList.SameName(name, FieldNames.Forwarded))
            return string.Join(',', Members(value.ToLowerInvariant().Replace(';', ',')).Where(p => !p.StartsWith("for=", StringComparison.Ordinal) && !p.StartsWith("by=", StringComparison.Ordinal)));
        // Parameters of media types may be case-sensitive.
        return FieldList.SameName(name, FieldNames.Accept) ? string.Join(',', Members(value)) : value;
    }

    private static string[] Members(string list) =>
        list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
