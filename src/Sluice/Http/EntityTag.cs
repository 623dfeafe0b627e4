namespace Sluice.Http;

/// <summary>Entity tags (RFC 9110 s.8.8.3), as they stand in a field: <c>"opaque"</c> or <c>W/"opaque"</c>.
/// They are compared in place; a tag is never taken apart into a value of its own.</summary>
public static class EntityTag
{
    public static bool IsWeak(ReadOnlySpan<char> tag) => tag.StartsWith("W/", StringComparison.Ordinal);

    /// <summary>The grammar: an optional <c>W/</c>, then DQUOTE, etagc, DQUOTE.</summary>
    public static bool IsValid(ReadOnlySpan<char> tag) => !tag.IsEmpty && LengthAtStart(tag) == tag.Length;

    /// <summary>RFC 9110 s.8.8.3.2: equal and neither weak.</summary>
    public static bool StrongEquals(ReadOnlySpan<char> a, ReadOnlySpan<char> b) =>
        !IsWeak(a) && a.SequenceEqual(b) && IsValid(a);

    /// <summary>RFC 9110 s.8.8.3.2: equal, weak or not.</summary>
    public static bool WeakEquals(ReadOnlySpan<char> a, ReadOnlySpan<char> b) =>
        Opaque(a).SequenceEqual(Opaque(b)) && IsValid(a) && IsValid(b);

    /// <summary>Does a list of tags hold this one, by weak comparison? Members that are no tag match nothing.</summary>
    public static bool ListHolds(ReadOnlySpan<char> list, ReadOnlySpan<char> tag)
    {
        if (!IsValid(tag))
            return false;
        while (true)
        {
            list = list.TrimStart(" \t,");
            if (list.IsEmpty)
                return false;
            var length = LengthAtStart(list);
            var rest = list[length..].TrimStart(" \t");
            if (length > 0 && (rest.IsEmpty || rest[0] == ',') && Opaque(list[..length]).SequenceEqual(Opaque(tag)))
                return true;
            // What is no tag is skipped to its comma.
            var comma = rest.IndexOf(',');
            if (comma < 0)
                return false;
            list = rest[comma..];
        }
    }

    private static ReadOnlySpan<char> Opaque(ReadOnlySpan<char> tag) => IsWeak(tag) ? tag[2..] : tag;

    /// <summary>How many chars the tag at the start of the text takes; 0 where there is none.</summary>
    private static int LengthAtStart(ReadOnlySpan<char> text)
    {
        var start = IsWeak(text) ? 2 : 0;
        if (text.Length < start + 2 || text[start] != '"')
            return 0;
        for (var i = start + 1; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '"')
                return i + 1;
            // etagc = %x21 / %x23-7E / obs-text
            if (c <= ' ' || c == 0x7f)
                return 0;
        }
        return 0;
    }
}
