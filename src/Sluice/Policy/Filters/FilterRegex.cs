using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Sluice.Policy.Filters;

/// <summary>
/// The regexes of filters, <c>/.../</c>: matched without backtracking, so that no list and no URL makes a match take
/// longer than its length. Such a Regex holds about 1 MiB and takes 3 ms to make (measured on .NET 10.0.12), so each is made when a
/// request first comes to it, which few do.
/// </summary>
internal static class FilterRegex
{
    private static readonly SearchValues<byte> Special = SearchValues.Create(@"\^$.|?*+()[]{}"u8);

    /// <summary>Whether it is a regex, and one that needs no backtracking.</summary>
    public static bool IsLinear(ReadOnlySpan<byte> source, bool matchCase)
    {
        var text = Encoding.UTF8.GetString(source);
        try
        {
            // Look-around, atomic groups and conditions begin with (?, references with a backslash: only these need the costly proof.
            _ = new Regex(text, RegexOptions.CultureInvariant);
            return !HasSwitches(source) && !HasReferences(source) || Make(text, matchCase) is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The regex; null where the platform refuses it.</summary>
    public static Regex? Make(string source, bool matchCase)
    {
        var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (matchCase ? RegexOptions.None : RegexOptions.IgnoreCase);
        try
        {
            return new Regex(source, options);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
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
            var plain = !Special.Contains(octet);
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

    private static bool HasReferences(ReadOnlySpan<byte> regex)
    {
        for (var at = 0; at + 1 < regex.Length; at++)
        {
            if (regex[at] == '\\' && regex[++at] is (>= (byte)'1' and <= (byte)'9') or (byte)'k' or (byte)'G')
                return true;
        }
        return false;
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
