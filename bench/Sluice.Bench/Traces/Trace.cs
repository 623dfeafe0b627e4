namespace Sluice.Bench.Traces;

/// <summary>Who asked for what, in order. Objects are numbered from 0; each has one size, that of its body.</summary>
internal sealed record Trace(string Name, int[] Requests, long[] BodyBytes)
{
    // What the memory tier counts for an entry beside its body, key and fields included: about this (Entry.Size).
    private const long Overhead = 1024;

    /// <summary>What the object costs in a cache, the same in all of them.</summary>
    public long[] Costs { get; } = [.. BodyBytes.Select(bytes => bytes + Overhead)];

    public long Footprint => Costs.Sum();
}
