namespace Sluice.Policy.Conditions;

/// <summary>Fields of the request, each of which must have such a value: its lines joined (RFC 9110 s.5.3).</summary>
internal sealed class HeaderCondition(IEnumerable<NamedPattern> fields) : Condition
{
    private readonly NamedPattern[] _fields = [.. fields];

    public override bool Matches(ref Asked asked, ref Match match)
    {
        foreach (var field in _fields)
        {
            var value = asked.Request.Fields.Get(field.Name);
            if (field.Value is { } pattern ? value is null || !pattern.Matches(value, ignoreCase: true) : value is not null)
                return false;
        }
        return true;
    }
}
