// How an answer is put together of which a part is held.
//
// What: the stretches of the body in the order in which the client gets them: ranges of the representation and, of several ranges, the
// text between. The plan has a cursor: what is held goes out (TryTakeHeld), up to a gap; the gap is asked for (PutRange), and of its octets
// those go out that are the client's (Take); then what was kept of them is held, too (Adopt).
// Strategy: by blocks. A gap is widened to the borders of blocks, but not over what is held; a representation up to a block is one.
// Scattered small ranges (an archive's index, the seeks of a player) so become few intervals, and their neighbours are there the next
// time; what nobody asks for of a large file is never fetched.
// Facts: a MiB comes in the time of a few round trips, and is a thousandth of what is commonly read by ranges.
using System.Buffers;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>Of one exchange, as its <see cref="Lookup"/>.</summary>
public sealed class GapPlan
{
    internal const int BlockBytes = 1 << 20;

    private readonly Entry _entry;
    private readonly Stretch[] _stretches;
    private readonly long _maxOctets;
    private readonly long _block;
    private Extents _held;
    private int _next;
    private long _at;
    private ByteRange _missing;

    /// <param name="widens">The octets may be stored: then it pays to ask for more.</param>
    internal GapPlan(Entry entry, ByteRange[] ranges, bool isWhole, bool widens, long maxOctets)
    {
        _entry = entry;
        _held = entry.Partial!.Held;
        _maxOctets = maxOctets;
        _block = widens ? Math.Min(BlockBytes, maxOctets) : 0;
        if (ranges.Length == 1)
            _stretches = [new Stretch(default, ranges[0])];
        else
        {
            _stretches = MultipartRanges.Of(ranges, entry.CompleteLength, entry.Head.Fields.Get(FieldNames.ContentType), out var type);
            MultipartType = type;
        }
        Single = ranges.Length == 1 && !isWhole ? ranges[0] : null;
        Length = _stretches.Sum(s => s.Length);
        Enter(0);
        TryFindMissing(out _missing);
    }

    /// <summary>All has been taken.</summary>
    public bool IsDone => _next == _stretches.Length;

    internal EntryHead Head => _entry.Head;

    internal string Validator => _entry.Partial!.Validator!;

    internal long CompleteLength => _entry.CompleteLength!.Value;

    /// <summary>The origin has sent a whole in place of the gap: the client's range of it. Null: it gets the answer as it is.</summary>
    public ContentRange? Slice { get; internal set; }

    /// <summary>The last octet that <see cref="PutRange"/> asked for.</summary>
    public long AskedLast { get; private set; }

    /// <summary>The one range that the client asked for.</summary>
    internal ByteRange? Single { get; }

    /// <summary>Of an answer with several ranges.</summary>
    internal string? MultipartType { get; }

    /// <summary>Octets of the body.</summary>
    internal long Length { get; }

    /// <summary>Puts the next gap into a request: in place of the client's ranges, and without its conditions (RFC 9111 s.3.4: a range
    /// request under the validator of what is held).</summary>
    internal void PutRange(FieldList upstream)
    {
        upstream.Remove(FieldNames.IfNoneMatch);
        upstream.Remove(FieldNames.IfModifiedSince);
        var gap = Widened(_missing);
        AskedLast = gap.Last;
        upstream.Set(FieldNames.Range, $"bytes={gap.First}-{gap.Last}");
        upstream.Set(FieldNames.IfRange, Validator);
    }

    /// <summary>Does this part belong to what is held, and begin what is missing (RFC 9111 s.3.4)? A server may send less than was
    /// asked for (RFC 9110 s.15.3.7): then the rest is another gap.</summary>
    internal bool Fits(in ContentRange part, string? validator) =>
        validator == Validator && (part.CompleteLength ?? CompleteLength) == CompleteLength
        && part.Range.First <= _missing.First && part.Range.Last >= _missing.First && part.Range.Last < CompleteLength;

    /// <summary>The next octets for the client that are there; false at a gap and at the end.</summary>
    public bool TryTakeHeld(out ReadOnlySequence<byte> octets)
    {
        octets = default;
        if (IsDone)
            return false;
        var stretch = _stretches[_next];
        octets = stretch.Range is { } range ? _held.Read(_at, range.Last) : new ReadOnlySequence<byte>(stretch.Text);
        if (octets.IsEmpty)
            return false;
        Advance(octets.Length);
        return true;
    }

    /// <summary>Of a piece that came for a gap, what the client gets now.</summary>
    /// <param name="position">Of its first octet in the representation.</param>
    public ReadOnlyMemory<byte> Take(long position, ReadOnlyMemory<byte> piece)
    {
        if (IsDone || _stretches[_next].Range is not { } range || _at < position || _at >= position + piece.Length)
            return default;
        var taken = piece[(int)(_at - position)..];
        if (taken.Length > range.Last - _at + 1)
            taken = taken[..(int)(range.Last - _at + 1)];
        Advance(taken.Length);
        return taken;
    }

    /// <summary>What the writer has kept is held from now on.</summary>
    public void Adopt(EntryWriter? writer)
    {
        if (writer?.Kept is { } kept)
            _held = _held.With(kept, _maxOctets);
    }

    /// <summary>Goes to the next gap; false: nothing is missing any more, or the last gap has brought nothing.</summary>
    public bool TryNextGap()
    {
        var before = _missing;
        return TryFindMissing(out _missing) && _missing != before;
    }

    private void Enter(int stretch)
    {
        _next = stretch;
        _at = IsDone ? 0 : _stretches[stretch].Range?.First ?? 0;
    }

    private void Advance(long octets)
    {
        _at += octets;
        if (_stretches[_next].Range is not { } range || _at > range.Last)
            Enter(_next + 1);
    }

    private bool TryFindMissing(out ByteRange missing)
    {
        missing = default;
        for (var i = _next; i < _stretches.Length; i++)
        {
            if (_stretches[i].Range is not { } range)
                continue;
            var at = i == _next ? _at : range.First;
            at += _held.Read(at, range.Last).Length;
            if (at > range.Last)
                continue;
            missing = new ByteRange(at, Math.Min(range.Last, _held.HoleAt(at).Last));
            return true;
        }
        return false;
    }

    private ByteRange Widened(ByteRange gap)
    {
        if (_block == 0)
            return gap;
        var hole = _held.HoleAt(gap.First);
        var first = gap.First / _block * _block;
        var last = gap.Last / _block * _block + _block - 1;
        return new ByteRange(Math.Max(first, hole.First), Math.Min(Math.Min(last, hole.Last), CompleteLength - 1));
    }
}
