using System.Numerics;

namespace Sluice.Policy.Filters;

/// <summary>
/// Host names, each once, numbered from 0: their octets in one array, found by a hash that runs from the last octet to
/// the first. So one pass over a host, from its end, meets the hash of every domain above it, and of none twice.
/// Octets are compared after the hash: what is found is what was asked.
/// </summary>
internal sealed class NameTable
{
    public const uint Seed = 2166136261;

    private byte[] _text = new byte[256];
    private int[] _ends = new int[16];
    private int[] _slots = new int[32];

    public int Count { get; private set; }

    private int Used => Count == 0 ? 0 : _ends[Count - 1];

    /// <summary>One octet further left (FNV-1a).</summary>
    public static uint Step(uint hash, byte octet) => (hash ^ octet) * 16777619;

    public static uint HashOf(ReadOnlySpan<byte> name) => HashOf(name, Seed);

    /// <summary>Of a name that goes on to the right with what <paramref name="hash"/> is of.</summary>
    public static uint HashOf(ReadOnlySpan<byte> name, uint hash)
    {
        for (var i = name.Length - 1; i >= 0; i--)
            hash = Step(hash, name[i]);
        return hash;
    }

    public ReadOnlySpan<byte> this[int id] => _text.AsSpan(id == 0 ? 0 : _ends[id - 1], _ends[id] - (id == 0 ? 0 : _ends[id - 1]));

    /// <summary>The name's number, new where the name is.</summary>
    public int Add(ReadOnlySpan<byte> name)
    {
        var hash = HashOf(name);
        if (Find(hash, name, []) is >= 0 and var known)
            return known;
        if ((Count + 1) * 2 > _slots.Length)
            Rehash();
        if (Used + name.Length > _text.Length)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, Used + name.Length));
        if (Count == _ends.Length)
            Array.Resize(ref _ends, Count * 2);
        name.CopyTo(_text.AsSpan(Used));
        _ends[Count] = Used + name.Length;
        Place(hash, ++Count);
        return Count - 1;
    }

    /// <summary>The number of the name that is <paramref name="head"/> and <paramref name="tail"/>, or -1.</summary>
    /// <param name="hash">Of both together.</param>
    public int Find(uint hash, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        for (var slot = SlotOf(hash); _slots[slot] != 0; slot = (slot + 1) & (_slots.Length - 1))
        {
            var name = this[_slots[slot] - 1];
            if (name.Length == head.Length + tail.Length && name.StartsWith(head) && name.EndsWith(tail))
                return _slots[slot] - 1;
        }
        return -1;
    }

    private int SlotOf(uint hash) => (int)((hash * 0x9E3779B1) >> (32 - BitOperations.Log2((uint)_slots.Length)));

    private void Place(uint hash, int number)
    {
        var slot = SlotOf(hash);
        while (_slots[slot] != 0)
            slot = (slot + 1) & (_slots.Length - 1);
        _slots[slot] = number;
    }

    private void Rehash()
    {
        _slots = new int[_slots.Length * 2];
        for (var id = 0; id < Count; id++)
            Place(HashOf(this[id]), id + 1);
    }
}
