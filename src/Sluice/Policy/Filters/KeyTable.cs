using System.Numerics;

namespace Sluice.Policy.Filters;

/// <summary>Finds where the filters with a key stand: ranges of a sorted array by 32-bit keys, in open addressing half full
/// at most. Before it a field of bits, small enough to stay in the processor's nearest cache, says of nearly every key
/// that is not there that it is not.</summary>
internal sealed class KeyTable
{
    private readonly record struct Slot(uint Key, int First, int Count);

    private const uint Spread = 0x9E3779B1; // 2^32 by the golden ratio
    private const int BitsLog2 = 18; // 32 KiB

    private readonly Slot[] _slots;
    private readonly int _shift;
    private readonly ulong[] _present = new ulong[1 << (BitsLog2 - 6)];

    /// <param name="keys">Sorted; those from <paramref name="first"/> on, <paramref name="count"/> of them, by their low halves.</param>
    public KeyTable(ReadOnlySpan<ulong> keys, int first, int count)
    {
        var size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count * 2, 2));
        _slots = new Slot[size];
        _shift = 32 - BitOperations.Log2((uint)size);
        for (int from = first, until; from < first + count; from = until)
        {
            until = from + 1;
            while (until < first + count && keys[until] == keys[from])
                until++;
            Place((uint)keys[from], from, until - from);
        }
    }

    /// <summary>Where the filters of a key begin, and how many they are; 0 where there is none.</summary>
    public int Find(uint key, out int first)
    {
        first = 0;
        var spread = key * Spread;
        var bit = spread >> (32 - BitsLog2);
        if ((_present[bit >> 6] >> (int)(bit & 63) & 1) == 0)
            return 0;
        for (var at = (int)(spread >> _shift); _slots[at].Count != 0; at = (at + 1) & (_slots.Length - 1))
        {
            if (_slots[at].Key != key)
                continue;
            first = _slots[at].First;
            return _slots[at].Count;
        }
        return 0;
    }

    private void Place(uint key, int first, int count)
    {
        var spread = key * Spread;
        var bit = spread >> (32 - BitsLog2);
        _present[bit >> 6] |= 1UL << (int)(bit & 63);
        var at = (int)(spread >> _shift);
        while (_slots[at].Count != 0)
            at = (at + 1) & (_slots.Length - 1);
        _slots[at] = new Slot(key, first, count);
    }
}
