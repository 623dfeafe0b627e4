using System.Buffers.Binary;
using System.IO.Hashing;

namespace Sluice.Cache.Disk;

internal enum RecordKind : uint
{
    /// <summary>An entry among others in a shared segment.</summary>
    Entry = 1,

    /// <summary>An entry that has its segment alone, written as it came.</summary>
    Alone = 2,

    /// <summary>Nothing of its key that stands before it counts any more.</summary>
    Tombstone = 3,

    /// <summary>Nothing: what follows begins where it should.</summary>
    Padding = 4,
}

/// <summary>
/// What a record begins with; 64 octets, little-endian.
/// <code>
///  0 magic  4 check of what follows  8 hash of the key  16 hash of the variant  20 kind  24 octets of the body
/// 32 where the meta begins, from the record's start  40 octets of the meta  48 octets of the record  56 zero
/// </code>
/// A header that can be read says that the record was complete when it was written: it is written last, or in one call with the rest.
/// </summary>
internal readonly record struct RecordHeader(
    RecordKind Kind, ulong KeyHash, uint VariantHash, long BodyLength, long MetaOffset, int MetaLength, long Length)
{
    public const int Size = 64;

    /// <summary>Records begin at multiples of this, so that 32 bits hold their place.</summary>
    public const int Alignment = 8;

    /// <summary>Of the system.</summary>
    public const int Page = 4096;

    /// <summary>Where the body begins in a segment that an entry has alone: the page after the header's.</summary>
    public const int AloneBodyOffset = Page;

    private const uint Magic = 0x31524C53; // "SLR1"

    public static long Aligned(long length) => (length + (Alignment - 1)) & ~(Alignment - 1L);

    /// <summary>Of an entry in a shared segment: header, body, meta.</summary>
    public static RecordHeader Of(ulong keyHash, uint variantHash, long bodyLength, int metaLength) =>
        new(RecordKind.Entry, keyHash, variantHash, bodyLength, Size + bodyLength, metaLength, Aligned(Size + bodyLength + metaLength));

    public static RecordHeader Tombstone(ulong keyHash) => new(RecordKind.Tombstone, keyHash, 0, 0, Size, 0, Size);

    public static RecordHeader Padding(int octets) => new(RecordKind.Padding, 0, 0, 0, Size, 0, octets);

    /// <summary>Octets of padding before a record that would begin at <paramref name="at"/>: a body that goes out from its file begins with a page, so
    /// that whole pages are passed on.</summary>
    public static int PaddingBefore(long at, long bodyLength)
    {
        if (bodyLength <= DiskTier.MostRead)
            return 0;
        var octets = (int)(-(at + Size) & (Page - 1));
        return octets is > 0 and < Size ? octets + Page : octets;
    }

    public void Write(Span<byte> into)
    {
        into[..Size].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], KeyHash);
        BinaryPrimitives.WriteUInt32LittleEndian(into[16..], VariantHash);
        BinaryPrimitives.WriteUInt32LittleEndian(into[20..], (uint)Kind);
        BinaryPrimitives.WriteInt64LittleEndian(into[24..], BodyLength);
        BinaryPrimitives.WriteInt64LittleEndian(into[32..], MetaOffset);
        BinaryPrimitives.WriteInt32LittleEndian(into[40..], MetaLength);
        BinaryPrimitives.WriteInt64LittleEndian(into[48..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(into[4..], CheckOf(into));
    }

    public static bool TryRead(ReadOnlySpan<byte> from, out RecordHeader header)
    {
        header = default;
        if (from.Length < Size || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(from[4..]) != CheckOf(from))
            return false;
        header = new RecordHeader(
            (RecordKind)BinaryPrimitives.ReadUInt32LittleEndian(from[20..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(from[40..]),
            BinaryPrimitives.ReadInt64LittleEndian(from[48..]));
        // The check keeps out what was not written so; this, what would lead astray all the same.
        return header.Length >= Size && header.BodyLength >= 0 && header.MetaLength >= 0 && header.MetaOffset >= Size
            && header.MetaOffset <= header.Length - header.MetaLength && header.BodyLength <= header.Length - Size;
    }

    private static uint CheckOf(ReadOnlySpan<byte> header) => (uint)XxHash3.HashToUInt64(header[8..Size]);
}
