using System.Buffers.Binary;
using System.IO.Hashing;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Cache.Disk;

/// <summary>
/// The records of a segment. A segment that is full ends with the list of them, so that a start reads that instead of each record; one that
/// was cut off has none, and its records are read one after the other up to the first that is not whole.
/// <code>| offset 8, header | offset 8, header | ... | where the list begins 8 | records 4 | magic 4 | check 8 |</code>
/// </summary>
internal sealed class SegmentList
{
    private const int RowBytes = RecordHeader.Size + sizeof(long);
    private const int EndBytes = 24;
    private const uint Magic = 0x4C524C53; // "SLRL"

    private readonly List<(RecordHeader Header, long Offset)> _rows = [];

    public void Add(in RecordHeader header, long offset) => _rows.Add((header, offset));

    public byte[] ToArray(long at)
    {
        var list = new byte[_rows.Count * RowBytes + EndBytes];
        var rest = list.AsSpan();
        foreach (var (header, offset) in _rows)
        {
            // The offset first: no row may look like a record.
            BinaryPrimitives.WriteInt64LittleEndian(rest, offset);
            header.Write(rest[sizeof(long)..]);
            rest = rest[RowBytes..];
        }
        BinaryPrimitives.WriteInt64LittleEndian(rest, at);
        BinaryPrimitives.WriteInt32LittleEndian(rest[8..], _rows.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(rest[12..], Magic);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[16..], XxHash3.HashToUInt64(list.AsSpan(0, list.Length - sizeof(ulong))));
        return list;
    }

    /// <summary>In the order of writing. The segment's length becomes that of its whole records where it was cut off.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static List<(RecordHeader Header, long Offset)> Read(SafeFileHandle file, Segment segment)
    {
        var length = RandomAccess.GetLength(file);
        if (segment.IsAlone)
            return ReadOne(file, 0, length) is { Kind: RecordKind.Alone } header ? [(header, 0)] : [];
        return ReadList(file, length) ?? ReadRecords(file, length);
    }

    private static List<(RecordHeader, long)>? ReadList(SafeFileHandle file, long length)
    {
        Span<byte> end = stackalloc byte[EndBytes];
        if (length < EndBytes || !DiskReads.ReadAll(file, end, length - EndBytes) || BinaryPrimitives.ReadUInt32LittleEndian(end[12..]) != Magic)
            return null;
        var at = BinaryPrimitives.ReadInt64LittleEndian(end);
        if (at < 0 || at > length - EndBytes || length - at > int.MaxValue)
            return null;
        var list = new byte[length - at];
        if (!DiskReads.ReadAll(file, list, at)
            || XxHash3.HashToUInt64(list.AsSpan(0, list.Length - sizeof(ulong))) != BinaryPrimitives.ReadUInt64LittleEndian(end[16..])
            || (list.Length - EndBytes) % RowBytes != 0)
            return null;
        var rows = new List<(RecordHeader, long)>();
        for (var rest = list.AsSpan(0, list.Length - EndBytes); !rest.IsEmpty; rest = rest[RowBytes..])
            if (RecordHeader.TryRead(rest[sizeof(long)..], out var header))
                rows.Add((header, BinaryPrimitives.ReadInt64LittleEndian(rest)));
        return rows;
    }

    private static List<(RecordHeader, long)> ReadRecords(SafeFileHandle file, long length)
    {
        var rows = new List<(RecordHeader, long)>();
        for (long at = 0; ReadOne(file, at, length) is { } header; at += header.Length)
            if (header.Kind != RecordKind.Padding)
                rows.Add((header, at));
        return rows;
    }

    private static RecordHeader? ReadOne(SafeFileHandle file, long at, long length)
    {
        Span<byte> octets = stackalloc byte[RecordHeader.Size];
        // The octets that fill up a record that is alone are not written.
        return length - at >= RecordHeader.Size && DiskReads.ReadAll(file, octets, at) && RecordHeader.TryRead(octets, out var header)
            && (header.Kind == RecordKind.Alone ? header.MetaOffset + header.MetaLength : header.Length) <= length - at
                ? header
                : null;
    }
}
