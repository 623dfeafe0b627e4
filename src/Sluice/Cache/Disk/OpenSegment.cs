namespace Sluice.Cache.Disk;

/// <summary>The segment that small entries are appended to, and the list of what is in it, which is written at its end when it is full. For the
/// writer's thread alone.</summary>
internal sealed class OpenSegment(Segments segments, DiskFaults faults, long mostBytes)
{
    private Segment? _segment;
    private SegmentList _list = new();

    public string Path => _segment?.Path ?? "";

    public bool Is(Segment segment) => segment == _segment;

    /// <summary>Whether so many octets still go into it; one that is empty takes any number.</summary>
    public bool Fits(long octets) => _segment is not { Length: > 0 } segment || segment.Length + octets <= mostBytes;

    /// <summary>Octets of padding in front of a record, as far as it is known where that will be: where something else is written before, it is
    /// only not where it should be.</summary>
    /// <param name="behind">Octets that are written in one go before it.</param>
    public int PaddingBefore(in RecordHeader header, long behind) =>
        RecordHeader.PaddingBefore(behind + (Fits(behind + header.Length) ? _segment?.Length ?? 0 : 0), header.BodyLength);

    /// <summary>Where the pieces begin.</summary>
    /// <exception cref="IOException">They could not be written: <see cref="CutOff"/>.</exception>
    public long Append(IReadOnlyList<ReadOnlyMemory<byte>> pieces, long length)
    {
        if (!Fits(length))
            Seal();
        var segment = _segment ??= segments.Create(alone: false);
        var at = segment.Length;
        RandomAccess.Write(segments.FileOf(segment), pieces, at);
        segments.Grow(segment, length);
        return at;
    }

    /// <summary>A record that has been appended.</summary>
    public Slot Add(in RecordHeader header, long at, SlotMarks marks)
    {
        _list.Add(header, at);
        return new Slot(header.KeyHash, header.VariantHash, _segment!.Number, at, header.BodyLength, header.MetaLength, marks);
    }

    /// <summary>At the end: so that the next start reads a list instead of every record.</summary>
    public void Seal()
    {
        if (_segment is not { } segment)
            return;
        var list = _list.ToArray(segment.Length);
        Leave();
        try
        {
            RandomAccess.Write(segments.FileOf(segment), list, segment.Length);
            segments.Grow(segment, list.Length);
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            faults.OnWrite(segment.Path, e.Message);
        }
    }

    /// <summary>What there is of a write that failed goes, or else the segment is not written to again.</summary>
    public void CutOff()
    {
        if (_segment is not { } segment)
            return;
        try
        {
            RandomAccess.SetLength(segments.FileOf(segment), segment.Length);
        }
        catch (Exception e) when (DiskStore.IsFault(e))
        {
            Leave();
        }
    }

    /// <summary>The next record begins another.</summary>
    public void Leave()
    {
        _segment = null;
        _list = new SegmentList();
    }
}
