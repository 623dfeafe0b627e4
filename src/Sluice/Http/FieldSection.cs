using System.Text;

namespace Sluice.Http;

/// <summary>Reads the lines of a header or trailer section (RFC 9112 s.5) into a <see cref="FieldList"/>, each without
/// its CR LF. Shared by response heads and trailers.</summary>
/// <param name="maxFields">More are refused.</param>
/// <param name="repairs">As in responses: white space before a colon and folded lines are repaired, not refused.</param>
internal sealed class FieldSection(int maxFields, bool repairs = true)
{
    // A folded value grows here, so that many folds do not copy it as many times.
    private StringBuilder? _folded;
    private LastFields _last;

    public FieldList Fields { get; private set; } = new(0);

    public void Begin(int capacity) => Fields = new FieldList(capacity);

    /// <summary>Takes one line that is not empty; false: refused.</summary>
    public bool TryAdd(ReadOnlySpan<byte> line, out BadResponse why)
    {
        if (line[0] is (byte)' ' or (byte)'\t')
            return TryFold(line, out why) && repairs;
        EndFold();
        why = default;
        if (_last.TryRepeat(line, Fields))
            return true;

        why = BadResponse.FieldNameNotToken;
        var nameLength = line.IndexOfAnyExcept(Grammar.TokenBytes);
        if (nameLength <= 0)
            return false;
        // RFC 9112 s.5.1: "A proxy MUST remove any such whitespace from a response message before forwarding".
        var colon = nameLength;
        while (repairs && colon < line.Length && line[colon] is (byte)' ' or (byte)'\t')
            colon++;
        if (colon == line.Length || line[colon] != ':')
            return false;
        if (!IsValue(line[(colon + 1)..], out var value, out why))
            return false;
        if (Fields.Count == maxFields)
        {
            why = BadResponse.TooManyFields;
            return false;
        }
        Fields.Add(KnownNames.Get(line[..nameLength]), Encoding.Latin1.GetString(value));
        return true;
    }

    /// <summary>The empty line has come: the fields are whole.</summary>
    public FieldList End()
    {
        EndFold();
        _last.Keep(Fields);
        return Fields;
    }

    // RFC 9112 s.5.2: a proxy that does not refuse obs-fold in a response replaces it by SP.
    private bool TryFold(ReadOnlySpan<byte> line, out BadResponse why)
    {
        why = BadResponse.InvalidFold;
        if (Fields.Count == 0 || !IsValue(line, out var value, out why))
            return false;
        _folded ??= new StringBuilder(Fields[Fields.Count - 1].Value);
        if (!value.IsEmpty)
            _folded.Append(_folded.Length > 0 ? " " : "").Append(Encoding.Latin1.GetString(value));
        return true;
    }

    private void EndFold()
    {
        if (_folded is null)
            return;
        Fields.SetValue(Fields.Count - 1, _folded.ToString());
        _folded = null;
    }

    private static bool IsValue(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> value, out BadResponse why)
    {
        value = Grammar.TrimOws(text);
        why = BadResponse.ControlInField;
        return Grammar.IsFieldValue(value);
    }
}
