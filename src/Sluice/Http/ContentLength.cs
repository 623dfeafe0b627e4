using System.Globalization;

namespace Sluice.Http;

/// <summary>Content-Length (RFC 9110 s.8.6).</summary>
public static class ContentLength
{
    /// <summary>Reads the one length that the fields give; null where they give none. Several equal values, in one line
    /// or many, and leading zeros are replaced by the one plain number. False where it is not such a number, or they differ.</summary>
    public static bool TryRead(FieldList fields, out long? length)
    {
        length = null;
        var isPlain = true;
        foreach (ref readonly var line in fields.Lines)
        {
            if (!FieldList.SameName(line.Name, FieldNames.ContentLength))
                continue;
            foreach (var member in line.Value.AsSpan().Split(','))
            {
                var text = Grammar.TrimOws(line.Value.AsSpan()[member]);
                // NumberStyles.None: digits only, and no more than fit.
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                    || (length is { } before && before != value))
                    return false;
                isPlain &= length is null && (text.Length == 1 || text[0] != '0');
                length = value;
            }
        }
        if (!isPlain)
            fields.Set(FieldNames.ContentLength, length!.Value.ToString(CultureInfo.InvariantCulture));
        return true;
    }

    /// <summary>Whether there is more than one value, equal or not.</summary>
    public static bool IsList(FieldList fields)
    {
        var values = 0;
        foreach (ref readonly var line in fields.Lines)
            if (FieldList.SameName(line.Name, FieldNames.ContentLength) && (++values > 1 || line.Value.Contains(',')))
                return true;
        return false;
    }
}
