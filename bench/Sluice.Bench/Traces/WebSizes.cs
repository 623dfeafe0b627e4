namespace Sluice.Bench.Traces;

/// <summary>Sizes of files on web servers after Barford and Crovella ("Generating representative web workloads", SIGMETRICS
/// 1998): a lognormal body (mu 9.357, sigma 1.318), for 7 % a Pareto tail from 133 kB (alpha 1.1), here cut at 8 MiB.
/// The size of an object is a function of its number and the seed.</summary>
internal static class WebSizes
{
    private const double LargestBytes = 8 << 20;

    public static long Of(int id, int seed)
    {
        var random = new SplitMix((ulong)id * 2 + 1 + 1_000_003 * (ulong)seed);
        var bytes = random.NextDouble() < 0.07
            ? 133_000 / Math.Pow(1 - random.NextDouble(), 1 / 1.1)
            : Math.Exp(9.357 + 1.318 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return (long)Math.Min(bytes, LargestBytes);
    }
}

/// <summary>splitmix64 (Steele, Lea, Flood 2014): the same numbers on every version of .NET.</summary>
internal sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    public double NextDouble()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return ((z ^ z >> 31) >> 11) * (1.0 / (1L << 53));
    }

    public int Next(int below) => (int)(NextDouble() * below);
}
