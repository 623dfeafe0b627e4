using System.Text;

namespace Sluice.Http;

/// <summary>The fields of a connection's last head. Both ends repeat themselves: a line that equals the line at the same place of the last
/// head gives the strings of that one. It needs no check, as it has had one; comparing is cheaper than that and than making them anew.</summary>
internal struct LastFields
{
    private Field[] _fields;

    public readonly int Count => _fields?.Length ?? 0;

    /// <summary>Adds the line's field, if it is the last head's at this place.</summary>
    public readonly bool TryRepeat(ReadOnlySpan<byte> line, FieldList into)
    {
        if (into.Count >= Count)
            return false;
        ref readonly var last = ref _fields[into.Count];
        var colon = last.Name.Length;
        if (line.Length != colon + 2 + last.Value.Length || line[colon] != ':' || line[colon + 1] != ' '
            || !Ascii.Equals(line[(colon + 2)..], last.Value) || !Ascii.Equals(line[..colon], last.Name))
            return false;
        into.Add(last.Name, last.Value);
        return true;
    }

    /// <summary>A head has been read.</summary>
    public void Keep(FieldList fields)
    {
        if (Count != fields.Count)
            _fields = new Field[fields.Count];
        fields.Lines.CopyTo(_fields);
    }
}
