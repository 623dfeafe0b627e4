using System.Numerics;

namespace Sluice.Policy.Lists;

/// <summary>
/// Makes a <see cref="DomainSet"/>: records are appended as they are read; at the end, when their number is known, the
/// table is filled in one pass, which also moves the records together over those that say nothing new.
/// </summary>
/// <param name="expectedBytes">Of the list; a guess that saves growing.</param>
internal sealed class DomainSetBuilder(int expectedBytes)
{
    // Five octets before a name take the place of one behind it; the offset 0 is an empty slot's.
    private byte[] _records = GC.AllocateUninitializedArray<byte>(Math.Max(expectedBytes + expectedBytes / 4, 64));
    private int _end = 1;
    private int _count;

    /// <param name="name">Canonical, at most 255 octets.</param>
    /// <param name="kind">One of the three that name hosts.</param>
    /// <param name="line">From 1; has 30 bits.</param>
    public void Add(ReadOnlySpan<byte> name, EntryKind kind, int line)
    {
        var next = _end + DomainSet.NameAt + name.Length;
        if (next > _records.Length)
            Array.Resize(ref _records, (int)Math.Min(Math.Max(2L * _records.Length, next), Array.MaxLength));
        var record = _records.AsSpan(_end, next - _end);
        DomainSet.WriteHead(record, line, DomainSet.ScopeOf(kind));
        record[DomainSet.LengthAt] = (byte)name.Length;
        name.CopyTo(record[DomainSet.NameAt..]);
        _end = next;
        _count++;
    }

    /// <summary>The set of all that was added. Once: the builder is used up.</summary>
    public DomainSet Build()
    {
        var (slots, marks, mask, depths) = Fill();
        // Many duplicates: half of the table would be for names that are not there.
        if (slots.Length > 3L * _count)
            (slots, marks, mask, depths) = Fill();
        // A large array that is nearly full is not worth copying: the less is thrown away, the less there is to collect beside traffic.
        if (_records.Length - _end > _end / 8)
            Array.Resize(ref _records, _end);
        return new DomainSet(_records, slots, marks, mask, depths, _count);
    }

    private (uint[] Slots, ulong[] Marks, uint OffsetMask, ulong Depths) Fill()
    {
        var slots = new uint[Math.Max(2 * _count, 2)];
        var marks = new ulong[_count / 8 + 1];
        var mask = uint.MaxValue >> BitOperations.LeadingZeroCount((uint)_end);
        var depths = 0ul;
        var (end, count) = (1, 0);
        for (var at = 1; at < _end;)
        {
            var record = _records.AsSpan(at, DomainSet.NameAt + _records[at + DomainSet.LengthAt]);
            at += record.Length;
            var name = DomainSet.Name(record);
            var hash = DomainSet.Hash(name);
            var tag = (uint)hash & ~mask;
            var slot = SlotFor(record, hash, tag, slots, mask);
            if (slot < 0)
                continue;
            depths |= DomainSet.DepthBit(name.Count((byte)'.') + 1);
            slots[slot] = tag | (uint)end;
            var (mark, bit) = DomainSet.Mark(hash, marks.Length);
            marks[mark] |= bit;
            record.CopyTo(_records.AsSpan(end));
            end += record.Length;
            count++;
        }
        (_end, _count) = (end, count);
        return (slots, marks, mask, depths);
    }

    // An empty slot for what the record says that none before it does; -1 where that is nothing.
    private int SlotFor(Span<byte> record, ulong hash, uint tag, uint[] slots, uint mask)
    {
        var (line, scopes) = DomainSet.Head(record);
        var slot = DomainSet.First(hash, slots.Length);
        for (; slots[slot] != 0; slot = DomainSet.Next(slot, slots.Length))
        {
            if ((slots[slot] & ~mask) != tag)
                continue;
            ReadOnlySpan<byte> other = _records.AsSpan((int)(slots[slot] & mask));
            if (!DomainSet.Name(other).SequenceEqual(DomainSet.Name(record)))
                continue;
            scopes &= ~DomainSet.Head(other).Scopes;
            if (scopes == DomainScope.None)
                return -1;
        }
        DomainSet.WriteHead(record, line, scopes);
        return slot;
    }
}
