using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The names by which an origin marks answers that belong together: the members of Cache-Groups (RFC 9875 s.2, a list
/// of strings), and what products before it read: Surrogate-Key, Cache-Tag and xkey, names with blanks or commas between.
/// They compare as they are.</summary>
internal static class EntryTags
{
    // RFC 9875 s.2, s.3: at least 32. As many as fit into a head would be work for who reuses and a flood for who invalidates.
    private const int MostGroups = 128;

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

    private static bool IsGroups(string name) => FieldList.SameName(name, FieldNames.CacheGroups);

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

    /// <summary>What a group is compared by; null: there are none. Two lines are one list.</summary>
    public static int[]? GroupsOf(FieldList fields)
    {
        if (!fields.Contains(FieldNames.CacheGroups))
            return null;
        var groups = Groups(fields.Get(FieldNames.CacheGroups)!);
        return groups.Count == 0 ? null : [.. groups.Select(HashOf).Distinct()];
    }

    public static int HashOf(string group) => group.GetHashCode(StringComparison.Ordinal);

    /// <summary>The strings of a list (RFC 9875 s.2, s.3); none where it is malformed, or has members of another type (RFC 9651 s.4.2).</summary>
    public static List<string> Groups(string list)
    {
        var groups = new List<string>();
        var reader = new StructuredReader(list);
        while (reader.TryMember())
        {
            if (reader.Type != StructuredType.String)
                return [];
            if (groups.Count < MostGroups)
                groups.Add(reader.Text);
        }
        return reader.Failed ? [] : groups;
    }
}
