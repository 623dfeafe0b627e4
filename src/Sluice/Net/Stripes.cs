using System.Runtime.CompilerServices;

namespace Sluice.Net;

/// <summary>A row of counters, kept once for each processor so that they do not take each other's cache lines. What is lost by a thread that moves on
/// in the middle is time, not counts.</summary>
internal sealed class Stripes
{
    private readonly long[][] _rows;

    public Stripes(int counters) => _rows = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new long[counters + 16])];

    /// <summary>Of this processor.</summary>
    public Row Here
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_rows[(uint)Thread.GetCurrentProcessorId() % (uint)_rows.Length]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int counter, long count) => Here.Add(counter, count);

    public long this[int counter] => _rows.Sum(row => Volatile.Read(ref row[counter + 8]));

    public readonly struct Row(long[] counters)
    {
        // The ends of the array belong to nobody: they keep the neighbours' lines away.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int counter, long count) => Interlocked.Add(ref counters[counter + 8], count);
    }
}
