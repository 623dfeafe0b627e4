// What is held of a representation that is not held whole.
//
// What: intervals of octets, sorted, with holes between them; each is a body of its own. Immutable: to add one is to make a new list that
// shares the blocks of the old, so that whoever reads the old is not disturbed.
// Strategy: intervals that touch become one, so their number is that of the holes and a complete list is one body. Of octets that come
// again the newer count. Cutting moves no octet; joining copies only where two small blocks meet, so that many small
// intervals in a row become blocks of the usual size.
// Facts: a cut block costs as much memory as a whole one, and is counted so.
using System.Buffers;
using Sluice.Http;

namespace Sluice.Cache.Memory;

/// <summary>Octets of a representation from one place on.</summary>
internal readonly record struct Extent(long First, Body Body)
{
    public long Last => First + Body.Length - 1;
}

/// <summary>The octets held of a representation, and its holes.</summary>
internal sealed class Extents
{
    /// <summary>More intervals, and the smallest go: a scan over them stays short.</summary>
    public const int Most = 64;

    private const int ExtentCost = 64; // its place in the array and the Body

    private readonly Extent[] _sorted;

    private Extents(Extent[] sorted)
    {
        _sorted = sorted;
        foreach (var extent in sorted)
        {
            Cost += extent.Body.Cost + ExtentCost;
            Octets += extent.Body.Length;
        }
    }

    public Extents(Extent only) : this([only])
    {
    }

    public ReadOnlySpan<Extent> All => _sorted;

    /// <summary>Bytes of memory.</summary>
    public long Cost { get; }

    public long Octets { get; }

    public bool Covers(ByteRange range) => IndexAt(range.First) is >= 0 and var at && _sorted[at].Last >= range.Last;

    /// <summary>What is held from there on without a hole, up to <paramref name="last"/>; empty where that octet is not held.</summary>
    public ReadOnlySequence<byte> Read(long from, long last)
    {
        if (IndexAt(from) is not (>= 0 and var at))
            return default;
        var extent = _sorted[at];
        return extent.Body.Content.Slice(from - extent.First, Math.Min(last, extent.Last) - from + 1);
    }

    /// <summary>The hole around an octet that is not held; the last one is endless.</summary>
    public ByteRange HoleAt(long octet)
    {
        var (first, last) = (0L, long.MaxValue);
        foreach (var extent in _sorted)
        {
            if (extent.First > octet)
            {
                last = extent.First - 1;
                break;
            }
            first = extent.Last + 1;
        }
        return new ByteRange(first, last);
    }

    /// <summary>With these octets in place of what was held of them. Where there are too many octets or intervals, the smallest
    /// intervals go, then the newest's own far end.</summary>
    public Extents With(Extent newer, long maxOctets)
    {
        var kept = new List<Extent>(_sorted.Length + 2);
        Extent? before = null, after = null;
        foreach (var held in _sorted)
        {
            if (held.First < newer.First)
            {
                var left = held.Last < newer.First ? held : new Extent(held.First, held.Body.Slice(0, newer.First - held.First));
                if (left.Last + 1 == newer.First)
                    before = left;
                else
                    kept.Add(left);
            }
            if (held.Last > newer.Last)
            {
                var right = held.First > newer.Last ? held : new Extent(newer.Last + 1, held.Body.Slice(newer.Last + 1 - held.First, held.Last - newer.Last));
                if (right.First == newer.Last + 1)
                    after = right;
                else
                    kept.Add(right);
            }
        }
        var joined = new Extent(before?.First ?? newer.First, Body.Join(before?.Body, newer.Body, after?.Body));
        if (joined.Body.Length > maxOctets)
        {
            // Readers go forward: what lies behind the newest octets goes first.
            var first = Math.Max(joined.First, newer.Last - maxOctets + 1);
            var length = Math.Min(joined.Last, first + maxOctets - 1) - first + 1;
            joined = new Extent(first, joined.Body.Slice(first - joined.First, length));
        }
        var octets = joined.Body.Length + kept.Sum(e => e.Body.Length);
        while (octets > maxOctets || kept.Count >= Most)
        {
            var smallest = kept.MinBy(e => e.Body.Length);
            octets -= smallest.Body.Length;
            kept.Remove(smallest);
        }
        kept.Add(joined);
        kept.Sort((a, b) => a.First.CompareTo(b.First));
        return new Extents([.. kept]);
    }

    /// <summary>The body, where it is whole.</summary>
    public Body? Whole(long? completeLength) =>
        _sorted.Length == 1 && _sorted[0].First == 0 && _sorted[0].Body.Length == completeLength ? _sorted[0].Body : null;

    private int IndexAt(long octet)
    {
        for (var i = 0; i < _sorted.Length && _sorted[i].First <= octet; i++)
            if (octet <= _sorted[i].Last)
                return i;
        return -1;
    }
}
