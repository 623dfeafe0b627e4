namespace Sluice.Http;

/// <summary>The field Via (RFC 9110 s.7.6.3) under our own name: we add ourselves to what passes, and know a message
/// that has passed before.</summary>
public sealed class Via
{
    private readonly string _name;
    private readonly string[] _entries;  // by version received

    /// <param name="name">Our pseudonym: a token that no other proxy on the way bears.</param>
    /// <exception cref="ArgumentException">It is not a token.</exception>
    public Via(string name)
    {
        if (!Grammar.IsToken(name))
            throw new ArgumentException("A pseudonym in Via is a token.", nameof(name));
        _name = name;
        _entries = [.. Enum.GetValues<ProtocolVersion>().Select(version => $"{version.ViaToken()} {name}")];
    }

    /// <summary>Adds our entry behind those that are there.</summary>
    /// <param name="fields">Of the message that is sent on.</param>
    /// <param name="received">The version in which the message came to us.</param>
    public void AppendTo(FieldList fields, ProtocolVersion received)
    {
        var entry = _entries[(int)received];
        fields.Set(FieldNames.Via, fields.Get(FieldNames.Via) is { Length: > 0 } before ? $"{before}, {entry}" : entry);
    }

    /// <summary>Whether one of the entries is ours: the message goes in a circle.</summary>
    public bool IsIn(FieldList fields)
    {
        foreach (ref readonly var line in fields.Lines)
            if (FieldList.SameName(line.Name, FieldNames.Via) && IsIn(line.Value))
                return true;
        return false;
    }

    // #( received-protocol RWS received-by [ RWS comment ] ). A comment may hold commas and be nested; what it says is
    // not an entry. Cheap first: nearly no message bears our name at all.
    private bool IsIn(ReadOnlySpan<char> value)
    {
        if (!value.Contains(_name, StringComparison.OrdinalIgnoreCase))
            return false;
        var start = 0;
        var depth = 0;
        for (var i = 0; i <= value.Length; i++)
        {
            if (i == value.Length || (value[i] == ',' && depth == 0))
            {
                if (IsOurs(value[start..i]))
                    return true;
                start = i + 1;
            }
            else if (value[i] == '\\' && depth > 0)
                i = Math.Min(i + 1, value.Length - 1);  // quoted-pair
            else if (value[i] == '(')
                depth++;
            else if (value[i] == ')' && depth > 0)
                depth--;
        }
        return false;
    }

    private bool IsOurs(ReadOnlySpan<char> entry)
    {
        entry = Grammar.TrimOws(entry);
        var space = entry.IndexOfAny(' ', '\t');
        if (space < 0)
            return false;
        var by = Grammar.TrimOws(entry[space..]);
        var end = by.IndexOfAny(' ', '\t', '(');
        return Grammar.Same(end < 0 ? by : by[..end], _name);
    }
}
