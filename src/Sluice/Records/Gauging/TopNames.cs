// Who was asked for, who asked: names with their counts, in bounded memory.
//
// What: a table for each minute. Clients choose the names of hosts, and may choose a new one with every request.
// Strategy: a table that is full keeps the better half: those with the most exchanges and those with the most octets. A name that is let go begins anew when it comes
//   again, so counts are never too high; they are too low by no more than what the names that are kept had at least (decision 0029).
using System.Runtime.InteropServices;

namespace Sluice.Records.Gauging;

/// <summary>Counts of one name.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct Tally
{
    public long Bytes;
    public int Exchanges;
    public int Denied;
    public int Failed;
    public int Hits;

    public void Add(ExchangeRecord record)
    {
        Exchanges++;
        Bytes += record.RequestBytes + record.ResponseBytes;
        if (record.Verdict.Denies)
            Denied++;
        if (record.Error is not null)
            Failed++;
        if (record.Cache is CacheUse.Hit or CacheUse.Stale or CacheUse.Revalidated)
            Hits++;
    }

    public void Add(in Tally other)
    {
        Bytes += other.Bytes;
        Exchanges += other.Exchanges;
        Denied += other.Denied;
        Failed += other.Failed;
        Hits += other.Hits;
    }
}

/// <summary>The names of the last quarter of an hour, by minutes. Minutes have numbers that grow.</summary>
internal sealed class TopNames<T> where T : notnull
{
    /// <summary>As many names are told apart in a minute that is over.</summary>
    public const int Kept = 512;

    // The more there is room for, the more seldom names have to go.
    private const int Most = 4 * Kept;
    private const int Minutes = SecondSeries.Longest / 60;

    private readonly Dictionary<T, Tally> _now = [];
    private readonly Queue<(long Minute, KeyValuePair<T, Tally>[] Names)> _over = [];
    private long _minute;

    public TopNames(long minute) => _minute = minute;

    public void Add(T name, ExchangeRecord record)
    {
        ref var tally = ref CollectionsMarshal.GetValueRefOrAddDefault(_now, name, out var isKnown);
        tally.Add(record);
        if (!isKnown && _now.Count >= Most)
            Prune();
    }

    /// <summary>The minute under way is over.</summary>
    public void Begin(long minute)
    {
        if (_now.Count > Kept)
            Prune();
        if (_now.Count > 0)
            _over.Enqueue((_minute, [.. _now]));
        _now.Clear();
        _minute = minute;
        while (_over.TryPeek(out var oldest) && oldest.Minute < minute - Minutes)
            _over.Dequeue();
    }

    /// <summary>Those of each minute since that one. What is returned does not change.</summary>
    public IReadOnlyList<KeyValuePair<T, Tally>[]> Since(long minute) => [.. _over.Where(over => over.Minute >= minute).Select(over => over.Names), [.. _now]];

    private void Prune()
    {
        var names = _now.ToArray();
        // Sorting by numbers of their own takes a third of the time that comparing tallies does.
        Array.Sort(Array.ConvertAll(names, static name => -(long)name.Value.Exchanges), names);
        var rest = names[(Kept / 2)..];
        Array.Sort(Array.ConvertAll(rest, static name => -name.Value.Bytes), rest);
        _now.Clear();
        foreach (var (name, tally) in names.AsSpan(0, Kept / 2))
            _now.Add(name, tally);
        foreach (var (name, tally) in rest.AsSpan(0, Kept / 2))
            _now.Add(name, tally);
    }
}
