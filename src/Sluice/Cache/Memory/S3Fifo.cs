namespace Sluice.Cache.Memory;

/// <summary>What the policy keeps of an entry; the entry derives from it, so a hit touches one object and no queue.</summary>
internal abstract class S3FifoNode
{
    internal S3FifoNode? Newer;
    internal S3FifoNode? Older;
    internal bool InMain;
    internal byte Frequency;

    /// <summary>Bytes; fixed while the node is in a queue.</summary>
    public long Size { get; protected init; }

    /// <summary>What is remembered of it after its eviction.</summary>
    public int Hash { get; protected init; }

    public bool IsQueued { get; internal set; }
}

/// <summary>
/// S3-FIFO (Yang, Zhang, Qiu, Yue, Rashmi: "FIFO queues are all you need for cache eviction", SOSP 2023): three queues and
/// two bits per entry. The mechanism only: what an entry costs and how much there may be is the tier's.
/// <code>
///  new ------> small (10 %) --touched twice--> main (90 %) --untouched--> out
///                  |                            ^     |
///                  +--else--> ghost (hashes)    |     +--touched: again to the head, one touch less
///  new, in ghost -------------------------------+
/// </code>
/// Most objects are asked for once: they pass through the small queue and never disturb the main one. A hit only
/// counts up to three (<see cref="Touch"/>), without a lock: a lost count does no harm. All else is the caller's to
/// serialise. Sizes are bytes: the small queue's share is a share of bytes. The ghost remembers as many hashes as there
/// are entries.
/// </summary>
internal sealed class S3Fifo<T>(long capacity) where T : S3FifoNode
{
    private const byte MaxFrequency = 3;
    private const byte TouchesForMain = 2;

    private readonly long _smallTarget = capacity / 10;
    private readonly Queue _small = new();
    private readonly Queue _main = new();
    private readonly Queue<(int Hash, int Generation)> _ghosts = new();
    private readonly Dictionary<int, int> _ghostGenerations = [];
    private int _generation;

    public long Bytes => _small.Bytes + _main.Bytes;

    public int Count => _small.Count + _main.Count;

    /// <summary>A hit; safe from any thread.</summary>
    public static void Touch(S3FifoNode node)
    {
        var frequency = node.Frequency;
        if (frequency < MaxFrequency)
            node.Frequency = (byte)(frequency + 1);
    }

    public void Add(T node)
    {
        node.InMain = _ghostGenerations.Remove(node.Hash);
        (node.InMain ? _main : _small).Push(node);
    }

    /// <summary>The new node takes the old one's place and history.</summary>
    public void Replace(T old, T node)
    {
        node.InMain = old.InMain;
        node.Frequency = old.Frequency;
        (old.InMain ? _main : _small).Replace(old, node);
    }

    public void Remove(T node)
    {
        if (node.IsQueued)
            (node.InMain ? _main : _small).Remove(node);
    }

    /// <summary>Takes out the next victim; null when there is nothing left.</summary>
    public T? Evict()
    {
        while (Count > 0)
        {
            var victim = _small.Count > 0 && (_small.Bytes > _smallTarget || _main.Count == 0) ? FromSmall() : FromMain();
            if (victim is not null)
                return victim;
        }
        return null;
    }

    private T? FromSmall()
    {
        var node = (T)_small.Pop();
        if (node.Frequency < TouchesForMain)
        {
            Remember(node.Hash);
            return node;
        }
        node.Frequency = 0;
        node.InMain = true;
        _main.Push(node);
        return null;
    }

    private T? FromMain()
    {
        var node = (T)_main.Pop();
        if (node.Frequency == 0)
            return node;
        node.Frequency--;
        _main.Push(node);
        return null;
    }

    private void Remember(int hash)
    {
        // A hash that comes again is young again: its older place in the queue no longer counts.
        _ghostGenerations[hash] = ++_generation;
        _ghosts.Enqueue((hash, _generation));
        while (_ghosts.Count > Count + 1)
        {
            var (oldest, generation) = _ghosts.Dequeue();
            if (_ghostGenerations.TryGetValue(oldest, out var current) && current == generation)
                _ghostGenerations.Remove(oldest);
        }
    }

    /// <summary>A doubly linked list through the nodes.</summary>
    private sealed class Queue
    {
        private S3FifoNode? _newest;
        private S3FifoNode? _oldest;

        public long Bytes { get; private set; }

        public int Count { get; private set; }

        public void Push(S3FifoNode node)
        {
            node.Older = _newest;
            node.Newer = null;
            if (_newest is null)
                _oldest = node;
            else
                _newest.Newer = node;
            _newest = node;
            Account(node, 1);
        }

        public S3FifoNode Pop()
        {
            var node = _oldest!;
            Remove(node);
            return node;
        }

        public void Remove(S3FifoNode node)
        {
            Link(node.Older, node.Newer);
            Link(node, null, null);
            Account(node, -1);
        }

        public void Replace(S3FifoNode old, S3FifoNode node)
        {
            var (older, newer) = (old.Older, old.Newer);
            Link(older, node);
            Link(node, newer);
            Link(old, null, null);
            Account(old, -1);
            Account(node, 1);
        }

        private static void Link(S3FifoNode node, S3FifoNode? older, S3FifoNode? newer) => (node.Older, node.Newer) = (older, newer);

        private void Link(S3FifoNode? older, S3FifoNode? newer)
        {
            if (older is null)
                _oldest = newer;
            else
                older.Newer = newer;
            if (newer is null)
                _newest = older;
            else
                newer.Older = older;
        }

        private void Account(S3FifoNode node, int sign)
        {
            Count += sign;
            Bytes += sign * node.Size;
            node.IsQueued = sign > 0;
        }
    }
}
