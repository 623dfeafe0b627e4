using System.Buffers;
using System.IO.Enumeration;

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

    /// <summary>Whether any entry looks at path and query.</summary>
    public bool ReadsUrl => _parts.Count + _names.Count + _globs.Length > 0 || ReadsPaths;

    private bool ReadsPaths { get; set; }

    /// <summary>The first entry found that names the request.</summary>
    /// <param name="host">Canonical.</param>
    /// <param name="pathAndQuery">In the spelling of <see cref="UrlText"/>; empty where there is none (CONNECT).</param>
    public bool Find(string host, string pathAndQuery, out ListEntry entry) =>
        FindHost(host, pathAndQuery, out entry)
        || pathAndQuery.Length > 0 && (FindPart(pathAndQuery, out entry) || FindName(pathAndQuery, out entry));

    private void AddHost(in ListEntry entry)
    {
        ref var slot = ref System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(_hosts, entry.Host, out _);
        if (entry.Text.Length > 0)
        {
            (slot.Paths ??= []).Add(entry);
            ReadsPaths = true;
            return;
        }
        if (entry.Kind is EntryKind.Host or EntryKind.Domain && slot.HostLine == 0)
            slot.HostLine = entry.Line;
        if (entry.Kind is EntryKind.Below or EntryKind.Domain && slot.BelowLine == 0)
            slot.BelowLine = entry.Line;
    }

    private bool FindHost(string host, string pathAndQuery, out ListEntry entry)
    {
        entry = default;
        if (_hosts.Count == 0)
            return false;
        if (_hosts.TryGetValue(host, out var own) && Matches(own, own.HostLine, EntryKind.Host, host, pathAndQuery, out entry))
            return true;
        if (HostText.IsAddress(host))
            return false;
        for (var dot = host.IndexOf('.'); dot >= 0; dot = Next(host, dot))
        {
            if (_hostsBySpan.TryGetValue(host.AsSpan(dot + 1), out var name, out var above)
                && Matches(above, above.BelowLine, EntryKind.Below, name, pathAndQuery, out entry))
                return true;
        }
        return false;
    }

    private static int Next(string host, int dot) => host.IndexOf('.', dot + 1);

    private static bool Matches(in Slot slot, int line, EntryKind kind, string name, string pathAndQuery, out ListEntry entry)
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
                && pathAndQuery.StartsWith(path.Text, StringComparison.OrdinalIgnoreCase))
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
        if (_partStarts is null || url.IndexOfAny(_partStarts) is var at && at < 0)
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
        if (_names.Count + _globs.Length == 0)
            return false;
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
