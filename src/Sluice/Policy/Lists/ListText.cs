using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Sluice.Policy.Lists;

/// <summary>The text of a list's lines.</summary>
internal static class ListText
{
    public static ReadOnlySpan<byte> Blanks => " \t\r"u8;

    /// <summary>What stands before the comment, which a <c>#</c> begins at the line's start or behind a blank; that blank, too.</summary>
    /// <typeparam name="T">Octets or characters.</typeparam>
    public static ReadOnlySpan<T> WithoutComment<T>(ReadOnlySpan<T> line) where T : unmanaged, IBinaryInteger<T>
    {
        var (space, tab) = (T.CreateTruncating(' '), T.CreateTruncating('\t'));
        var from = 0;
        while (line[from..].IndexOf(T.CreateTruncating('#')) is >= 0 and var at)
        {
            from += at;
            if (from == 0 || line[from - 1] == space || line[from - 1] == tab)
                return line[..from];
            from++;
        }
        return line;
    }

    /// <summary>The first word; the rest is what stands behind it and the blanks.</summary>
    public static ReadOnlySpan<byte> NextWord(ref ReadOnlySpan<byte> rest)
    {
        var length = rest.IndexOfAny(Blanks);
        var word = length < 0 ? rest : rest[..length];
        rest = rest[word.Length..].TrimStart(Blanks);
        return word;
    }

    /// <summary>UTF-8, or Latin-1 where it is not valid UTF-8.</summary>
    public static string Decode(ReadOnlySpan<byte> text) => (Utf8.IsValid(text) ? Encoding.UTF8 : Encoding.Latin1).GetString(text);

    /// <summary>As it may stand in messages, which are read on terminals: no escape sequences from a list that others
    /// wrote, and no endless lines.</summary>
    public static string Shown(ReadOnlySpan<char> text)
    {
        var shown = new StringBuilder();
        foreach (var c in text[..Math.Min(text.Length, 80)])
            _ = char.IsControl(c) ? shown.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : shown.Append(c);
        return shown.ToString();
    }
}
