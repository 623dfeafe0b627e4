using System.Collections.Concurrent;

namespace Sluice.Cache.Disk;

/// <summary>Finds again what was stored before, in the background, the newest first: what is stored meanwhile is newer than all of it, and
/// what is removed meanwhile is not brought back.</summary>
internal sealed class DiskLoader(Segments segments, DiskIndex index, DiskFaults faults)
{
    private readonly ConcurrentDictionary<ulong, bool> _buried = new();
    private readonly IReadOnlyList<Segment> _before = segments.NewestFirst();
    private volatile bool _isDone;
    private volatile bool _stops;

    /// <summary>What was written of the key before the start does not count.</summary>
    public void Bury(ulong keyHash)
    {
        if (!_isDone)
            _buried[keyHash] = true;
    }

    public void BuryAll() => _stops = true;

    public void Stop() => _stops = true;

    public void Load()
    {
        foreach (var segment in _before)
        {
            if (_stops)
                break;
            try
            {
                Load(segment);
            }
            catch (Exception e) when (DiskStore.IsFault(e))
            {
                // One that was evicted meanwhile is no fault.
                if (segments.Get(segment.Number) is not null)
                    faults.OnRead(segment.Path, e.Message);
            }
        }
        _isDone = true;
        _buried.Clear();
    }

    private void Load(Segment segment)
    {
        if (segments.Get(segment.Number) is null)
            return;
        var rows = SegmentList.Read(segments.FileOf(segment), segment);
        if (rows.Count == 0)
        {
            segments.Remove(segment);
            return;
        }
        for (var i = rows.Count - 1; i >= 0 && !_stops; i--)
        {
            var (header, offset) = rows[i];
            if (header.Kind == RecordKind.Tombstone)
                _buried[header.KeyHash] = true;
            else if (_buried.ContainsKey(header.KeyHash))
            {
                if (segment.IsAlone)
                    segments.Remove(segment);
            }
            else
            {
                if (header.Kind == RecordKind.Alone)
                    segment.MetaOffset = header.MetaOffset;
                index.AddOlder(new Slot(header.KeyHash, header.VariantHash, segment.Number, offset, header.BodyLength, header.MetaLength, SlotMarks.None));
            }
        }
    }
}
