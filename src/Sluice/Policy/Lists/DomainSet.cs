using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Sluice.Policy.Lists;

/// <summary>
/// The host names of one list: exact, compact, immutable. Made by <see cref="DomainSetBuilder"/>.
///
/// Names lie one behind the other in one array of octets, each behind its line and length; a table with open addressing
/// and linear probing holds 32 bits a name: where its record lies, and in the bits that this leaves free a tag of its
/// hash, so that other names' records are seldom touched. A find always compares the octets.
/// <code>
/// slots    | 0 | tag,offset | tag,offset | 0 | ...            twice as many as names
///                   |
/// records  | 0 | line*4+scope : 4 | length : 1 | e x a m p l e . c o m | line*4+scope ...
/// marks    0 0 1 0 0 0 0 1 0 ...                              a bit for each name, eight times as many as names
/// </code>
/// Before the table its marks are asked: nearly all questions are about names that are not there, the table of a million
/// names lies in slow memory, and its marks (1 MB) in the core's own cache.
/// The hash runs from a name's right end, so one pass over a host yields the hashes of all the domains above it; it
/// asks the table at each dot, but only at depths (labels from the right) that occur in the list: "com" costs nothing
/// where no entry is a single label, and a host of a hundred labels no more than the deepest entry.
/// A name that stands on two lines with different scopes has two records; of lines that say the same the first is kept.
/// The hash begins with a secret of the process, so that no list can be written that fills one stretch of the table.
/// </summary>
internal sealed class DomainSet
{
    internal const int LengthAt = 4;
    internal const int NameAt = 5;

    private static readonly ulong Secret = (ulong)Random.Shared.NextInt64();

    private readonly byte[] _records;
    private readonly uint[] _slots;
    private readonly ulong[] _marks;
    private readonly uint _offsetMask;
    private readonly ulong _depths;

    internal DomainSet(byte[] records, uint[] slots, ulong[] marks, uint offsetMask, ulong depths, int count)
    {
        _records = records;
        _slots = slots;
        _marks = marks;
        _offsetMask = offsetMask;
        _depths = depths;
        Count = count;
    }

    /// <summary>Records: distinct names, those with two scopes on two lines counted twice.</summary>
    public int Count { get; }

    /// <summary>What it keeps, in octets.</summary>
    public long Bytes => _records.Length + (long)_slots.Length * sizeof(uint) + (long)_marks.Length * sizeof(ulong);

    /// <summary>The entry that names the host; of several the one nearest to the top. Allocates nothing.</summary>
    /// <param name="host">Canonical.</param>
    /// <param name="match">Where its name begins in the host, its line and kind.</param>
    public bool TryFind(ReadOnlySpan<char> host, out DomainMatch match)
    {
        var state = Secret;
        var depth = 1;
        for (var i = host.Length - 1; i >= 0; i--)
        {
            if (host[i] == '.')
            {
                if ((_depths & DepthBit(depth)) != 0 && TryFind(state, host[(i + 1)..], DomainScope.Below, out match))
                {
                    match = match with { Start = i + 1 };
                    return true;
                }
                if (_depths < DepthBit(++depth))
                    break;
            }
            state = Step(state, host[i]);
        }
        if ((_depths & DepthBit(depth)) != 0)
            return TryFind(state, host, DomainScope.Itself, out match);
        match = default;
        return false;
    }

    /// <summary>Every record, in the order of the lines.</summary>
    public IEnumerable<ListEntry> Entries
    {
        get
        {
            for (var at = 1; at < _records.Length; at += NameAt + _records[at + LengthAt])
            {
                var (line, scopes) = Head(_records.AsSpan(at));
                yield return new ListEntry(KindOf(scopes), Encoding.ASCII.GetString(Name(_records.AsSpan(at))), "", line);
            }
        }
    }

    private bool TryFind(ulong state, ReadOnlySpan<char> name, DomainScope scope, out DomainMatch match)
    {
        match = default;
        var hash = Mixed(state);
        var (mark, bit) = Mark(hash, _marks.Length);
        if ((_marks[mark] & bit) == 0)
            return false;
        var slots = _slots;
        var tag = (uint)hash & ~_offsetMask;
        for (var slot = First(hash, slots.Length); slots[slot] != 0; slot = Next(slot, slots.Length))
        {
            if (((slots[slot] ^ tag) & ~_offsetMask) != 0)
                continue;
            var record = _records.AsSpan((int)(slots[slot] & _offsetMask));
            var (line, scopes) = Head(record);
            if ((scopes & scope) != 0 && Ascii.Equals(Name(record), name))
            {
                match = new DomainMatch(0, line, KindOf(scopes));
                return true;
            }
        }
        return false;
    }

    internal static ulong Hash(ReadOnlySpan<byte> name)
    {
        var state = Secret;
        for (var i = name.Length - 1; i >= 0; i--)
            state = Step(state, name[i]);
        return Mixed(state);
    }

    /// <summary>Labels from the right, from 1; 64 stands for all beyond it, too.</summary>
    internal static ulong DepthBit(int labels) => 1ul << Math.Min(labels - 1, 63);

    internal static int First(ulong hash, int slots) => (int)((hash >> 32) * (ulong)slots >> 32);

    internal static (int Index, ulong Bit) Mark(ulong hash, int marks)
    {
        var at = (uint)hash * ((ulong)marks * 64) >> 32;
        return ((int)(at / 64), 1ul << (int)(at % 64));
    }

    internal static int Next(int slot, int slots) => slot + 1 == slots ? 0 : slot + 1;

    internal static ReadOnlySpan<byte> Name(ReadOnlySpan<byte> record) => record.Slice(NameAt, record[LengthAt]);

    internal static (int Line, DomainScope Scopes) Head(ReadOnlySpan<byte> record)
    {
        var head = BinaryPrimitives.ReadUInt32LittleEndian(record);
        return ((int)(head >> 2), (DomainScope)(head & 3));
    }

    internal static void WriteHead(Span<byte> record, int line, DomainScope scopes) =>
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)line << 2 | (uint)scopes);

    internal static DomainScope ScopeOf(EntryKind kind) => kind switch
    {
        EntryKind.Host => DomainScope.Itself,
        EntryKind.Below => DomainScope.Below,
        _ => DomainScope.Itself | DomainScope.Below,
    };

    private static EntryKind KindOf(DomainScope scopes) => scopes switch
    {
        DomainScope.Itself => EntryKind.Host,
        DomainScope.Below => EntryKind.Below,
        _ => EntryKind.Domain,
    };

    // One multiplication an octet; the constants are those of MurmurHash3's 64-bit finalizer, any odd ones with mixed bits would do.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Step(ulong state, uint octet) => (state ^ octet) * 0xff51afd7ed558ccd;

    private static ulong Mixed(ulong state) => (state ^ state >> 32) * 0xc4ceb9fe1a85ec53;
}
