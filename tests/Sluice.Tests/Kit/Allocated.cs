namespace Sluice.Tests.Kit;

/// <summary>What the thread allocates.</summary>
public static class Allocated
{
    private const int Tries = 20;

    /// <summary>Octets, by the least of several calls: a collection that another test causes takes what is left of the thread's block for allocated.</summary>
    public static long By(Action action)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Tries && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
