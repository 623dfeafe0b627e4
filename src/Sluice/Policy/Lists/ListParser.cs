using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Sluice.Http;

namespace Sluice.Policy.Lists;

/// <summary>
/// Reads a list: one entry a line, UTF-8 or, where it is not valid UTF-8, Latin-1; LF or CRLF. A <c>#</c> begins a
/// comment at the line's start and behind white space.
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

    /// <param name="content">The file's bytes.</param>
    /// <param name="name">The list's name in problems.</param>
    /// <param name="problems">Receives the lines that could not be read.</param>
    public static List<ListEntry> Parse(ReadOnlySpan<byte> content, string name, List<PolicyProblem> problems)
    {
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        var text = (Utf8.IsValid(content) ? Encoding.UTF8 : Encoding.Latin1).GetString(content);
        var entries = new List<ListEntry>();
        var number = 0;
        // Not EnumerateLines: that also splits at the octet 0x85 of Latin-1, and counts differ from an editor's.
        foreach (var line in text.AsSpan().Split('\n'))
        {
            number++;
            var (entry, problem) = ParseLine(text.AsSpan(line), number);
            if (problem is not null)
                problems.Add(new PolicyProblem($"{name}:{number}", problem, Fatal: false));
            else if (entry is { } found)
                entries.Add(found);
        }
        return entries;
    }

    /// <summary>The line's entry, or what is wrong with it; neither where it is blank or a comment.</summary>
    public static (ListEntry? Entry, string? Problem) ParseLine(ReadOnlySpan<char> line, int number)
    {
        var text = WithoutComment(line);
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

    private static ReadOnlySpan<char> WithoutComment(ReadOnlySpan<char> line)
    {
        var from = 0;
        while (line[from..].IndexOf('#') is >= 0 and var at)
        {
            if (from + at == 0 || line[from + at - 1] is ' ' or '\t')
                return line[..(from + at)].Trim();
            from += at + 1;
        }
        return line.Trim();
    }

    private static (ListEntry?, string?) Wrong(ReadOnlySpan<char> entry, string what) => (null, $"'{Shown(entry)}' {what}");

    // Problems are read on terminals: no escape sequences from a list that others wrote, and no endless lines.
    private static string Shown(ReadOnlySpan<char> entry)
    {
        var text = new StringBuilder();
        foreach (var c in entry[..Math.Min(entry.Length, 80)])
            _ = char.IsControl(c) ? text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:X2}") : text.Append(c);
        return text.ToString();
    }
}
