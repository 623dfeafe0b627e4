// The writer of the disk tier: all that changes files, on one thread.
//
// What: segments. Small entries are appended to the one that is open; what came piece by piece has one of its own.
// <code>
//  00000007.seg   | record | record | tombstone | record | list of records |      00000008.one   | header | body | meta |
//  record         | header 64 | body | meta (checksums of the blocks, head, checksum of the meta) |
//                 before a body that is sent from its file: padding, so that it begins with a page
// </code>
// Strategy: what waits is taken together and written in one call. When the whole outgrows its bound the oldest segment goes; of its records
// those that were asked for since they were written are copied to the open one, the small ones first and no more than a quarter of it,
// and one that is alone gets a second life: so what is used stays, and room is made with few large steps.
// Facts: a record is there when its header is. Records of the open segment are written by one call whose end the file's length shows; the
// header of one that is alone is written last. So `kill -9` tears at most what was being written, and that is not found again.
using Microsoft.Win32.SafeHandles;
using Sluice.Cache.Memory;

namespace Sluice.Cache.Disk;

internal sealed class DiskStore(Segments segments, DiskIndex index, DiskFaults faults, long capacity, long life)
{
    private const int MostInOneWrite = 4 << 20;

    private static readonly byte[] Zeros = new byte[2 * RecordHeader.Page];

    private readonly OpenSegment _open = new(segments, faults, Math.Clamp(capacity / 64, 4 << 20, 256 << 20));
    private readonly HashSet<DiskWriter> _writing = [];
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private readonly List<(PutJob Job, RecordHeader Header, long Offset)> _records = [];
    private long _batch;

    public long Evictions { get; private set; }

    /// <summary>Collects puts and writes them together; call <see cref="Flush"/> before anything else is done, and at the end.</summary>
    public void Put(PutJob job)
    {
        if (job.IsCancelled)
            return;
        if (faults.Pauses)
        {
            Lose(job);
            return;
        }
        var meta = RecordMeta.Of(job.KeyHash, job.Entry, RecordMeta.ChecksOf(job.Entry.Body.Content), life);
        if (meta is null)
            return;
        var header = RecordHeader.Of(job.KeyHash, job.VariantHash, job.Entry.Body.Length, meta.Length);
        if (_batch > 0 && (_batch + header.Length > MostInOneWrite || !_open.Fits(_batch + header.Length)))
            Flush();
        Align(header);
        _records.Add((job, header, _batch));
        Add(header);
        foreach (var block in job.Entry.Body.Content)
            _pieces.Add(block);
        _pieces.Add(meta);
        _pieces.Add(Zeros.AsMemory(0, (int)(header.Length - RecordHeader.Size - header.BodyLength - meta.Length)));
        _batch += header.Length;
    }

    /// <summary>Writes what was put.</summary>
    public void Flush()
    {
        if (_records.Count == 0)
            return;
        if (Append(_pieces, _batch) is { } at)
        {
            foreach (var (job, header, offset) in _records)
            {
                var slot = _open.Add(header, at + offset, SlotMarks.Verified);
                if (job.IsCancelled)
                    continue;
                Index(slot);
                // Whoever cancels it looks into the index then.
                if (job.IsCancelled)
                    Forget(job.KeyHash);
            }
        }
        else
            _records.ForEach(record => Lose(record.Job));
        _records.Clear();
        _pieces.Clear();
        _batch = 0;
    }

    /// <param name="removed">What was found of the key.</param>
    public void Bury(ulong keyHash, IReadOnlyList<Slot> removed)
    {
        foreach (var slot in removed)
            RemoveAlone(slot);
        // What was on its way into the index then is in it by now; what came after the removal is still to come.
        Forget(keyHash);
        var header = RecordHeader.Tombstone(keyHash);
        Add(header);
        if (Append(_pieces, header.Length) is { } at)
            _open.Add(header, at, SlotMarks.None);
        _pieces.Clear();
    }

    public void Write(PieceJob job)
    {
        var writer = job.Writer;
        if (writer.HasFailed || faults.Pauses && writer.Segment is null)
        {
            writer.HasFailed = true;
            return;
        }
        Try(writer.Segment?.Path ?? "", () =>
        {
            if (writer.Segment is null)
            {
                MakeRoom(job.Octets.Length);
                writer.Segment = segments.Create(alone: true);
                _writing.Add(writer);
                segments.Grow(writer.Segment, RecordHeader.AloneBodyOffset);
            }
            MakeRoom(job.Octets.Length);
            RandomAccess.Write(segments.FileOf(writer.Segment), job.Octets.Span, RecordHeader.AloneBodyOffset + writer.Written);
            writer.Written += job.Octets.Length;
            segments.Grow(writer.Segment, job.Octets.Length);
        }, () => GiveUp(writer));
    }

    public void End(EndJob job, Func<Vary, uint> hash)
    {
        var writer = job.Writer;
        if (job.Entry is not { } entry || job.IsCancelled)
        {
            GiveUp(writer);
            return;
        }
        var (keyHash, variantHash) = (job.KeyHash, hash(entry.Head.Vary));
        if (writer.HasFailed || writer.Segment is not { } segment)
        {
            GiveUp(writer);
            Forget(keyHash);
            return;
        }
        Try(segment.Path, () =>
        {
            var at = RecordHeader.AloneBodyOffset + writer.Written;
            if (RecordMeta.Of(keyHash, entry, writer.Checks, life) is not { } meta)
                throw new IOException("its head is too large");
            WriteAlone(segment, keyHash, variantHash, writer.Written, at, meta);
            _writing.Remove(writer);
            Index(new Slot(keyHash, variantHash, segment.Number, 0, writer.Written, meta.Length, SlotMarks.Verified));
            if (job.IsCancelled)
                Forget(keyHash);
        }, () =>
        {
            GiveUp(writer);
            Forget(keyHash);
        });
    }

    /// <summary>A new head for octets that are on disk.</summary>
    public void Rewrite(RewriteJob job, uint variantHash)
    {
        var old = job.Old;
        // What was removed or replaced meanwhile does not come back under a new head.
        if (faults.Pauses || !index.Holds(old) || segments.Get(old.Segment) is not { } segment)
            return;
        Try(segment.Path, () =>
        {
            var file = segments.FileOf(segment);
            var checks = ReadChecks(file, segment, old);
            if (checks is null || RecordMeta.Of(old.KeyHash, job.Entry, checks, life) is not { } meta)
                return;
            if (segment.IsAlone)
            {
                var at = segment.MetaOffset + old.MetaLength;
                WriteAlone(segment, old.KeyHash, variantHash, old.BodyLength, at, meta);
                Index(new Slot(old.KeyHash, variantHash, segment.Number, 0, old.BodyLength, meta.Length, old.Marks));
                return;
            }
            var body = new byte[old.BodyLength];
            if (!DiskReads.ReadAll(file, body, DiskReader.BodyOffset(segment, old)))
                return;
            var header = RecordHeader.Of(old.KeyHash, variantHash, body.Length, meta.Length);
            Align(header);
            Add(header);
            _pieces.AddRange([body, meta, Zeros.AsMemory(0, (int)(header.Length - RecordHeader.Size - body.Length - meta.Length))]);
            if (Append(_pieces, _batch + header.Length) is { } place)
                Index(_open.Add(header, place + _batch, old.Marks & SlotMarks.Verified));
        }, null);
        _pieces.Clear();
        _batch = 0;
    }

    public void Clear()
    {
        foreach (var writer in _writing.ToArray())
            GiveUp(writer);
        _open.Leave();
        foreach (var segment in segments.NewestFirst())
            segments.Remove(segment);
    }

    /// <summary>At the end.</summary>
    public void Seal() => _open.Seal();

    /// <summary>Padding, where the next record needs it.</summary>
    private void Align(in RecordHeader header)
    {
        var octets = _open.PaddingBefore(header, _batch);
        if (octets == 0)
            return;
        Add(RecordHeader.Padding(octets));
        _pieces.Add(Zeros.AsMemory(0, octets - RecordHeader.Size));
        _batch += octets;
    }

    /// <summary>Where the pieces begin in the open segment; null: they could not be written, and nothing of them is left.</summary>
    private long? Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long length)
    {
        long? at = null;
        Try(_open.Path, () =>
        {
            MakeRoom(length);
            at = _open.Append(pieces, length);
        }, () =>
        {
            _open.CutOff();
            // Where the file system is full, room that is ours to give is given.
            if (segments.Oldest(IsWritten) is { } oldest)
                Evict(oldest, keeps: false);
        });
        return at;
    }

    /// <summary>It could not be written, and what it was to replace must not be served in its place.</summary>
    private void Lose(PutJob job)
    {
        if (!job.IsCancelled)
            Forget(job.KeyHash);
    }

    private void Forget(ulong keyHash)
    {
        foreach (var slot in index.RemoveAll(keyHash))
            RemoveAlone(slot);
    }

    private void Index(in Slot slot)
    {
        var old = index.Add(slot);
        if (!old.IsEmpty && old.Segment != slot.Segment)
            RemoveAlone(old);
    }

    /// <summary>Segments are numbered when they are begun: one that is alone may be newer by its number than what has taken its place, and
    /// would be believed at the next start.</summary>
    private void RemoveAlone(in Slot slot)
    {
        if (segments.Get(slot.Segment) is { IsAlone: true } segment)
            segments.Remove(segment);
    }

    private void MakeRoom(long octets)
    {
        while (segments.Bytes + octets > capacity && segments.Oldest(IsWritten) is { } oldest)
            Evict(oldest, keeps: true);
    }

    private bool IsWritten(Segment segment) => _open.Is(segment) || _writing.Any(writer => writer.Segment == segment);

    private void Evict(Segment segment, bool keeps)
    {
        var touched = keeps ? index.TouchedOf(segment.Number) : [];
        if (segment is { IsAlone: true, WasSpared: false } && touched is [var alone] && segment.Length < capacity / 2)
        {
            segment.WasSpared = true;
            segments.Renew(segment);
            index.TryMove(alone, new Slot(alone.KeyHash, alone.VariantHash, alone.Segment, alone.Offset, alone.BodyLength, alone.MetaLength, alone.Marks & SlotMarks.Verified));
            return;
        }
        Evictions++;
        if (!segment.IsAlone && touched.Count > 0 && TryOpen(segment) is { } file)
        {
            var room = segment.Length / 4;
            touched.Sort(static (a, b) => (a.BodyLength + a.MetaLength).CompareTo(b.BodyLength + b.MetaLength));
            foreach (var slot in touched)
            {
                var header = RecordHeader.Of(slot.KeyHash, slot.VariantHash, slot.BodyLength, slot.MetaLength);
                if ((room -= header.Length) < 0)
                    break;
                Copy(file, segment.Path, slot, header);
            }
        }
        index.RemoveSegment(segment.Number);
        segments.Remove(segment);
    }

    /// <summary>To the open segment. What is removed meanwhile stays so: the index believes the copy only if it still knows the original, and
    /// the tombstone comes behind the copy.</summary>
    private void Copy(SafeFileHandle from, string path, in Slot slot, RecordHeader header)
    {
        var (record, old) = (new byte[header.Length], slot);
        var whole = false;
        try
        {
            whole = DiskReads.ReadAll(from, record, slot.Offset);
        }
        catch (Exception e) when (IsFault(e))
        {
            faults.OnRead(path, e.Message);
        }
        if (!whole || !RecordHeader.TryRead(record, out var written) || written != header)
            return;
        // Not through Append: that would make room by evicting, and so on without end.
        Try(_open.Path, () =>
        {
            var padding = _open.PaddingBefore(written, behind: 0);
            var front = new byte[padding];
            if (padding > 0)
                RecordHeader.Padding(padding).Write(front);
            var at = _open.Append([front, record], padding + record.Length) + padding;
            index.TryMove(old, _open.Add(written, at, SlotMarks.None));
        }, _open.CutOff);
    }

    private SafeFileHandle? TryOpen(Segment segment)
    {
        try
        {
            return segments.FileOf(segment);
        }
        catch (Exception e) when (IsFault(e))
        {
            faults.OnRead(segment.Path, e.Message);
            return null;
        }
    }

    private void GiveUp(DiskWriter writer)
    {
        writer.HasFailed = true;
        _writing.Remove(writer);
        if (writer.Segment is not { } segment)
            return;
        writer.Segment = null;
        segments.Remove(segment);
    }

    private void WriteAlone(Segment segment, ulong keyHash, uint variantHash, long bodyLength, long metaOffset, byte[] meta)
    {
        var file = segments.FileOf(segment);
        RandomAccess.Write(file, meta, metaOffset);
        var length = RecordHeader.Aligned(metaOffset + meta.Length);
        var header = new byte[RecordHeader.Size];
        new RecordHeader(RecordKind.Alone, keyHash, variantHash, bodyLength, metaOffset, meta.Length, length).Write(header);
        RandomAccess.Write(file, header, 0);
        segments.Grow(segment, metaOffset + meta.Length - segment.Length);
        segment.MetaOffset = metaOffset;
    }

    private void Add(in RecordHeader header)
    {
        var octets = new byte[RecordHeader.Size];
        header.Write(octets);
        _pieces.Add(octets);
    }

    private static List<ulong>? ReadChecks(SafeFileHandle file, Segment segment, in Slot slot)
    {
        var meta = new byte[slot.MetaLength];
        return DiskReads.ReadAll(file, meta, DiskReader.MetaOffset(segment, slot)) && RecordMeta.TryRead(meta, slot.KeyHash, slot.BodyLength, out var checks)
            ? [.. checks]
            : null;
    }

    private void Try(string path, Action write, Action? otherwise)
    {
        try
        {
            write();
            faults.OnWritten();
        }
        catch (Exception e) when (IsFault(e))
        {
            faults.OnWrite(path, e.Message);
            otherwise?.Invoke();
        }
    }

    internal static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException or ObjectDisposedException;
}
