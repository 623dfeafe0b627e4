namespace Sluice.Http;

/// <summary>A range of octets, both ends included, within a representation.</summary>
public readonly record struct ByteRange(long First, long Last)
{
    public long Length => Last - First + 1;

    /// <summary>The value of Content-Range (RFC 9110 s.14.4); a length that is not known is <c>*</c>.</summary>
    public string ContentRange(long? completeLength) =>
        completeLength is { } length ? $"bytes {First}-{Last}/{length}" : $"bytes {First}-{Last}/*";
}

/// <summary>What a Range field means for a representation of known length.</summary>
public enum RangeOutcome : byte
{
    /// <summary>Answer with the whole: absent, another unit, malformed, or more than we serve.</summary>
    Ignore,

    /// <summary>Answer 206 with the ranges.</summary>
    Partial,

    /// <summary>Answer 416: well-formed, but no range lies within the representation.</summary>
    Unsatisfiable,
}

/// <summary>The Range field (RFC 9110 s.14.1, s.14.2). A server may ignore Range at any time; we do so for more than
/// <see cref="MaxRanges"/> ranges and for ranges that overlap, the means of the known attacks (s.17.15).</summary>
public static class ByteRanges
{
    public const int MaxRanges = 16;

    /// <param name="length">Octets in the representation.</param>
    /// <param name="ranges">For <see cref="RangeOutcome.Partial"/>: at least one, in the order asked for.</param>
    public static RangeOutcome Resolve(ReadOnlySpan<char> field, long length, out ByteRange[] ranges)
    {
        ranges = [];
        // RFC 9110 s.14.1: range units are case-insensitive; s.14.2: an unknown unit is ignored.
        const string unit = "bytes=";
        if (!field.StartsWith(unit, StringComparison.OrdinalIgnoreCase))
            return RangeOutcome.Ignore;
        Span<ByteRange> found = stackalloc ByteRange[MaxRanges];
        int count = 0, asked = 0;
        foreach (var part in field[unit.Length..].Split(','))
        {
            var spec = field[unit.Length..][part].Trim(" \t");
            // RFC 9110 s.5.6.1.2: empty list members are skipped.
            if (spec.IsEmpty)
                continue;
            if (++asked > MaxRanges || !TryParse(spec, out var first, out var last))
                return RangeOutcome.Ignore;
            if (!TryFit(first, last, length, out var range))
                continue;
            if (Overlaps(found[..count], range))
                return RangeOutcome.Ignore;
            found[count++] = range;
        }
        if (asked == 0)
            return RangeOutcome.Ignore;
        // A suffix of an empty representation is satisfiable, but no Content-Range can say so: the (empty) whole answers it.
        if (count == 0)
            return length == 0 ? RangeOutcome.Ignore : RangeOutcome.Unsatisfiable;
        ranges = found[..count].ToArray();
        return RangeOutcome.Partial;
    }

    /// <summary>int-range or suffix-range: <c>first-last</c>, <c>first-</c> (last = long.MaxValue) or <c>-n</c> (first = -1, last = n).</summary>
    private static bool TryParse(ReadOnlySpan<char> spec, out long first, out long last)
    {
        first = -1;
        last = long.MaxValue;
        var dash = spec.IndexOf('-');
        if (dash < 0)
            return false;
        if (dash == 0)
            return TryParsePosition(spec[1..], out last);
        if (!TryParsePosition(spec[..dash], out first))
            return false;
        return dash == spec.Length - 1 || TryParsePosition(spec[(dash + 1)..], out last) && last >= first;
    }

    /// <summary>Digits only; what a long cannot hold is far beyond any end and becomes long.MaxValue.</summary>
    private static bool TryParsePosition(ReadOnlySpan<char> text, out long position)
    {
        position = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            position = position > (long.MaxValue - 9) / 10 ? long.MaxValue : position * 10 + (c - '0');
        }
        return !text.IsEmpty;
    }

    // RFC 9110 s.14.1.2: satisfiable if first-pos lies within, or if the suffix-length is not zero.
    private static bool TryFit(long first, long last, long length, out ByteRange range)
    {
        range = first < 0
            ? new ByteRange(Math.Max(0, length - last), length - 1)
            : new ByteRange(first, Math.Min(last, length - 1));
        return length > 0 && range.First < length;
    }

    private static bool Overlaps(ReadOnlySpan<ByteRange> ranges, ByteRange range)
    {
        foreach (var other in ranges)
            if (range.First <= other.Last && other.First <= range.Last)
                return true;
        return false;
    }
}
