namespace Sluice.Policy.Conditions;

/// <summary>Fields of the request, each of which must have such a value: its lines joined (RFC 9110 s.5.3).</summary>
internal sealed class HeaderCondition(IEnumerable<NamedPattern> fields) : Condition
{
    private readonly NamedPattern[] _fields = [.. fields];

    public override string Name => "headers";

    public override bool Matches(ref Asked asked, ref Match match)
    {
        foreach (var field in _fields)
            if (!Holds(field, asked.Request.Fields.Get(field.Name)))
                return false;
        return true;
    }

    public override string Explain(ref Asked asked, bool holds)
    {
        var fields = asked.Request.Fields;
        return string.Join(", ", _fields.Where(field => Holds(field, fields.Get(field.Name)) == holds).Take(holds ? _fields.Length : 1)
            .Select(field => field.Explain(fields.Get(field.Name), holds)));
    }

    private static bool Holds(NamedPattern field, string? value) =>
        field.Value is { } pattern ? value is not null && pattern.Matches(value, ignoreCase: true) : value is null;
}
