namespace Sluice.Cache.Memory;

/// <summary>
/// How often those were asked for that are gone: a table of hashes in sets of eight, where the oldest of a set makes room for
/// a new one. A slot is four bytes: 28 bits of the hash and the visits (1 to 15). There are two to four slots for each of the
/// most entries that there were; when the table grows it begins anew, which happens while a cache fills and
/// evicts little. Two keys of the same 28 bits share their history, and nothing else.
/// </summary>
internal sealed class Ghosts
{
    private const int SetSize = 8;
    private const int SlotsPerEntry = 2;
    private const uint VisitsMask = 15;

    private uint[] _slots = new uint[16 * SetSize];

    public int Slots => _slots.Length;

    /// <param name="entries">In the cache now: the table grows with them.</param>
    public void Put(int hash, int visits, int entries)
    {
        if (_slots.Length < (long)entries * SlotsPerEntry)
            _slots = new uint[Math.Min(1L << 30, 2 * (long)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)entries))];
        var set = SetOf(hash);
        set[..^1].CopyTo(set[1..]);
        set[0] = Tag(hash) | (uint)visits;
    }

    /// <summary>The visits, which are forgotten here; 0 for one who is not known.</summary>
    public int Take(int hash)
    {
        var set = SetOf(hash);
        for (var i = 0; i < SetSize; i++)
            if (set[i] != 0 && (set[i] & ~VisitsMask) == Tag(hash))
            {
                var visits = (int)(set[i] & VisitsMask);
                set[(i + 1)..].CopyTo(set[i..]);
                set[^1] = 0;
                return visits;
            }
        return 0;
    }

    private static uint Tag(int hash) => (uint)hash & ~VisitsMask;

    // Fibonacci hashing: the upper bits of the product depend on all bits of the hash.
    private Span<uint> SetOf(int hash)
    {
        var sets = (uint)_slots.Length / SetSize;
        return _slots.AsSpan((int)((uint)hash * 0x9E3779B1u * (ulong)sets >> 32) * SetSize, SetSize);
    }
}
