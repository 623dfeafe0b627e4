using System.Text;
using Sluice.Http;

namespace Sluice.Policy.Lists;

/// <summary>Gathers what the lines of one list name, and which were not understood. Used once.</summary>
/// <param name="name">The list's name in problems.</param>
/// <param name="expectedBytes">Of the list.</param>
internal sealed class ListBuilder(string name, int expectedBytes)
{
    private readonly DomainSetBuilder _hosts = new(expectedBytes);
    private readonly List<ListEntry> _others = [];
    private readonly List<PolicyProblem> _unread = [];
    private int _unreadLines;
    private int _lastUnread;

    /// <param name="host">Canonical.</param>
    /// <param name="kind">One of the three that name hosts.</param>
    /// <param name="line">From 1.</param>
    public void Add(ReadOnlySpan<byte> host, EntryKind kind, int line) => _hosts.Add(host, kind, line);

    public void Add(in ListEntry entry)
    {
        if (entry.Text.Length > 0)
            _others.Add(entry);
        else
            _hosts.Add(Encoding.ASCII.GetBytes(entry.Host), entry.Kind, entry.Line);
    }

    /// <summary>Adds a name in any spelling.</summary>
    /// <returns>False where it is none; nothing is below an address.</returns>
    public bool TryAdd(ReadOnlySpan<byte> host, EntryKind kind, int line)
    {
        if (HostText.IsCanonicalName(host))
            _hosts.Add(host, kind, line);
        else if (HostText.Canonical(ListText.Decode(host)) is not { } canonical || kind != EntryKind.Host && HostText.IsAddress(canonical))
            return false;
        else
            _hosts.Add(Encoding.ASCII.GetBytes(canonical), kind, line);
        return true;
    }

    /// <summary>A line of which something was not understood: counted once; its first reason is kept if it is among the first such lines.</summary>
    public void Unread(int line, string why)
    {
        if (line == _lastUnread)
            return;
        _lastUnread = line;
        _unreadLines++;
        if (_unread.Count < ListContent.UnreadKept)
            _unread.Add(new PolicyProblem($"{name}:{line}", why, Fatal: false));
    }

    /// <param name="line">From 1.</param>
    /// <param name="text">What was not understood; quoted.</param>
    /// <param name="why">Is said after it.</param>
    public void Unread(int line, ReadOnlySpan<byte> text, string why) => Unread(line, $"'{ListText.Shown(ListText.Decode(text))}' {why}");

    public ListContent Build(ListFormat format) => new(format, new ListIndex(_hosts.Build(), _others), _unreadLines, _unread);
}
