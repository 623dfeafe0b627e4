namespace Sluice.Policy.Lists;

/// <summary>
/// Tells a list's format by its first lines: an Adblock heading decides; else each line that can stand in one format
/// only votes for it, and the most votes win, so that one stray line turns no list into another. Where none votes, or
/// as many for our own, it is our own.
/// </summary>
internal static class FormatDetection
{
    /// <param name="head">Of the content, from its beginning, without a byte order mark; the last line may be cut off.</param>
    public static ListFormat Of(ReadOnlySpan<byte> head)
    {
        Span<int> votes = stackalloc int[Enum.GetValues<ListFormat>().Length];
        var first = true;
        foreach (var range in head.Split((byte)'\n'))
        {
            var line = head[range].Trim(ListText.Blanks);
            if (line.IsEmpty)
                continue;
            if (first && IsAdblockHeading(line))
                return ListFormat.Adblock;
            first = false;
            if (Vote(line) is { } format)
                votes[(int)format]++;
        }
        var most = ListFormat.Lines;
        foreach (var format in Enum.GetValues<ListFormat>())
        {
            if (votes[(int)format] > votes[(int)most])
                most = format;
        }
        return most;
    }

    private static bool IsAdblockHeading(ReadOnlySpan<byte> line) =>
        line[0] == '[' && line[^1] == ']' && (line.IndexOf("Adblock"u8) > 0 || line.IndexOf("uBlock"u8) > 0 || line.IndexOf("AdGuard"u8) > 0)
        || line.StartsWith("! Title:"u8);

    private static ListFormat? Vote(ReadOnlySpan<byte> line)
    {
        if (line[0] == '!' || line.StartsWith("||"u8) || line.StartsWith("@@"u8) || IsCosmetic(line))
            return ListFormat.Adblock;
        if (line[0] == '$')
            return ListFormat.Rpz;
        if (line[0] == ';')
            return null;
        var text = ListText.WithoutComment(line).Trim(ListText.Blanks);
        if (text.IsEmpty)
            return null;
        if (DnsmasqLine.IsOne(text))
            return ListFormat.Dnsmasq;
        var rest = text;
        var word = ListText.NextWord(ref rest);
        if (!rest.IsEmpty)
            return HostsLine.IsAddress(word) ? ListFormat.Hosts : ZoneLines.IsRecord(rest) ? ListFormat.Rpz : null;
        return word[^1] == '^' ? ListFormat.Adblock : ListFormat.Lines;
    }

    // example.com##.banner, ###banner, ##.banner, example.com#@#.banner; "## Heading" and "name  ## why" are comments.
    private static bool IsCosmetic(ReadOnlySpan<byte> line)
    {
        var at = line.IndexOf((byte)'#');
        if (at < 0 || at > 0 && ListText.Blanks.Contains(line[at - 1]))
            return false;
        var mark = line[at..];
        if (mark.StartsWith("#@#"u8) || mark.StartsWith("#?#"u8) || mark.StartsWith("#$#"u8))
            return true;
        return mark.Length > 3 && mark[1] == '#' && (at > 0 ? mark[2] != ' ' : mark[2] is (byte)'.' or (byte)'[' || mark[2] == '#' && char.IsAsciiLetter((char)mark[3]));
    }
}
