using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sluice.Cache.Memory;

namespace Sluice.Cache.Disk;

/// <summary>From a slot to an entry. What is read back is compared with its checksums; a body that goes out from its file, the first time since
/// the start. What cannot be read, or is not what was stored, is forgotten.</summary>
internal sealed class DiskReader(Segments segments, DiskIndex index, DiskFaults faults, DiskReads reads, TimeProvider time, long life)
{
    public static long BodyOffset(Segment segment, in Slot slot) =>
        slot.Offset + (segment.IsAlone ? RecordHeader.AloneBodyOffset : RecordHeader.Size);

    public static long MetaOffset(Segment segment, in Slot slot) =>
        segment.IsAlone ? segment.MetaOffset : BodyOffset(segment, slot) + slot.BodyLength;

    /// <summary>False: the disk would have to be waited for. Null: there is nothing that can be read.</summary>
    public bool TryRead(in Slot slot, in CacheKey key, out Entry? entry)
    {
        entry = null;
        if (!TryFind(slot, out var from))
            return true;
        try
        {
            if (!reads.TryReadNow(from.File, from.Buffer, from.Position))
                return false;
            entry = EntryOf(slot, from, key);
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            Forget(slot, from.Segment, e.Message);
        }
        return true;
    }

    /// <summary>The same on the thread pool.</summary>
    public async ValueTask<Entry?> ReadAsync(Slot slot, CacheKey key)
    {
        if (!TryFind(slot, out var from))
            return null;
        try
        {
            if (await DiskReads.ReadAsync(from.File, from.Buffer, from.Position))
                return EntryOf(slot, from, key);
            Forget(slot, from.Segment, "it ends before its record does");
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            Forget(slot, from.Segment, e.Message);
        }
        return null;
    }

    /// <summary>The same on this thread, whatever its key is.</summary>
    public Entry? ReadNow(in Slot slot)
    {
        if (!TryFind(slot, out var from))
            return null;
        try
        {
            return DiskReads.ReadAll(from.File, from.Buffer, from.Position) ? EntryOf(slot, from, null) : null;
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            return null;
        }
    }

    private readonly record struct Source(Segment Segment, SafeFileHandle File, long Position, byte[] Buffer, int BodyInBuffer);

    private bool TryFind(in Slot slot, out Source from)
    {
        from = default;
        if (segments.Get(slot.Segment) is not { } segment)
        {
            index.Remove(slot.KeyHash, slot.Segment, slot.Offset);
            return false;
        }
        var meta = MetaOffset(segment, slot);
        var body = !segment.IsAlone && slot.BodyLength <= DiskTier.MostRead ? (int)slot.BodyLength : 0;
        try
        {
            from = new Source(segment, segments.FileOf(segment), meta - body, GC.AllocateUninitializedArray<byte>(body + slot.MetaLength), body);
            return true;
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            Forget(slot, segment, e.Message);
            return false;
        }
    }

    /// <param name="key">Null: whatever it is.</param>
    private Entry? EntryOf(in Slot slot, in Source from, in CacheKey? key)
    {
        var meta = from.Buffer.AsSpan(from.BodyInBuffer);
        if (!RecordMeta.TryRead(meta, slot.KeyHash, slot.BodyLength, out var checks))
        {
            // A head that is written anew meanwhile is no damage.
            if (MetaOffset(from.Segment, slot) == from.Position + from.BodyInBuffer)
                Damaged(slot, from.Segment);
            return null;
        }
        var octets = meta[(checks.Length * sizeof(ulong))..^sizeof(ulong)];
        var now = Moment.Now(time);
        if ((key is { } known ? HeadCodec.Read(octets, known, now, life) : HeadCodec.Read(octets, now, life)) is not { } head)
            return null;
        var place = new Slot(slot.KeyHash, slot.VariantHash, slot.Segment, slot.Offset, slot.BodyLength, slot.MetaLength, slot.Marks);
        Body body;
        if (from.BodyInBuffer == slot.BodyLength)
        {
            if (slot.BodyLength > 0 && FileBody.CheckOf(from.Buffer.AsSpan(0, from.BodyInBuffer)) != checks[0])
            {
                Damaged(slot, from.Segment);
                return null;
            }
            body = slot.BodyLength == 0 ? Body.Empty : new Body(new ReadOnlySequence<byte>(from.Buffer, 0, from.BodyInBuffer), from.Buffer.Length + BodyBuilder.BlockCost);
        }
        else
        {
            var segment = from.Segment;
            var isVerified = (slot.Marks & SlotMarks.Verified) != 0;
            body = new Body(new FileBody(reads, from.File, BodyOffset(from.Segment, slot), slot.BodyLength, checks, isVerified, (_, agrees) =>
            {
                if (agrees)
                    index.Mark(place.KeyHash, place.Segment, place.Offset, SlotMarks.Verified);
                else
                    Damaged(place, segment);
            }));
        }
        return new Entry(head.Key, head.Head, body, head.Trailers) { BanStamp = head.BanStamp, Place = place };
    }

    private void Damaged(in Slot slot, Segment segment)
    {
        if (index.Remove(slot.KeyHash, slot.Segment, slot.Offset))
            faults.OnDamaged(segment.Path);
    }

    private void Forget(in Slot slot, Segment segment, string problem)
    {
        index.Remove(slot.KeyHash, slot.Segment, slot.Offset);
        faults.OnRead(segment.Path, problem);
    }
}
