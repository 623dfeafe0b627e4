using System.Buffers;
using System.IO.Enumeration;
using System.Runtime.InteropServices;

namespace Sluice.Policy.Lists;

/// <summary>
/// Finds the entry of one list that names a request. Immutable.
///
/// Hosts: a <see cref="DomainSet"/>, which holds millions. Those with a path behind them are few: a hash table, asked for
/// the host whole, then without its first label, and so on up to the top; no look-up allocates.
/// URL parts: one pass over the URL finds whether and where any part begins (<see cref="SearchValues{T}"/> builds the
/// automaton for thousands of them); only at such a place is asked which, by looking up each length that occurs.
/// File names: exact ones by hash, those with wildcards one after the other (lists have a handful).
/// Fast kinds come first; of several entries that match, any may be named.
/// </summary>
internal sealed class ListIndex
{
    public static readonly ListIndex Empty = new(new DomainSetBuilder(0).Build(), []);

    private readonly DomainSet _hosts;
    private readonly Dictionary<string, List<ListEntry>> _paths = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<ListEntry>>.AlternateLookup<ReadOnlySpan<char>> _pathsBySpan;
    private readonly Dictionary<string, int> _parts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _partsBySpan;
    private readonly SearchValues<string>? _partStarts;
    private readonly int[] _partLengths;
    private readonly Dictionary<string, int> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _namesBySpan;
    private readonly ListEntry[] _globs;

    /// <param name="hosts">The entries that are bare hosts.</param>
    /// <param name="others">All others.</param>
    public ListIndex(DomainSet hosts, IReadOnlyCollection<ListEntry> others)
    {
        _hosts = hosts;
        _pathsBySpan = _paths.GetAlternateLookup<ReadOnlySpan<char>>();
        _partsBySpan = _parts.GetAlternateLookup<ReadOnlySpan<char>>();
        _namesBySpan = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        var globs = new List<ListEntry>();
        foreach (var entry in others)
        {
            if (entry.Kind == EntryKind.UrlPart)
                _parts.TryAdd(entry.Text, entry.Line);
            else if (entry.Kind != EntryKind.FileName)
                (CollectionsMarshal.GetValueRefOrAddDefault(_paths, entry.Host, out _) ??= []).Add(entry);
            else if (entry.Text.AsSpan().ContainsAny('*', '?'))
                globs.Add(entry);
            else
                _names.TryAdd(entry.Text, entry.Line);
        }
        Count = hosts.Count + others.Count;
        RetainedBytes = hosts.Bytes + others.Sum(entry => sizeof(char) * (long)(entry.Host.Length + entry.Text.Length));
        _globs = [.. globs];
        _partLengths = [.. _parts.Keys.Select(part => part.Length).Distinct().Order()];
        _partStarts = _parts.Count == 0 ? null : SearchValues.Create([.. _parts.Keys], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Hosts that stand there twice are counted once.</summary>
    public int Count { get; }

    /// <summary>What it keeps, in octets: the hosts' arrays, and of the other entries their text.</summary>
    public long RetainedBytes { get; }

    /// <summary>The first entry found that names the request.</summary>
    public bool Find(ref Asked asked, out ListEntry entry) =>
        FindHost(asked.Host, out entry)
        || _paths.Count > 0 && FindPath(ref asked, out entry)
        || _partStarts is not null && FindPart(asked.Url, out entry)
        || _names.Count + _globs.Length > 0 && FindName(asked.Url, out entry);

    /// <summary>All entries, in no order.</summary>
    public IEnumerable<ListEntry> Entries =>
    [
        .. _hosts.Entries, .. _paths.Values.SelectMany(paths => paths), .. _parts.Select(part => new ListEntry(EntryKind.UrlPart, "", part.Key, part.Value)),
        .. _names.Select(name => new ListEntry(EntryKind.FileName, "", name.Key, name.Value)), .. _globs,
    ];

    /// <summary>Whether one entry here names all that the other does. False where only several together do.</summary>
    public bool Covers(in ListEntry other)
    {
        var (kind, text, host) = (other.Kind, other.Text, other.Host);
        return kind switch
        {
            EntryKind.UrlPart => _partStarts is not null && FindPart(text, out _),
            EntryKind.FileName => _names.ContainsKey(text) || Array.Exists(_globs, glob => glob.Text.Equals(text, StringComparison.OrdinalIgnoreCase)),
            _ => CoversHost(host, kind) || text.Length > 0 && _paths.TryGetValue(host, out var paths)
                && paths.Exists(path => (path.Kind == kind || path.Kind == EntryKind.Domain) && text.StartsWith(path.Text, StringComparison.OrdinalIgnoreCase)),
        };
    }

    // Of a made-up label that no list has: only what names all below finds it.
    private bool CoversHost(string host, EntryKind kind) =>
        (kind == EntryKind.Below || _hosts.TryFind(host, out _)) && (kind == EntryKind.Host || _hosts.TryFind($"/.{host}", out _));

    private bool FindHost(string host, out ListEntry entry)
    {
        var found = _hosts.TryFind(host, out var match);
        entry = found ? new ListEntry(match.Kind, host[match.Start..], "", match.Line) : default;
        return found;
    }

    private bool FindPath(ref Asked asked, out ListEntry entry)
    {
        if (_paths.TryGetValue(asked.Host, out var own) && FindPath(own, EntryKind.Host, asked.Url, out entry))
            return true;
        for (var dot = asked.Host.IndexOf('.'); dot >= 0; dot = asked.Host.IndexOf('.', dot + 1))
        {
            if (_pathsBySpan.TryGetValue(asked.Host.AsSpan(dot + 1), out var above) && FindPath(above, EntryKind.Below, asked.Url, out entry))
                return true;
        }
        entry = default;
        return false;
    }

    private static bool FindPath(List<ListEntry> paths, EntryKind kind, string url, out ListEntry entry)
    {
        foreach (var path in paths)
        {
            if ((path.Kind == kind || path.Kind == EntryKind.Domain) && url.StartsWith(path.Text, StringComparison.OrdinalIgnoreCase))
            {
                entry = path;
                return true;
            }
        }
        entry = default;
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
