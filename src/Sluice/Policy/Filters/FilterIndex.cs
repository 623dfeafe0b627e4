using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Policy.Filters;

/// <summary>
/// The filters of one action, blocks or exceptions, and how those that may match a URL are found. Immutable.
///
/// One array of filters, sorted by what each is found by (<see cref="FilterPlaces"/>), so that those with the same key
/// stand together and a key is a range:
/// - by host, two of three: each domain above the URL's host is looked up;
/// - by gram: each four octets of the URL are looked up. Where a gram of a pattern without stars is found the pattern's
///   place in the URL follows, and one comparison tells; other patterns and regexes are tried where their gram is met
///   first, and not again, so that a URL that repeats it takes no time that grows with its square;
/// - by source: each domain above the page's host is looked up;
/// - the rest, a few dozen, are tried each.
/// What is found is a candidate: <see cref="FilterTest"/> alone decides.
/// </summary>
internal sealed class FilterIndex
{
    private readonly FilterStore _store;
    private readonly bool _excepts;
    private readonly Filter[] _filters;
    private readonly KeyTable _hosts;
    private readonly KeyTable _grams;
    private readonly Dictionary<int, Range> _sources = [];
    private readonly int _rest;

    /// <param name="excepts">These are exceptions.</param>
    public FilterIndex(FilterStore store, List<Filter> filters, bool excepts)
    {
        (_store, _excepts) = (store, excepts);
        var places = new FilterPlaces(store);
        foreach (var filter in filters)
            places.Count(filter);
        (_filters, var keys) = Sort(filters, places);
        var grams = First(keys, PlaceKind.Gram);
        var sources = First(keys, PlaceKind.Source);
        _rest = First(keys, PlaceKind.Rest);
        _hosts = new KeyTable(keys, 0, grams);
        _grams = new KeyTable(keys, grams, sources - grams);
        for (int from = sources, until; from < _rest; from = until)
        {
            until = from + 1;
            while (until < _rest && keys[until] == keys[from])
                until++;
            _sources[(int)(uint)keys[from]] = from..until;
        }
        Places = [grams, sources - grams, _rest - sources, _filters.Length - _rest];
    }

    /// <summary>How many filters are found by host, gram, source and by nothing; by source once for each page.</summary>
    public int[] Places { get; }

    public ref readonly Filter this[int filter] => ref _filters[filter];

    /// <summary>A filter that matches and has the flags, or -1. Which of several, is not said.</summary>
    public int Find(ref AskedUrl asked, FilterFlags flags)
    {
        var found = FindByHost(ref asked, flags);
        if (found < 0 && _filters.Length > Places[0])
            found = FindByGram(ref asked, flags);
        if (found < 0 && _sources.Count > 0)
            found = FindBySource(ref asked, flags);
        return found >= 0 ? found : FindIn(ref asked, flags, _rest, _filters.Length);
    }

    private int FindByHost(ref AskedUrl asked, FilterFlags flags)
    {
        var url = asked.Url;
        var hash = NameTable.Seed;
        for (var at = asked.HostEnd - 1; at >= asked.HostStart; at--)
        {
            hash = NameTable.Step(hash, url[at]);
            if (at > asked.HostStart && url[at - 1] != '.')
                continue;
            var count = _hosts.Find(hash, out var first);
            for (var i = first; i < first + count; i++)
            {
                if (Matches(_filters[i], flags, ref asked, at))
                    return i;
            }
        }
        return -1;
    }

    private int FindByGram(ref AskedUrl asked, FilterFlags flags)
    {
        ref var url = ref MemoryMarshal.GetReference(asked.Url);
        for (var at = 0; at + 4 <= asked.Url.Length; at++)
        {
            var count = _grams.Find(Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref url, at)), out var first);
            for (var i = first; i < first + count; i++)
            {
                ref readonly var filter = ref _filters[i];
                var anywhere = filter.Gram == Filter.Anywhere;
                if (anywhere && asked.Url[..(at + 3)].IndexOf(asked.Url.Slice(at, 4)) >= 0)
                    continue;
                if (Matches(filter, flags, ref asked, anywhere ? FilterTest.Unplaced : at - filter.Gram))
                    return i;
            }
        }
        return -1;
    }

    private int FindBySource(ref AskedUrl asked, FilterFlags flags)
    {
        foreach (var name in asked.SourceNames)
        {
            if (_sources.TryGetValue(name, out var range) && FindIn(ref asked, flags, range.Start.Value, range.End.Value) is >= 0 and var found)
                return found;
        }
        return -1;
    }

    private int FindIn(ref AskedUrl asked, FilterFlags flags, int from, int until)
    {
        for (var i = from; i < until; i++)
        {
            if (Matches(_filters[i], flags, ref asked, FilterTest.Unplaced))
                return i;
        }
        return -1;
    }

    private bool Matches(in Filter filter, FilterFlags flags, ref AskedUrl asked, int start) =>
        (filter.Flags & flags) == flags && FilterTest.Passes(filter, _store, _excepts, ref asked, start);

    private static int First(ulong[] keys, PlaceKind kind)
    {
        var at = Array.BinarySearch(keys, FilterPlaces.Key(kind, 0));
        at = at < 0 ? ~at : at;
        while (at > 0 && keys[at - 1] == FilterPlaces.Key(kind, 0))
            at--;
        return at;
    }

    // A filter that is found by source stands there once for each page.
    private (Filter[], ulong[]) Sort(List<Filter> filters, FilterPlaces places)
    {
        var keys = new List<ulong>(filters.Count);
        var placed = new List<Filter>(filters.Count);
        foreach (var each in filters)
        {
            var filter = each;
            var key = places.Place(ref filter);
            if (key != FilterPlaces.Key(PlaceKind.Source, 0))
                Add(key);
            else
                foreach (var name in _store.FromOf(filter))
                    Add(FilterPlaces.Key(PlaceKind.Source, (uint)name));

            void Add(ulong at)
            {
                keys.Add(at);
                placed.Add(filter);
            }
        }
        var (sortedKeys, sorted) = (keys.ToArray(), placed.ToArray());
        Array.Sort(sortedKeys, sorted);
        return (sorted, sortedKeys);
    }
}
