namespace Sluice.Policy.Lists;

/// <summary>A list as it was read: immutable, so that a new one takes its place by one reference.</summary>
/// <param name="Format">As its content told.</param>
/// <param name="Index">What its lines name.</param>
/// <param name="UnreadLines">Lines not understood, wholly or in part.</param>
/// <param name="Unread">The first <see cref="UnreadKept"/> of them with their reasons.</param>
internal sealed record ListContent(ListFormat Format, ListIndex Index, int UnreadLines, IReadOnlyList<PolicyProblem> Unread)
{
    public const int UnreadKept = 100;

    public static readonly ListContent Empty = new ListBuilder("", 0).Build(ListFormat.Lines);

    /// <summary>When the file was last written to.</summary>
    public DateTimeOffset? Written { get; init; }

    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>What is wrong with it: the lines kept, and one problem for the others.</summary>
    public IEnumerable<PolicyProblem> Problems(string name) => UnreadLines == Unread.Count
        ? Unread
        : Unread.Append(new PolicyProblem(name, $"{UnreadLines - Unread.Count} more lines were not understood", Fatal: false));

    /// <summary>Reads a list to its end, line by line, in the format that its beginning tells.</summary>
    /// <param name="stream">UTF-8 with or without a byte order mark, or Latin-1 (by line); LF or CRLF.</param>
    /// <param name="name">The list's name in problems.</param>
    /// <param name="expectedBytes">The stream's length, or a guess.</param>
    /// <exception cref="IOException">The stream cannot be read, or is longer than <see cref="LineReader.MaxBytes"/>.</exception>
    public static ListContent Read(Stream stream, string name, long expectedBytes)
    {
        var list = new ListBuilder(name, (int)Math.Min(expectedBytes, LineReader.MaxBytes));
        var zone = new ZoneLines(list);
        var lines = new LineReader(stream);
        var format = FormatDetection.Of(lines.Head);
        while (lines.TryRead(out var line))
        {
            if (lines.IsCutOff)
                list.Unread(lines.Number, line, $"has {LineReader.LongestLine} octets or more");
            else if (format == ListFormat.Hosts)
                HostsLine.Read(line, lines.Number, list);
            else if (format == ListFormat.Dnsmasq)
                DnsmasqLine.Read(line, lines.Number, list);
            else if (format == ListFormat.Rpz)
                zone.Read(line, lines.Number);
            else
                ListParser.Read(line, lines.Number, list);
        }
        return list.Build(format);
    }
}
