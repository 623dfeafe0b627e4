namespace Sluice.Policy.Filters;

/// <summary>
/// Whether a pattern of a filter matches a URL, both in lower case and ASCII. <c>*</c> is anything, <c>^</c> one
/// separator (any octet but letters, digits and <c>_-.%</c>) or the end of the URL. A pattern is taken as the pieces between its
/// stars; the first is where the anchor says, each further one as early as it can be, which leaves most room for the
/// next. So nothing is tried twice, but for the labels at which <c>||</c> may begin.
/// </summary>
internal static class FilterPattern
{
    /// <summary>Where the match ends in the URL, or -1.</summary>
    /// <param name="pattern">Without its anchors.</param>
    /// <param name="flags">Its anchors.</param>
    /// <param name="url">The whole URL.</param>
    /// <param name="host">Where its host is.</param>
    public static int Match(ReadOnlySpan<byte> pattern, FilterFlags flags, ReadOnlySpan<byte> url, Range host)
    {
        var atEnd = (flags & FilterFlags.AtEnd) != 0;
        if ((flags & FilterFlags.AtStart) != 0)
            return MatchAt(pattern, atEnd, url, 0);
        if ((flags & FilterFlags.AtLabel) == 0)
            return MatchFrom(pattern, atEnd, url, 0);
        for (var label = host.Start.Value; label < host.End.Value; label = NextLabel(url, host, label))
        {
            if (MatchAt(pattern, atEnd, url, label) is >= 0 and var end)
                return end;
        }
        return -1;
    }

    /// <summary>Where the match that begins at <paramref name="start"/> ends, or -1.</summary>
    public static int MatchAt(ReadOnlySpan<byte> pattern, bool atEnd, ReadOnlySpan<byte> url, int start)
    {
        var star = pattern.IndexOf((byte)'*');
        if (star >= 0)
            return PieceAt(pattern[..star], url, start) is >= 0 and var first ? MatchFrom(pattern[(star + 1)..], atEnd, url, first) : -1;
        var end = PieceAt(pattern, url, start);
        return atEnd && end != url.Length ? -1 : end;
    }

    public static bool IsSeparator(byte octet) =>
        !char.IsAsciiLetterOrDigit((char)octet) && octet is not ((byte)'_' or (byte)'-' or (byte)'.' or (byte)'%');

    private static int NextLabel(ReadOnlySpan<byte> url, Range host, int label) =>
        url[label..host.End].IndexOf((byte)'.') is >= 0 and var dot ? label + dot + 1 : host.End.Value;

    private static int MatchFrom(ReadOnlySpan<byte> pattern, bool atEnd, ReadOnlySpan<byte> url, int from)
    {
        while (pattern.IndexOf((byte)'*') is >= 0 and var star)
        {
            from = FindPiece(pattern[..star], url, from);
            if (from < 0)
                return -1;
            pattern = pattern[(star + 1)..];
        }
        return atEnd ? PieceAtEnd(pattern, url, from) : FindPiece(pattern, url, from);
    }

    private static int FindPiece(ReadOnlySpan<byte> piece, ReadOnlySpan<byte> url, int from)
    {
        var caret = piece.IndexOf((byte)'^');
        var plain = caret < 0 ? piece : piece[..caret];
        while (from <= url.Length && url[from..].IndexOf(plain) is >= 0 and var at)
        {
            if (PieceAt(piece, url, from + at) is >= 0 and var end)
                return end;
            from += at + 1;
        }
        return -1;
    }

    // Separators at the piece's end may stand for the end of the URL and take no octet of it.
    private static int PieceAtEnd(ReadOnlySpan<byte> piece, ReadOnlySpan<byte> url, int from)
    {
        var carets = piece.Length - piece.TrimEnd((byte)'^').Length;
        for (var start = Math.Max(from, url.Length - piece.Length); start <= url.Length - piece.Length + carets; start++)
        {
            if (PieceAt(piece, url, start) == url.Length)
                return url.Length;
        }
        return -1;
    }

    private static int PieceAt(ReadOnlySpan<byte> piece, ReadOnlySpan<byte> url, int at)
    {
        while (piece.IndexOf((byte)'^') is >= 0 and var caret)
        {
            if (!url[at..].StartsWith(piece[..caret]))
                return -1;
            at += caret;
            if (at < url.Length && !IsSeparator(url[at++]))
                return -1;
            piece = piece[(caret + 1)..];
        }
        return url[at..].StartsWith(piece) ? at + piece.Length : -1;
    }
}
