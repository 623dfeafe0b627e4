using System.Buffers;

namespace Sluice.Cache.Memory;

/// <summary>
/// Collects a body in blocks of 64 KiB: below the large object heap, large enough that a block is one send. The last
/// block is cut to size. With a Content-Length blocks are the right size at once, so a small body is one array; without,
/// they grow 4, 16, 64 KiB. A block never moves: readers may be behind (<see cref="Block"/>). Each is reserved in the tier
/// before it is made.
/// </summary>
internal sealed class BodyBuilder(MemoryTier tier, long? expectedLength, long maxLength)
{
    public const int BlockBytes = 64 << 10;
    private const int FirstBlockBytes = 4 << 10;
    public const int BlockCost = 24 + 48; // the array's header and its segment

    private Block? _start = new([]);
    private Block? _last;
    private int _count;
    private int _filled; // of the last block

    /// <summary>Bytes reserved in the tier so far: whoever ends the building gives them back.</summary>
    public long Reserved { get; private set; }

    public long Length { get; private set; }

    public long? ExpectedLength => expectedLength;

    public bool IsComplete => expectedLength is null || expectedLength == Length;

    /// <summary>Before the first block; null: what came first is no longer kept.</summary>
    public Block? Start => _start;

    /// <summary>What has come so far, where it is kept.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Blocks
    {
        get
        {
            for (var block = _start?.Next; block is not null; block = block.Next)
                yield return block == _last ? block.Bytes.AsMemory(0, _filled) : block.Bytes;
        }
    }

    /// <summary>None, or why the body cannot be kept; then it is of no use any more.</summary>
    public NotStoredReason Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > (expectedLength ?? long.MaxValue) - Length)
            return NotStoredReason.BadLength;
        if (piece.Length > maxLength - Length)
            return NotStoredReason.TooLarge;
        return Add(piece, reserve: true) ? NotStoredReason.None : NotStoredReason.NoRoom;
    }

    /// <summary>After <see cref="Drop"/>: for the readers there are, who alone hold it.</summary>
    public void PassOn(ReadOnlySpan<byte> piece) => Add(piece, reserve: false);

    /// <summary>The finished body. Its reservation goes over to the tier with the entry.</summary>
    public Body Finish()
    {
        if (_count == 0)
            return Body.Empty;
        if (Length <= BlockBytes)
            return new Body(new ReadOnlySequence<byte>(InOne()), Length + BlockCost);
        var end = _filled < _last!.Bytes.Length ? _last.Bytes.AsSpan(0, _filled).ToArray() : _last.Bytes;
        var cost = Length + (long)_count * BlockCost;
        var block = _start!.Next!;
        var first = new Segment(block.Bytes, null);
        var last = first;
        while ((block = block.Next!) != _last)
            last = new Segment(block.Bytes, last);
        last = new Segment(end, last);
        return new Body(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length), cost);
    }

    /// <summary>Gives the reservation back.</summary>
    public void Drop()
    {
        tier.Release(Reserved);
        Reserved = 0;
        _last ??= _start;
        _start = null;
    }

    private byte[] InOne()
    {
        if (_filled == Length && _filled == _last!.Bytes.Length)
            return _last.Bytes;
        var whole = GC.AllocateUninitializedArray<byte>((int)Length);
        var at = 0;
        for (var block = _start!.Next; block is not null; block = block.Next)
        {
            var octets = block == _last ? _filled : block.Bytes.Length;
            block.Bytes.AsSpan(0, octets).CopyTo(whole.AsSpan(at));
            at += octets;
        }
        return whole;
    }

    private bool Add(ReadOnlySpan<byte> piece, bool reserve)
    {
        while (!piece.IsEmpty)
        {
            _last ??= _start!;
            if (_filled == _last.Bytes.Length && !MakeRoom(reserve))
                return false;
            var take = Math.Min(piece.Length, _last.Bytes.Length - _filled);
            piece[..take].CopyTo(_last.Bytes.AsSpan(_filled));
            _filled += take;
            Length += take;
            piece = piece[take..];
        }
        return true;
    }

    private bool MakeRoom(bool reserve)
    {
        var size = expectedLength is { } expected ? (int)Math.Min(BlockBytes, expected - Length)
            : _count == 0 ? FirstBlockBytes
            : Math.Min(_last!.Bytes.Length * 4, BlockBytes);
        if (reserve)
        {
            if (!tier.TryReserve(size + BlockCost))
                return false;
            Reserved += size + BlockCost;
        }
        var block = new Block(GC.AllocateUninitializedArray<byte>(size));
        _last!.Next = block;
        _last = block;
        _count++;
        _filled = 0;
        return true;
    }
}
