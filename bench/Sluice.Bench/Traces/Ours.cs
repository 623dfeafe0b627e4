using Sluice.Cache.Memory;

namespace Sluice.Bench.Traces;

/// <summary>The memory tier's own policy, called as <see cref="MemoryTier"/> calls it.</summary>
internal sealed class Ours(long[] costs, long capacity) : Contender(costs, capacity)
{
    private readonly GreedyDual<Node> _policy = new();
    private readonly Node?[] _held = new Node?[costs.Length];

    public override bool Ask(int id)
    {
        if (_held[id] is { } held)
        {
            GreedyDual<Node>.Touch(held);
            return true;
        }
        if (Costs[id] > Capacity)
            return false;
        var node = new Node(id, Costs[id]);
        _held[id] = node;
        _policy.Add(node);
        while (_policy.Bytes > Capacity && _policy.Evict() is { } victim)
            _held[victim.Id] = null;
        return false;
    }

    private sealed class Node : GreedyDualNode
    {
        public Node(int id, long size) => (Id, Size, Hash) = (id, size, (int)((uint)id * 0x85EBCA6B));

        public int Id { get; }
    }
}
