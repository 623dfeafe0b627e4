namespace Sluice.Config;

/// <summary>Sizes as they are written in a configuration.</summary>
public static class Sizes
{
    /// <summary>The largest unit that leaves a whole number: <c>256MiB</c>, <c>1536KiB</c>, <c>1000B</c>.</summary>
    public static string Text(long bytes) => bytes switch
    {
        > 0 when bytes % (1L << 30) == 0 => $"{bytes >> 30}GiB",
        > 0 when bytes % (1L << 20) == 0 => $"{bytes >> 20}MiB",
        > 0 when bytes % (1L << 10) == 0 => $"{bytes >> 10}KiB",
        _ => $"{bytes}B",
    };
}
