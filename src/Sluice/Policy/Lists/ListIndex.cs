using System.Buffers;
using System.IO.Enumeration;
using System.Runtime.InteropServices;
using Sluice.Http;

namespace Sluice.Policy.Lists;

/// <summary>
/// Finds the entry of one list that names a request. Immutable.
///
/// Hosts: one hash table of canonical names. A request's host is looked up whole, then without its first label, and so
/// on up to the top: as many look-ups as it has labels, none of which allocates. A name's slot tells the line for the
/// host itself, the line for all below it, and its path prefixes.
/// URL parts: one pass over the URL finds whether and where any part begins (<see cref="SearchValues{T}"/> builds the
/// automaton for thousands of them); only at such a place is asked which, by looking up each length that occurs.
/// File names: exact ones by hash, those with wildcards one after the other (lists have a handful).
/// Fast kinds come first; of several entries that match, any may be named.
/// </summary>
internal sealed class ListIndex
{
    private struct Slot
    {
        public int HostLine;
        public int BelowLine;
        public List<ListEntry>? Paths;
    }

    public static readonly ListIndex Empty = new([]);

    private readonly Dictionary<string, Slot> _hosts;
    private readonly Dictionary<string, Slot>.AlternateLookup<ReadOnlySpan<char>> _hostsBySpan;
    private readonly Dictionary<string, int> _parts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _partsBySpan;
    private readonly SearchValues<string>? _partStarts;
    private readonly int[] _partLengths;
    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _namesBySpan;
    private readonly ListEntry[] _globs;

    public ListIndex(IReadOnlyCollection<ListEntry> entries)
    {
        _hosts = new Dictionary<string, Slot>(entries.Count, StringComparer.Ordinal);
        _hostsBySpan = _hosts.GetAlternateLookup<ReadOnlySpan<char>>();
        _partsBySpan = _parts.GetAlternateLookup<ReadOnlySpan<char>>();
        _namesBySpan = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        var globs = new List<ListEntry>();
        foreach (var entry in entries)
        {
            if (entry.Kind == EntryKind.UrlPart)
                _parts.TryAdd(entry.Text, entry.Line);
            else if (entry.Kind != EntryKind.FileName)
                AddHost(entry);
            else if (entry.Text.AsSpan().ContainsAny('*', '?'))
                globs.Add(entry);
            else
                _names.TryAdd(entry.Text, entry.Line);
        }
        Count = entries.Count;
        _globs = [.. globs];
        _partLengths = [.. _parts.Keys.Select(part => part.Length).Distinct().Order()];
        _partStarts = _parts.Count == 0 ? null : SearchValues.Create([.. _parts.Keys], StringComparison.OrdinalIgnoreCase);
    }

    public int Count { get; }

    /// <summary>The first entry found that names the request.</summary>
    public bool Find(ref Asked asked, out ListEntry entry) =>
        FindHost(ref asked, out entry)
        || _partStarts is not null && FindPart(asked.Url, out entry)
        || _names.Count + _globs.Length > 0 && FindName(asked.Url, out entry);

    private void AddHost(in ListEntry entry)
    {
        ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_hosts, entry.Host, out _);
        if (entry.Text.Length > 0)
        {
            (slot.Paths ??= []).Add(entry);
            return;
        }
        if (entry.Kind is EntryKind.Host or EntryKind.Domain && slot.HostLine == 0)
            slot.HostLine = entry.Line;
        if (entry.Kind is EntryKind.Below or EntryKind.Domain && slot.BelowLine == 0)
            slot.BelowLine = entry.Line;
    }

    private bool FindHost(ref Asked asked, out ListEntry entry)
    {
        entry = default;
        var host = asked.Host;
        if (_hosts.Count == 0)
            return false;
        if (_hosts.TryGetValue(host, out var own) && Matches(own, own.HostLine, EntryKind.Host, host, ref asked, out entry))
            return true;
        if (HostText.IsAddress(host))
            return false;
        for (var dot = host.IndexOf('.'); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            if (_hostsBySpan.TryGetValue(host.AsSpan(dot + 1), out var name, out var above)
                && Matches(above, above.BelowLine, EntryKind.Below, name, ref asked, out entry))
                return true;
        }
        return false;
    }

    private static bool Matches(in Slot slot, int line, EntryKind kind, string name, ref Asked asked, out ListEntry entry)
    {
        entry = default;
        if (line != 0)
        {
            entry = new ListEntry(slot.HostLine == slot.BelowLine ? EntryKind.Domain : kind, name, "", line);
            return true;
        }
        foreach (var path in slot.Paths ?? [])
        {
            if ((path.Kind == kind || path.Kind == EntryKind.Domain)
                && asked.Url.StartsWith(path.Text, StringComparison.OrdinalIgnoreCase))
            {
                entry = path;
                return true;
            }
        }
        return false;
    }

    private bool FindPart(ReadOnlySpan<char> url, out ListEntry entry)
    {
        entry = default;
        var at = url.IndexOfAny(_partStarts!);
        if (at < 0)
            return false;
        foreach (var length in _partLengths)
        {
            if (at + length <= url.Length && _partsBySpan.TryGetValue(url.Slice(at, length), out var part, out var line))
            {
                entry = new ListEntry(EntryKind.UrlPart, "", part, line);
                return true;
            }
        }
        return false;
    }

    private bool FindName(ReadOnlySpan<char> url, out ListEntry entry)
    {
        entry = default;
        var path = url.IndexOf('?') is >= 0 and var query ? url[..query] : url;
        var file = path[(path.LastIndexOf('/') + 1)..];
        if (_namesBySpan.TryGetValue(file, out var name, out var line))
        {
            entry = new ListEntry(EntryKind.FileName, "", name, line);
            return true;
        }
        foreach (var glob in _globs)
        {
            if (FileSystemName.MatchesSimpleExpression(glob.Text, file, ignoreCase: true))
            {
                entry = glob;
                return true;
            }
        }
        return false;
    }
}
