namespace Sluice.Bench.Peers;

/// <summary>The bytes of all bodies and bulk transfers: noise that repeats after a prime number of bytes,
/// so that whatever is lost, doubled or shifted on the way shows.</summary>
internal static class Pattern
{
    public const int Period = 65_521;

    /// <summary>The largest block that one call sends or checks.</summary>
    public const int BlockBytes = 256 << 10;

    private static readonly byte[] Noise = Make();

    public static ReadOnlySpan<byte> Bytes => Noise;

    /// <summary>The block that stands at an offset of the endless stream.</summary>
    public static ReadOnlyMemory<byte> At(long offset, int length = BlockBytes) => Noise.AsMemory((int)(offset % Period), length);

    private static byte[] Make()
    {
        var noise = new byte[Period + (1 << 20)];
#pragma warning disable CA5394 // A fixed seed is the point: the same bytes in every run.
        new Random(1).NextBytes(noise.AsSpan(0, Period));
#pragma warning restore CA5394
        for (var i = Period; i < noise.Length; i++)
            noise[i] = noise[i - Period];
        return noise;
    }
}
