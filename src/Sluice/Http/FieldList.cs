using System.Collections;

namespace Sluice.Http;

/// <summary>One field line (RFC 9110 s.5): the name as received, the value without surrounding white space.
/// Values are Latin-1: one char per octet, so obs-text passes unchanged.</summary>
public readonly record struct Field(string Name, string Value);

/// <summary>The field lines of a head or of a trailer section, in the order received (RFC 9110 s.5.3).
/// Heads have a dozen lines: a scan over an array beats any index. Names compare without case.</summary>
public sealed class FieldList : IEnumerable<Field>
{
    private Field[] _lines;

    public FieldList(int capacity = 16) => _lines = new Field[capacity];

    public FieldList(IEnumerable<Field> lines) : this()
    {
        foreach (var line in lines)
            Add(line.Name, line.Value);
    }

    public int Count { get; private set; }

    public Field this[int index] => index < Count ? _lines[index] : throw new ArgumentOutOfRangeException(nameof(index));

    public ReadOnlySpan<Field> Lines => _lines.AsSpan(0, Count);

    public void Add(string name, string value)
    {
        if (Count == _lines.Length)
            Array.Resize(ref _lines, Math.Max(8, Count * 2));
        _lines[Count++] = new Field(name, value);
    }

    /// <summary>Replaces every line of that name by one, at the place of the first.</summary>
    public void Set(string name, string value)
    {
        var at = IndexOf(name);
        if (at < 0)
        {
            Add(name, value);
            return;
        }
        _lines[at] = new Field(name, value);
        RemoveFrom(at + 1, name);
    }

    /// <summary>Removes every line of that name; true if there was one.</summary>
    public bool Remove(string name) => RemoveFrom(0, name);

    /// <summary>Removes every line whose name the rule accepts.</summary>
    public void RemoveWhere(Func<string, bool> hasName)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
            if (!hasName(_lines[i].Name))
                _lines[kept++] = _lines[i];
        Truncate(kept);
    }

    /// <summary>Gives one line another value.</summary>
    internal void SetValue(int index, string value) => _lines[index] = new Field(_lines[index].Name, value);

    public void Clear()
    {
        Array.Clear(_lines, 0, Count);
        Count = 0;
    }

    public bool Contains(string name) => IndexOf(name) >= 0;

    /// <summary>The field's value: its lines joined by ", " (RFC 9110 s.5.3), or null where it is absent.</summary>
    public string? Get(string name)
    {
        var at = IndexOf(name);
        if (at < 0)
            return null;
        var value = _lines[at].Value;
        for (var i = at + 1; i < Count; i++)
            if (SameName(_lines[i].Name, name))
                value = value + ", " + _lines[i].Value;
        return value;
    }

    /// <summary>How many lines bear that name.</summary>
    public int CountOf(string name)
    {
        var n = 0;
        foreach (ref readonly var line in Lines)
            if (SameName(line.Name, name))
                n++;
        return n;
    }

    public int IndexOf(string name)
    {
        for (var i = 0; i < Count; i++)
            if (SameName(_lines[i].Name, name))
                return i;
        return -1;
    }

    public FieldList Copy()
    {
        var copy = new FieldList(Math.Max(8, Count + 4));
        Lines.CopyTo(copy._lines);
        copy.Count = Count;
        return copy;
    }

    public IEnumerator<Field> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return _lines[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Most names differ in length: that needs no call.
    public static bool SameName(string a, string b) => a.Length == b.Length && string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    private bool RemoveFrom(int start, string name)
    {
        var kept = start;
        for (var i = start; i < Count; i++)
            if (!SameName(_lines[i].Name, name))
                _lines[kept++] = _lines[i];
        return Truncate(kept);
    }

    private bool Truncate(int kept)
    {
        var removed = Count - kept;
        Array.Clear(_lines, kept, removed);
        Count = kept;
        return removed > 0;
    }
}
