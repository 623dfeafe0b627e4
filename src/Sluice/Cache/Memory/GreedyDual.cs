// Which entries stay: Greedy-Dual-Size-Frequency, lazily, in queues.
//
// What: an entry is worth visits^1.1 / size^0.3: often asked is good, large is bad, though less than in proportion. When it
// is queued it gets a due mark: the policy's level plus its worth. The victim is the entry with the least mark, and the level
// rises to it; so what is not asked for any more is overtaken by what comes (Cherkasova: "Improving WWW proxies
// performance with Greedy-Dual-Size-Frequency caching policy", 1998).
// Strategy: sizes are taken in powers of two, visits up to 15, and each pair of them is a queue. Within a queue all have
// the same worth, and the level never falls, so the oldest has the least mark: no heap is needed. A hit only counts on the
// entry. When an entry's turn comes and it was touched, it is queued again with its new visits, else it leaves.
//
//    level -->            least mark of all: victim, or touched: again
//    1 KiB  1 visit  [ 17.1 17.3 17.9 ]      2 visits [ 18.0 18.2 ]   ...
//    2 KiB  1 visit  [ 17.0 17.6 ]           2 visits [ 17.8 ]        ...
//
// The visits of the last victims are remembered by their hashes (Ghosts): who comes again begins where it ended.
// What is asked for once enters at the bottom of its size: a scan pushes out others like itself, and a large body, even at
// once itself, rather than many small ones that are asked for.
// Facts: the constants were chosen on recorded and made traces (docs/decisions/0016-greedy-dual.md): the exponent of the size
// moves between hits by number (1 is best) and by bytes (0 is). An eviction compares 32 classes and 15 queues, whatever
// the number of entries; an entry that is queued again used up a touch, so this is O(1) amortised. The queues take 8 KiB. All
// but Touch is the caller's to serialise. The level is a sum of worths: after 10^12 evictions a double still tells
// the least of them apart.
namespace Sluice.Cache.Memory;

/// <summary>What the policy keeps of an entry; the entry derives from it, so a hit touches one object and no queue.</summary>
internal abstract class GreedyDualNode
{
    internal GreedyDualNode? Newer;
    internal GreedyDualNode? Older;
    internal double Due;
    internal byte Class;
    internal byte Visits;
    internal byte Touches;

    /// <summary>Bytes; fixed.</summary>
    public long Size { get; protected init; }

    /// <summary>What is remembered of it after its eviction.</summary>
    public int Hash { get; protected init; }

    public bool IsQueued { get; internal set; }
}

internal sealed class GreedyDual<T> where T : GreedyDualNode
{
    public const int MaxVisits = 15;

    private const double VisitsExponent = 1.1;
    private const double SizeExponent = 0.3;

    // 256 bytes and less, doubling up to 512 GiB and more.
    private const int Classes = 32;
    private const int SmallestClassBits = 8;

    private static readonly double[] Worth = MakeWorth();

    private readonly Queue[] _queues = new Queue[Classes * MaxVisits];
    private readonly double[] _due = new double[Classes]; // the least mark of each class
    private readonly Ghosts _ghosts = new();
    private double _level;

    public GreedyDual() => Array.Fill(_due, double.PositiveInfinity);

    public long Bytes { get; private set; }

    public int Count { get; private set; }

    /// <summary>A hit; safe from any thread. Of two at once, or one during an eviction, one may be lost: that only makes the
    /// entry seem asked for once less.</summary>
    public static void Touch(GreedyDualNode node)
    {
        var touches = node.Touches;
        if (touches < MaxVisits)
            node.Touches = (byte)(touches + 1);
    }

    public void Add(T node) => Push(node, 1 + _ghosts.Take(node.Hash));

    /// <summary>The new node takes the old one's place and history.</summary>
    public void Replace(T old, T node)
    {
        Unlink(old);
        Push(node, old.Visits + old.Touches);
    }

    public void Remove(T node)
    {
        if (node.IsQueued)
            Unlink(node);
    }

    /// <summary>Takes out the next victim; null when there is nothing left.</summary>
    public T? Evict()
    {
        while (Count > 0)
        {
            var node = (T)Oldest();
            _level = node.Due;
            Unlink(node);
            var touches = node.Touches;
            if (touches == 0)
            {
                _ghosts.Put(node.Hash, node.Visits, Count);
                return node;
            }
            node.Touches = 0;
            Push(node, node.Visits + touches);
        }
        return null;
    }

    private GreedyDualNode Oldest()
    {
        var least = 0;
        for (var i = 1; i < Classes; i++)
            if (_due[i] < _due[least])
                least = i;
        var at = least * MaxVisits;
        while (_queues[at].Oldest is not { } oldest || oldest.Due > _due[least])
            at++;
        return _queues[at].Oldest!;
    }

    private void Push(GreedyDualNode node, int visits)
    {
        node.Visits = (byte)Math.Min(visits, MaxVisits);
        node.Class = (byte)Math.Clamp(63 - long.LeadingZeroCount(node.Size | 1) - SmallestClassBits, 0, Classes - 1);
        var queue = node.Class * MaxVisits + node.Visits - 1;
        node.Due = _level + Worth[queue];
        node.IsQueued = true;
        _queues[queue].Push(node);
        _due[node.Class] = Math.Min(_due[node.Class], node.Due);
        Bytes += node.Size;
        Count++;
    }

    private void Unlink(GreedyDualNode node)
    {
        _queues[node.Class * MaxVisits + node.Visits - 1].Remove(node);
        node.IsQueued = false;
        Bytes -= node.Size;
        Count--;
        if (node.Due > _due[node.Class])
            return;
        var least = double.PositiveInfinity;
        foreach (ref readonly var queue in _queues.AsSpan(node.Class * MaxVisits, MaxVisits))
            if (queue.Oldest is { } oldest)
                least = Math.Min(least, oldest.Due);
        _due[node.Class] = least;
    }

    private static double[] MakeWorth()
    {
        var worth = new double[Classes * MaxVisits];
        for (var i = 0; i < worth.Length; i++)
            worth[i] = Math.Pow(1 + i % MaxVisits, VisitsExponent) / Math.Pow(2, SizeExponent * (i / MaxVisits));
        return worth;
    }

    /// <summary>A doubly linked list through the nodes.</summary>
    private struct Queue
    {
        private GreedyDualNode? _newest;

        public GreedyDualNode? Oldest { get; private set; }

        public void Push(GreedyDualNode node)
        {
            node.Older = _newest;
            if (_newest is null)
                Oldest = node;
            else
                _newest.Newer = node;
            _newest = node;
        }

        public void Remove(GreedyDualNode node)
        {
            var (older, newer) = (node.Older, node.Newer);
            if (older is null)
                Oldest = newer;
            else
                older.Newer = newer;
            if (newer is null)
                _newest = older;
            else
                newer.Older = older;
            node.Older = node.Newer = null;
        }
    }
}
