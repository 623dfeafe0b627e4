using System.Globalization;

namespace Sluice.Http;

/// <summary>Content-Range of a 206 (RFC 9110 s.14.4): which octets of the representation the content is.</summary>
/// <param name="CompleteLength">Of the whole representation; null: <c>*</c>, not known.</param>
public readonly record struct ContentRange(ByteRange Range, long? CompleteLength)
{
    /// <summary>As the grammar has it: <c>bytes first-last/complete</c>. False also for a range that cannot be: last before
    /// first or beyond the end, numbers that no 64 bits hold, and <c>*</c> in place of the range, which only a 416 may say.</summary>
    public static bool TryParse(ReadOnlySpan<char> field, out ContentRange range)
    {
        range = default;
        // RFC 9110 s.14.1: units are case-insensitive.
        const string unit = "bytes ";
        if (!field.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
            return false;
        field = field[unit.Length..];
        var (dash, slash) = (field.IndexOf('-'), field.IndexOf('/'));
        if (dash < 0 || slash < dash
            || !TryParseNumber(field[..dash], out var first) || !TryParseNumber(field[(dash + 1)..slash], out var last) || last < first)
            return false;
        long? complete = null;
        if (field[(slash + 1)..] is not "*")
        {
            if (!TryParseNumber(field[(slash + 1)..], out var length) || last >= length)
                return false;
            complete = length;
        }
        range = new ContentRange(new ByteRange(first, last), complete);
        return true;
    }

    public override string ToString() => Range.ContentRange(CompleteLength);

    // 1*DIGIT. The largest long is left out: it has no octet behind it.
    private static bool TryParseNumber(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < long.MaxValue;
}
