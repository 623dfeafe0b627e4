// The bytes that the checks send.
//
// What: an endless stream of pseudo-random bytes per seed, of which any part can be had without computing: block n
// (1 MiB) is a window into a table of 2 MiB, and where the window begins follows from n.
// Strategy: sender and receiver hold the same table, so that sending costs no generating, and checking compares every
// byte instead of a digest: a lost, repeated, swapped or altered byte is noticed, and where.
// Facts: the step between two windows is odd, so that a window comes again after 2^20 blocks (1 TiB), not before.
namespace Sluice.Bench.Checks;

internal static class Pattern
{
    private const int BlockBits = 20;
    private const int BlockSize = 1 << BlockBits;
    private const long Step = 0x9E375; // odd
    private static readonly byte[] Table = MakeTable();

    /// <summary>At most <paramref name="most"/> bytes of the stream, from this offset on; never none.</summary>
    /// <param name="seed">Streams of neighbouring seeds are the same, a block apart.</param>
    public static ReadOnlyMemory<byte> At(long seed, long offset, long most)
    {
        var window = (int)((((offset >> BlockBits) + seed) * Step) & (BlockSize - 1));
        var within = (int)(offset & (BlockSize - 1));
        return Table.AsMemory(window + within, (int)Math.Min(most, BlockSize - within));
    }

    private static byte[] MakeTable()
    {
        var table = new byte[2 * BlockSize];
        var x = 0x2545F4914F6CDD1DUL;
        for (var i = 0; i < table.Length; i++)
        {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            table[i] = (byte)(x >> 32);
        }
        return table;
    }
}

/// <summary>Compares what arrives with the stream that was sent.</summary>
internal sealed class PatternCheck(long seed)
{
    public long Octets { get; private set; }

    /// <summary>The piece in which the first difference lies begins here.</summary>
    public long? WrongAt { get; private set; }

    public void Take(ReadOnlySpan<byte> piece)
    {
        while (!piece.IsEmpty)
        {
            var expected = Pattern.At(seed, Octets, piece.Length).Span;
            if (!expected.SequenceEqual(piece[..expected.Length]))
                WrongAt ??= Octets;
            Octets += expected.Length;
            piece = piece[expected.Length..];
        }
    }

    /// <summary>Null: all bytes are there, and right.</summary>
    public string? Fault(long length) =>
        WrongAt is { } at ? $"wrong bytes from {at} on"
        : Octets != length ? $"{Octets} bytes instead of {length}"
        : null;
}
