using Sluice.Http;

namespace Sluice.Policy.Lists;

/// <summary>
/// Reads lines of our own: one entry each. A <c>#</c> begins a comment at the line's start and behind white space.
/// <code>
/// example.com          that host                  example.com/ads/     that host, paths that begin so
/// *.example.com        all below it               /banner/             anywhere in path and query
/// .example.com         the host and all below     file:*.exe           the last segment of the path, * and ? are wild
/// </code>
/// All compare without regard to case. What cannot be read is a problem with its line, never dropped in silence.
/// </summary>
internal static class ListParser
{
    private const string FilePrefix = "file:";

    /// <summary>Reads a line of a file. A plain name goes into the index octet by octet, all else by way of its text.</summary>
    public static void Read(ReadOnlySpan<byte> line, int number, ListBuilder list)
    {
        var text = line.Trim(ListText.Blanks);
        if (text.IsEmpty || text[0] == '#')
            return;
        var (kind, name) = text.StartsWith("*."u8) ? (EntryKind.Below, 2) : text[0] == '.' ? (EntryKind.Domain, 1) : (EntryKind.Host, 0);
        if (HostText.IsCanonicalName(text[name..]))
        {
            list.Add(text[name..], kind, number);
            return;
        }
        var (entry, problem) = ParseLine(ListText.Decode(text), number);
        if (problem is not null)
            list.Unread(number, problem);
        else if (entry is { } found)
            list.Add(found);
    }

    /// <summary>The line's entry, or what is wrong with it; neither where it is blank or a comment.</summary>
    public static (ListEntry? Entry, string? Problem) ParseLine(ReadOnlySpan<char> line, int number)
    {
        var text = ListText.WithoutComment(line).Trim();
        if (text.IsEmpty)
            return default;
        if (text.ContainsAny(' ', '\t'))
            return Wrong(text, "has white space inside: write one entry a line");
        if (text.ContainsAnyInRange('\0', '\x1f'))
            return Wrong(text, "has control characters inside");
        if (text.StartsWith(FilePrefix, StringComparison.OrdinalIgnoreCase))
            return File(text[FilePrefix.Length..], text, number);
        if (text.Contains("://", StringComparison.Ordinal) && text.IndexOf("://", StringComparison.Ordinal) < text.IndexOf('/'))
            return Wrong(text, $"names a scheme: write '{text[(text.IndexOf("://", StringComparison.Ordinal) + 3)..]}'");
        var slash = text.IndexOf('/');
        if (slash == 0)
            return UrlPart(text, number);
        return slash < 0 ? Host(text, "", text, number) : Host(text[..slash], UrlText.Of(text[slash..]), text, number);
    }

    private static (ListEntry?, string?) File(ReadOnlySpan<char> name, ReadOnlySpan<char> text, int number)
    {
        if (name.IsEmpty)
            return Wrong(text, "names no file");
        if (name.Contains('/'))
            return Wrong(text, "has a slash: a file name is the last segment of a path");
        var spelled = UrlText.Of($"/{name}")[1..];
        return spelled.Length == 0 ? Wrong(text, "names no file") : (new ListEntry(EntryKind.FileName, "", spelled, number), null);
    }

    private static (ListEntry?, string?) UrlPart(ReadOnlySpan<char> text, int number)
    {
        var spelled = UrlText.Of(text);
        return spelled.Length == 1
            ? Wrong(text, "would match every address: for that write a rule without hosts")
            : (new ListEntry(EntryKind.UrlPart, "", spelled, number), null);
    }

    private static (ListEntry?, string?) Host(ReadOnlySpan<char> host, string path, ReadOnlySpan<char> text, int number)
    {
        if (HostPattern.TryParse(host, out var pattern) is { } wrong)
            return Wrong(text, wrong == HostPattern.NoHost ? "is no host name, address, /part or file:name" : wrong);
        var kind = !pattern.MatchesBelow ? EntryKind.Host : pattern.MatchesItself ? EntryKind.Domain : EntryKind.Below;
        if (path.Length > 1 && HostText.IsAddress(pattern.Name) && !path.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            return Wrong(text, "looks like a network: an entry is one address");
        return (new ListEntry(kind, pattern.Name, path, number), null);
    }

    private static (ListEntry?, string?) Wrong(ReadOnlySpan<char> entry, string what) => (null, $"'{ListText.Shown(entry)}' {what}");
}
