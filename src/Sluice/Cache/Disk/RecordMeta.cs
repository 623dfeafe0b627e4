using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using Sluice.Cache.Memory;

namespace Sluice.Cache.Disk;

/// <summary>What a record holds beside the body: <c>checksum of each block of 64 KiB | head (HeadCodec) | checksum of all that, seeded with the
/// key's hash</c>. It vouches for itself, wherever it is read.</summary>
internal static class RecordMeta
{
    /// <summary>Checksums of the body's blocks, head, checksum of all that under the key; null: it is too large.</summary>
    public static byte[]? Of(ulong keyHash, Entry entry, List<ulong> checks, long life)
    {
        var meta = new ArrayBufferWriter<byte>(512);
        foreach (var check in checks)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(meta.GetSpan(sizeof(ulong)), check);
            meta.Advance(sizeof(ulong));
        }
        HeadCodec.Write(meta, entry.Key, entry.Head, entry.Trailers, entry.BanStamp, life);
        BinaryPrimitives.WriteUInt64LittleEndian(meta.GetSpan(sizeof(ulong)), XxHash3.HashToUInt64(meta.WrittenSpan, (long)keyHash));
        meta.Advance(sizeof(ulong));
        return meta.WrittenCount <= Slot.MaxMetaLength ? meta.WrittenSpan.ToArray() : null;
    }

    /// <summary>Of each block of the body.</summary>
    public static List<ulong> ChecksOf(ReadOnlySequence<byte> body)
    {
        var checks = new List<ulong>(FileBody.BlocksOf(body.Length));
        for (long at = 0; at < body.Length; at += FileBody.BlockBytes)
        {
            var block = body.Slice(at, Math.Min(FileBody.BlockBytes, body.Length - at));
            if (block.IsSingleSegment)
            {
                checks.Add(FileBody.CheckOf(block.FirstSpan));
                continue;
            }
            var hash = new XxHash3();
            foreach (var piece in block)
                hash.Append(piece.Span);
            checks.Add(hash.GetCurrentHashAsUInt64());
        }
        return checks;
    }

    /// <summary>Whether this is the meta of such a record, as it was written.</summary>
    public static bool TryRead(ReadOnlySpan<byte> meta, ulong keyHash, long bodyLength, out ulong[] checks)
    {
        var blocks = FileBody.BlocksOf(bodyLength);
        checks = [];
        if (meta.Length < (blocks + 1) * sizeof(ulong)
            || BinaryPrimitives.ReadUInt64LittleEndian(meta[^sizeof(ulong)..]) != XxHash3.HashToUInt64(meta[..^sizeof(ulong)], (long)keyHash))
            return false;
        checks = new ulong[blocks];
        for (var i = 0; i < blocks; i++)
            checks[i] = BinaryPrimitives.ReadUInt64LittleEndian(meta[(i * sizeof(ulong))..]);
        return true;
    }
}
