namespace Sluice.Bench.Traces;

/// <summary>A cache as the replay sees it: it is asked for an object, and may keep it.</summary>
internal abstract class Contender(long[] costs, long capacity)
{
    protected long[] Costs => costs;

    protected long Capacity => capacity;

    /// <summary>True if it was held.</summary>
    public abstract bool Ask(int id);
}

/// <summary>A doubly linked list of objects; one object is in one list of those that share their links.</summary>
internal sealed class Chain(Links links, long[] costs)
{
    public long Bytes { get; private set; }

    public int Count { get; private set; }

    public int Oldest { get; private set; } = -1;

    public int Newest { get; private set; } = -1;

    public int NewerThan(int id) => links.Newer[id];

    public void Push(int id)
    {
        links.Owner[id] = this;
        links.Older[id] = Newest;
        links.Newer[id] = -1;
        if (Newest < 0)
            Oldest = id;
        else
            links.Newer[Newest] = id;
        Newest = id;
        Count++;
        Bytes += costs[id];
    }

    public int Pop()
    {
        var id = Oldest;
        Remove(id);
        return id;
    }

    public void Remove(int id)
    {
        var (older, newer) = (links.Older[id], links.Newer[id]);
        if (older < 0)
            Oldest = newer;
        else
            links.Newer[older] = newer;
        if (newer < 0)
            Newest = older;
        else
            links.Older[newer] = older;
        links.Owner[id] = null;
        Count--;
        Bytes -= costs[id];
    }
}

internal sealed class Links(int objects)
{
    public int[] Older { get; } = new int[objects];

    public int[] Newer { get; } = new int[objects];

    public Chain?[] Owner { get; } = new Chain?[objects];
}
