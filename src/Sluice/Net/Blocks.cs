// The memory that bytes pass through.
//
// What: arrays for a receive: ordinary ones, and large ones where the last receive was bulk.
// Why large: a stream costs its system calls and the wake-ups between them; with 1 MiB at a time it costs half of what it does with
// 64 KiB, as little as with splice(2) and its own pipes of 1 MiB (docs/performance.md).
// Strategy: a block of 256 KiB, which is one turn, or of 1 MiB where nobody else waits for the thread. A loop has its block no longer than
// its turn, unless the other end is slow: many slow ends would hold a large one each, so that together they may hold 32 MiB, and
// whoever comes then gets an ordinary one.
using System.Buffers;

namespace Sluice.Net;

/// <summary>Rented arrays for what is received.</summary>
internal static class Blocks
{
    /// <summary>Octets of an ordinary one.</summary>
    public const int Ordinary = 64 << 10;

    private const int Large = TcpSocket.OneTurn;
    private const int Largest = 1 << 20;
    private const int MostInLarge = 32 << 20;

    private static int _inLarge; // octets

    /// <summary>A large one, or, where there are too many of them already, an ordinary one.</summary>
    /// <param name="crowded">Others wait for this thread.</param>
    public static byte[] RentForBulk(bool crowded) =>
        Rent(Volatile.Read(ref _inLarge) >= MostInLarge ? Ordinary : crowded ? Large : Largest);

    /// <summary>At least so many octets.</summary>
    public static byte[] Rent(int octets)
    {
        var block = ArrayPool<byte>.Shared.Rent(octets);
        if (block.Length > Ordinary)
            Interlocked.Add(ref _inLarge, block.Length);
        return block;
    }

    public static void Return(byte[] block)
    {
        if (block.Length > Ordinary)
            Interlocked.Add(ref _inLarge, -block.Length);
        ArrayPool<byte>.Shared.Return(block);
    }
}
