using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The names by which an origin marks answers that belong together: the members of Cache-Groups (RFC 9875 s.2, a list
/// of strings), and what products before it read: Surrogate-Key, Cache-Tag and xkey, names with blanks or commas between.
/// They compare as they are.</summary>
internal static class EntryTags
{
    private static readonly string[] Plain = ["Surrogate-Key", "Cache-Tag", "xkey"];

    public static bool Has(FieldList fields, string tag)
    {
        foreach (ref readonly var line in fields.Lines)
        {
            if (IsGroups(line.Name) ? Groups(line.Value).Contains(tag, StringComparer.Ordinal) : IsPlain(line.Name) && HasName(line.Value, tag))
                return true;
        }
        return false;
    }

    public static IReadOnlyList<string> Of(FieldList fields)
    {
        var tags = new List<string>();
        foreach (ref readonly var line in fields.Lines)
        {
            if (IsGroups(line.Name))
                tags.AddRange(Groups(line.Value));
            else if (IsPlain(line.Name))
                tags.AddRange(line.Value.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries));
        }
        return [.. tags.Distinct()];
    }

    private static bool IsGroups(string name) => FieldList.SameName(name, "Cache-Groups");

    private static bool IsPlain(string name)
    {
        foreach (var plain in Plain)
            if (FieldList.SameName(name, plain))
                return true;
        return false;
    }

    private static bool HasName(ReadOnlySpan<char> names, ReadOnlySpan<char> tag)
    {
        foreach (var range in names.SplitAny(' ', '\t', ','))
            if (names[range].SequenceEqual(tag) && !tag.IsEmpty)
                return true;
        return false;
    }

    /// <summary>The strings of a list (RFC 9651 s.3.1, s.3.3.3), parameters left out. A list that is not well formed has none from there on.</summary>
    private static IEnumerable<string> Groups(string list)
    {
        var at = 0;
        while (at < list.Length)
        {
            if (list[at] is ' ' or '\t' or ',')
            {
                at++;
                continue;
            }
            if (list[at] != '"')
                yield break;
            var name = new System.Text.StringBuilder();
            for (at++; at < list.Length && list[at] != '"'; at++)
            {
                if (list[at] == '\\' && at + 1 < list.Length)
                    at++;
                name.Append(list[at]);
            }
            if (at >= list.Length)
                yield break;
            yield return name.ToString();
            // Parameters: up to the next comma outside of quotes.
            var quoted = false;
            for (at++; at < list.Length && (quoted || list[at] != ','); at++)
                quoted ^= list[at] == '"';
        }
    }
}
