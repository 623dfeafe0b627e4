namespace Sluice.Policy.Filters;

/// <summary>Tells the lines of a list apart: what the <see cref="FilterParser"/> is given, and what is passed over.</summary>
internal static class FilterLines
{
    /// <summary>What a line, without white space at its ends, is: <see cref="FilterSkip.None"/> where it must be parsed.</summary>
    /// <param name="line">Loses its comment, where one stands behind it.</param>
    public static FilterSkip Classify(ref ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty || line[0] == '!' || line.StartsWith("[Adblock"u8) || line.StartsWith("[adblock"u8) || line.StartsWith("# "u8) || line.StartsWith("####"u8))
            return FilterSkip.Comment;
        var sharp = line.IndexOf((byte)'#');
        if (sharp >= 0)
        {
            if (IsCosmetic(line, sharp))
                return FilterSkip.Cosmetic;
            if (sharp == 0)
                return FilterSkip.Comment;
            if (BlankBefore(line, sharp) is > 0 and var end)
                line = line[..end];
        }
        // AdGuard's filters for HTML.
        return line.IndexOf("$$"u8) >= 0 ? FilterSkip.Cosmetic : FilterSkip.None;
    }

    // #, then perhaps @, then perhaps $?, $, % or ?, then # and something behind it.
    private static bool IsCosmetic(ReadOnlySpan<byte> line, int sharp)
    {
        for (; sharp >= 0; sharp = line[(sharp + 1)..].IndexOf((byte)'#') is >= 0 and var next ? sharp + 1 + next : -1)
        {
            var rest = line[(sharp + 1)..];
            if (rest.StartsWith("@"u8))
                rest = rest[1..];
            rest = rest.StartsWith("$?"u8) ? rest[2..] : !rest.IsEmpty && rest[0] is (byte)'$' or (byte)'%' or (byte)'?' ? rest[1..] : rest;
            if (rest.Length > 1 && rest[0] == '#')
                return true;
        }
        return false;
    }

    // Where the white space before a comment at the line's end begins; 0: the # is no comment.
    private static int BlankBefore(ReadOnlySpan<byte> line, int sharp)
    {
        for (; sharp > 0; sharp = line[(sharp + 1)..].IndexOf((byte)'#') is >= 0 and var next ? sharp + 1 + next : -1)
        {
            if (line[sharp - 1] is (byte)' ' or (byte)'\t')
                return line[..sharp].TrimEnd(" \t"u8).Length;
        }
        return 0;
    }
}
