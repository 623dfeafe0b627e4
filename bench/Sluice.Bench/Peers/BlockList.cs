namespace Sluice.Bench.Peers;

/// <summary>The list that Sluice's censor checks every request against: 10,000 names, half with all below them, none asked for.</summary>
internal static class BlockList
{
    private const int Names = 10_000;

    public static IEnumerable<string> Lines =>
        Enumerable.Range(0, Names).Select(n => n % 2 == 0 ? $"ads{n}.blocked.test" : $"*.tracker{n}.blocked.test");
}
