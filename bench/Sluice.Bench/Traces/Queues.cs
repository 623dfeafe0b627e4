namespace Sluice.Bench.Traces;

/// <summary>LRU, or FIFO where a hit moves nothing.</summary>
internal sealed class OneQueue(long[] costs, long capacity, bool hitMoves) : Contender(costs, capacity)
{
    private readonly Links _links = new(costs.Length);
    private Chain? _queue;

    public override bool Ask(int id)
    {
        var queue = _queue ??= new Chain(_links, Costs);
        var held = _links.Owner[id] is not null;
        if (held && hitMoves)
            queue.Remove(id);
        if (Costs[id] > Capacity || held && !hitMoves)
            return held;
        queue.Push(id);
        while (queue.Bytes > Capacity)
            queue.Pop();
        return held;
    }
}

/// <summary>S3-FIFO as its authors have it (SOSP 2023, and libCacheSim for sizes): a small queue of a tenth of the bytes, a
/// main queue, a ghost queue as large as the main one; more than one touch leads from small to main.</summary>
internal sealed class S3FifoOfThePaper : Contender
{
    private readonly Links _links;
    private readonly Chain _small;
    private readonly Chain _main;
    private readonly Chain _ghosts;
    private readonly byte[] _touches;

    public S3FifoOfThePaper(long[] costs, long capacity) : base(costs, capacity)
    {
        _links = new Links(costs.Length);
        (_small, _main, _ghosts) = (new Chain(_links, costs), new Chain(_links, costs), new Chain(_links, costs));
        _touches = new byte[costs.Length];
    }

    public override bool Ask(int id)
    {
        var owner = _links.Owner[id];
        if (owner == _small || owner == _main)
        {
            _touches[id] = (byte)Math.Min(3, _touches[id] + 1);
            return true;
        }
        if (Costs[id] > Capacity)
            return false;
        while (_small.Bytes + _main.Bytes + Costs[id] > Capacity)
            if (_small.Count > 0 && (_small.Bytes > Capacity / 10 || _main.Count == 0))
                EvictFromSmall();
            else
                EvictFromMain();
        // Making room may have made the ghost forget it.
        var isGhost = _links.Owner[id] == _ghosts;
        if (isGhost)
            _ghosts.Remove(id);
        _touches[id] = 0;
        (isGhost ? _main : _small).Push(id);
        return false;
    }

    private void EvictFromSmall()
    {
        var id = _small.Pop();
        if (_touches[id] > 1)
        {
            _touches[id] = 0;
            _main.Push(id);
            return;
        }
        _ghosts.Push(id);
        while (_ghosts.Bytes > Capacity - Capacity / 10)
            _ghosts.Pop();
    }

    private void EvictFromMain()
    {
        var id = _main.Pop();
        if (_touches[id] == 0)
            return;
        _touches[id]--;
        _main.Push(id);
    }
}
