// Where the records of the disk tier are.
//
// What: a hash table from the hash of a key to places in segments; several for one key are its variants. Keys themselves and heads are on
// disk alone.
// Strategy: 64 shards, each a plain array of slots of 32 octets, with open addressing, linear probing, and removal by shifting back (no
// tombstones in memory). A shard doubles alone, so that nobody waits for more than a 64th.
// Facts: at most three quarters are full, and just after doubling three eighths: 43 to 86 octets for an entry. A lookup takes one lock that
// nobody else wants and a walk over some neighbours: about 50 ns.
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Sluice.Cache.Disk;

[Flags]
internal enum SlotMarks : byte
{
    None = 0,

    /// <summary>Asked for since it was written.</summary>
    Touched = 1,

    /// <summary>Its body agrees with its checksums: read so since the start, or written since.</summary>
    Verified = 2,
}

[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct Slot
{
    private const int MarkShift = 24;

    public ulong KeyHash;
    public long BodyLength;
    public uint VariantHash;
    public uint Segment;
    private uint _place;
    private uint _metaAndMarks; // 0: the slot is empty; a meta has octets always

    /// <summary>A head is at most 64 KiB, the checksums of the largest body of a shared segment far less than the rest.</summary>
    public const int MaxMetaLength = (1 << MarkShift) - 1;

    public Slot(ulong keyHash, uint variantHash, uint segment, long offset, long bodyLength, int metaLength, SlotMarks marks)
    {
        KeyHash = keyHash;
        VariantHash = variantHash;
        Segment = segment;
        BodyLength = bodyLength;
        _place = (uint)(offset / RecordHeader.Alignment);
        _metaAndMarks = (uint)metaLength | (uint)marks << MarkShift;
    }

    public readonly bool IsEmpty => _metaAndMarks == 0;

    /// <summary>Of the record, in its segment.</summary>
    public readonly long Offset => (long)_place * RecordHeader.Alignment;

    public readonly int MetaLength => (int)(_metaAndMarks & MaxMetaLength);

    public readonly SlotMarks Marks => (SlotMarks)(_metaAndMarks >> MarkShift);

    public void Mark(SlotMarks marks) => _metaAndMarks |= (uint)marks << MarkShift;

    public readonly bool IsAt(ulong keyHash, uint segment, long offset) =>
        !IsEmpty && KeyHash == keyHash && Segment == segment && Offset == offset;

    /// <summary>Whether it stands behind the other in the order of writing.</summary>
    public readonly bool IsNewerThan(in Slot other) => Segment != other.Segment ? Segment > other.Segment : _place > other._place;
}

internal sealed class DiskIndex
{
    /// <summary>Records of one key; one more, and the oldest goes.</summary>
    public const int MaxVariants = 32;

    private const int ShardBits = 6;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, 1 << ShardBits).Select(_ => new Shard())];

    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Of memory.</summary>
    public long Bytes => _shards.Sum(shard => shard.Bytes);

    public bool MayHold(ulong keyHash) => ShardOf(keyHash).MayHold(keyHash);

    /// <summary>The record stands there still.</summary>
    public bool Holds(in Slot slot) => ShardOf(slot.KeyHash).Holds(slot);

    /// <summary>All slots of the key, newest first, and marks them as touched. <paramref name="found"/> has room for <see cref="MaxVariants"/>.</summary>
    public int Find(ulong keyHash, Span<Slot> found) => ShardOf(keyHash).Find(keyHash, found);

    /// <summary>A record that was written just now: it takes the place of the one of its variant, which is given back; empty: there was none.</summary>
    public Slot Add(in Slot slot) => ShardOf(slot.KeyHash).Add(slot, isOlder: false);

    /// <summary>A record that may be older than what is here: it takes nobody's place.</summary>
    public void AddOlder(in Slot slot) => ShardOf(slot.KeyHash).Add(slot, isOlder: true);

    public bool Remove(ulong keyHash, uint segment, long offset) => ShardOf(keyHash).Remove(keyHash, segment, offset);

    /// <summary>What was removed.</summary>
    public Slot[] RemoveAll(ulong keyHash) => ShardOf(keyHash).RemoveAll(keyHash);

    public void Mark(ulong keyHash, uint segment, long offset, SlotMarks marks) => ShardOf(keyHash).Mark(keyHash, segment, offset, marks);

    /// <summary>Those of one segment that were asked for since they were written.</summary>
    public List<Slot> TouchedOf(uint segment) =>
        [.. All().Where(slot => slot.Segment == segment && (slot.Marks & SlotMarks.Touched) != 0)];

    /// <summary>The record stands elsewhere from now on; false: it is not there any more.</summary>
    public bool TryMove(in Slot from, in Slot to) => ShardOf(from.KeyHash).TryMove(from, to);

    public void RemoveSegment(uint segment)
    {
        foreach (var shard in _shards)
            shard.RemoveSegment(segment);
    }

    public void Clear()
    {
        foreach (var shard in _shards)
            shard.Clear();
    }

    /// <summary>Copies of all slots, shard by shard.</summary>
    public IEnumerable<Slot> All() => _shards.SelectMany(shard => shard.Copy());

    private Shard ShardOf(ulong keyHash) => _shards[keyHash >> (64 - ShardBits)];

    private sealed class Shard
    {
        private readonly Lock _gate = new();
        private Slot[] _slots = new Slot[8];
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public long Bytes => (long)Volatile.Read(ref _slots).Length * Unsafe.SizeOf<Slot>();

        public bool MayHold(ulong keyHash)
        {
            lock (_gate)
                return !_slots[FirstOf(keyHash)].IsEmpty;
        }

        public bool Holds(in Slot slot)
        {
            lock (_gate)
            {
                for (var i = Start(slot.KeyHash); !_slots[i].IsEmpty; i = Next(i))
                    if (_slots[i].IsAt(slot.KeyHash, slot.Segment, slot.Offset))
                        return true;
            }
            return false;
        }

        public int Find(ulong keyHash, Span<Slot> found)
        {
            var count = 0;
            lock (_gate)
            {
                for (var i = Start(keyHash); !_slots[i].IsEmpty; i = Next(i))
                {
                    if (_slots[i].KeyHash != keyHash || count == found.Length)
                        continue;
                    found[count++] = _slots[i];
                    _slots[i].Mark(SlotMarks.Touched);
                }
            }
            found[..count].Sort(static (a, b) => a.IsNewerThan(b) ? -1 : 1);
            return count;
        }

        public Slot Add(in Slot slot, bool isOlder)
        {
            lock (_gate)
            {
                int same = 0, oldest = -1;
                for (var i = Start(slot.KeyHash); !_slots[i].IsEmpty; i = Next(i))
                {
                    if (_slots[i].KeyHash != slot.KeyHash)
                        continue;
                    if (_slots[i].VariantHash == slot.VariantHash)
                        return isOlder ? default : Exchange(i, slot);
                    same++;
                    if (oldest < 0 || _slots[oldest].IsNewerThan(_slots[i]))
                        oldest = i;
                }
                if (same >= MaxVariants)
                    return isOlder ? default : Exchange(oldest, slot);
                if ((_count + 1) * 4 > _slots.Length * 3)
                    Grow();
                Insert(slot);
                _count++;
                return default;
            }
        }

        public bool Remove(ulong keyHash, uint segment, long offset)
        {
            lock (_gate)
            {
                for (var i = Start(keyHash); !_slots[i].IsEmpty; i = Next(i))
                {
                    if (!_slots[i].IsAt(keyHash, segment, offset))
                        continue;
                    RemoveAt(i);
                    return true;
                }
            }
            return false;
        }

        public Slot[] RemoveAll(ulong keyHash)
        {
            var removed = new List<Slot>();
            lock (_gate)
            {
                for (int i; !_slots[i = FirstOf(keyHash)].IsEmpty;)
                {
                    removed.Add(_slots[i]);
                    RemoveAt(i);
                }
            }
            return [.. removed];
        }

        public void Mark(ulong keyHash, uint segment, long offset, SlotMarks marks)
        {
            lock (_gate)
            {
                for (var i = Start(keyHash); !_slots[i].IsEmpty; i = Next(i))
                    if (_slots[i].IsAt(keyHash, segment, offset))
                        _slots[i].Mark(marks);
            }
        }

        public bool TryMove(in Slot from, in Slot to)
        {
            lock (_gate)
            {
                for (var i = Start(from.KeyHash); !_slots[i].IsEmpty; i = Next(i))
                {
                    if (!_slots[i].IsAt(from.KeyHash, from.Segment, from.Offset))
                        continue;
                    _slots[i] = to;
                    return true;
                }
            }
            return false;
        }

        public void RemoveSegment(uint segment)
        {
            lock (_gate)
            {
                for (var i = 0; i < _slots.Length; i++)
                {
                    // What removal shifts back here is looked at, too.
                    while (!_slots[i].IsEmpty && _slots[i].Segment == segment)
                        RemoveAt(i);
                }
            }
        }

        public void Clear()
        {
            lock (_gate)
            {
                _slots = new Slot[8];
                _count = 0;
            }
        }

        public Slot[] Copy()
        {
            lock (_gate)
                return Array.FindAll(_slots, static slot => !slot.IsEmpty);
        }

        private int Start(ulong keyHash) => (int)keyHash & (_slots.Length - 1);

        private int Next(int i) => (i + 1) & (_slots.Length - 1);

        /// <summary>The first slot of the key, or the empty one behind its neighbours.</summary>
        private int FirstOf(ulong keyHash)
        {
            var i = Start(keyHash);
            while (!_slots[i].IsEmpty && _slots[i].KeyHash != keyHash)
                i = Next(i);
            return i;
        }

        private Slot Exchange(int i, in Slot slot)
        {
            var old = _slots[i];
            _slots[i] = slot;
            return old;
        }

        private void Insert(in Slot slot)
        {
            var i = Start(slot.KeyHash);
            while (!_slots[i].IsEmpty)
                i = Next(i);
            _slots[i] = slot;
        }

        /// <summary>Moves back what would no longer be found behind the gap.</summary>
        private void RemoveAt(int gap)
        {
            _count--;
            for (var i = Next(gap); !_slots[i].IsEmpty; i = Next(i))
            {
                var start = Start(_slots[i].KeyHash);
                // Whether start lies cyclically in (gap, i]: then it stays.
                if (gap <= i ? gap < start && start <= i : gap < start || start <= i)
                    continue;
                _slots[gap] = _slots[i];
                gap = i;
            }
            _slots[gap] = default;
        }

        private void Grow()
        {
            var old = _slots;
            _slots = new Slot[old.Length * 2];
            foreach (ref readonly var slot in old.AsSpan())
                if (!slot.IsEmpty)
                    Insert(slot);
        }
    }
}
