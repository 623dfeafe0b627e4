using System.Buffers;
using System.Globalization;
using System.Text;
using Sluice.Http;

namespace Sluice.Policy.Filters;

/// <summary>The octets of patterns: in lower case and ASCII, as URLs are compared.</summary>
internal static class FilterText
{
    public static readonly SearchValues<byte> HostOctets = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_."u8);

    /// <summary>Those that stay as they are: ASCII that can be seen, without capitals.</summary>
    public static readonly SearchValues<byte> PatternOctets = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7f - 0x21).Select(c => (byte)c).Where(c => !char.IsAsciiLetterUpper((char)c))]);

    public static readonly SearchValues<byte> AddressOctets = SearchValues.Create("0123456789abcdefABCDEF.:%[]"u8);

    private static readonly SearchValues<byte> RegexOctets = SearchValues.Create(@"\^$.|?*+()[]{}"u8);

    /// <summary>Octets of words, and those of international names.</summary>
    public static bool IsWord(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'%' or >= 0x80;

    /// <summary>As uBlock tells a line with a host from one with a pattern: labels of letters, digits and hyphens, nothing else.</summary>
    public static bool IsHostName(ReadOnlySpan<byte> text)
    {
        var last = text[(text.LastIndexOf((byte)'.') + 1)..];
        if (text.Length < 2 || last.Length < 2 || last.Contains((byte)'_') || !IsWord(last[^1]) || text.Contains((byte)'%'))
            return false;
        foreach (var range in text.Split((byte)'.'))
        {
            var label = text[range];
            if (label.IsEmpty || !IsWord(label[0]))
                return false;
            foreach (var octet in label)
                if (!IsWord(octet) && octet is not ((byte)'-' or (byte)'_'))
                    return false;
        }
        return true;
    }

    /// <summary>Names that hosts files give the machine they are on.</summary>
    public static bool IsOfOwnMachine(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("localhost"u8) || name.StartsWith("localhost."u8) || name.SequenceEqual("local"u8) || name.SequenceEqual("broadcasthost"u8)
        || name.SequenceEqual("0.0.0.0"u8) || name.StartsWith("ip6-"u8);

    /// <summary>A pattern as URLs are compared: lower case; international names in punycode, other characters escaped as UTF-8. Null: it cannot be.</summary>
    public static byte[]? Normalize(ReadOnlySpan<byte> pattern)
    {
        if (pattern.ContainsAnyInRange((byte)0, (byte)0x20) || pattern.Contains((byte)0x7f))
            return null;
        var text = Encoding.UTF8.GetString(pattern).ToLowerInvariant();
        if (Ascii.IsValid(text))
            return Encoding.ASCII.GetBytes(text);
        var end = 0;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '-' or '.' or '_'))
            end++;
        var host = HostText.Canonical(text[..end]) ?? text[..end];
        var made = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(host + text[end..]))
            _ = octet < 0x80 ? made.Append((char)octet) : made.Append(CultureInfo.InvariantCulture, $"%{octet:x2}");
        return Encoding.ASCII.GetBytes(made.ToString());
    }

    /// <summary>A text, in lower case, that every match of a regex contains: the longest run of plain octets outside of groups, classes and
    /// alternatives; empty where none is certain.</summary>
    public static byte[] LiteralOf(ReadOnlySpan<byte> regex)
    {
        if (regex.Contains((byte)'|') || HasSwitches(regex))
            return [];
        var (best, run) = (new List<byte>(), new List<byte>());
        int depth = 0, at = 0;
        while (at < regex.Length)
        {
            var octet = regex[at++];
            var plain = !RegexOctets.Contains(octet);
            if (octet == '\\' && at < regex.Length)
            {
                octet = regex[at++];
                // \. \/ \- and the like; a letter or digit behind it is a class, a bound or a code.
                plain = !char.IsAsciiLetterOrDigit((char)octet) && octet < 0x80;
                if (!plain && octet is not ((byte)'b' or (byte)'d' or (byte)'w' or (byte)'s' or (byte)'D' or (byte)'W' or (byte)'S' or (byte)'B'))
                    return [];
            }
            else if (octet == '[')
                at = ClassEnd(regex, at);
            else if (octet is (byte)'(' or (byte)')')
                depth += octet == '(' ? 1 : -1;
            else if (octet is (byte)'{')
                at += Math.Max(0, regex[at..].IndexOf((byte)'}')) + 1;
            // What a quantifier may take away is not certain.
            if (octet is (byte)'?' or (byte)'*' or (byte)'{' && !plain && run.Count > 0)
                run.RemoveAt(run.Count - 1);
            if (plain && depth == 0 && octet < 0x80)
                run.Add((byte)char.ToLowerInvariant((char)octet));
            else
                End();
        }
        End();
        return [.. best];

        void End()
        {
            if (run.Count > best.Count)
                (best, run) = (run, best);
            run.Clear();
        }
    }

    // (?x) and the like change what the rest means; (?:...) does not.
    private static bool HasSwitches(ReadOnlySpan<byte> regex)
    {
        for (var at = regex.IndexOf("(?"u8); at >= 0; at = at + 2 < regex.Length && regex[(at + 2)..].IndexOf("(?"u8) is >= 0 and var next ? at + 2 + next : -1)
            if (at + 2 >= regex.Length || regex[at + 2] != ':')
                return true;
        return false;
    }

    private static int ClassEnd(ReadOnlySpan<byte> regex, int at)
    {
        // A ] that comes first, also behind ^, is one of the class.
        at += at < regex.Length && regex[at] == '^' ? 1 : 0;
        at += at < regex.Length && regex[at] == ']' ? 1 : 0;
        while (at < regex.Length && regex[at] != ']')
            at += regex[at] == '\\' ? 2 : 1;
        return Math.Min(at + 1, regex.Length);
    }
}
