using System.Buffers;

namespace Sluice.Cache.Memory;

/// <summary>
/// Collects a body in blocks of 64 KiB: below the large object heap, large enough that a block is one send. The last
/// block is cut to size. With a Content-Length blocks are the right size at once, so a small body is one array; without,
/// the first grows 4, 16, 64 KiB. Each block is reserved in the tier before it is made.
/// </summary>
internal sealed class BodyBuilder(MemoryTier tier, long? expectedLength, long maxLength)
{
    public const int BlockBytes = 64 << 10;
    private const int FirstBlockBytes = 4 << 10;
    public const int BlockCost = 24 + 48; // the array's header and its segment

    private readonly List<byte[]> _blocks = new(1);
    private int _filled; // of the last block
    private long _length;
    
    /// <summary>Bytes reserved in the tier so far: whoever ends the building gives them back.</summary>
    public long Reserved { get; private set; }

    public long Length => _length;

    public long? ExpectedLength => expectedLength;

    /// <summary>What has come so far.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Blocks => _blocks.Select((block, i) => (ReadOnlyMemory<byte>)block.AsMemory(0, i == _blocks.Count - 1 ? _filled : block.Length));

    public bool IsComplete => expectedLength is null || expectedLength == _length;

    /// <summary>None, or why the body cannot be kept; then it is of no use any more.</summary>
    public NotStoredReason Append(ReadOnlySpan<byte> piece)
    {
        if (piece.Length > (expectedLength ?? long.MaxValue) - _length)
            return NotStoredReason.BadLength;
        if (piece.Length > maxLength - _length)
            return NotStoredReason.TooLarge;
        while (!piece.IsEmpty)
        {
            if ((_blocks.Count == 0 || _filled == _blocks[^1].Length) && !MakeRoom())
                return NotStoredReason.NoRoom;
            var take = Math.Min(piece.Length, _blocks[^1].Length - _filled);
            piece[..take].CopyTo(_blocks[^1].AsSpan(_filled));
            _filled += take;
            _length += take;
            piece = piece[take..];
        }
        return NotStoredReason.None;
    }

    /// <summary>The finished body. Its reservation goes over to the tier with the entry.</summary>
    public Body Finish()
    {
        if (_blocks.Count == 0)
            return Body.Empty;
        if (_filled < _blocks[^1].Length)
            _blocks[^1] = _blocks[^1].AsSpan(0, _filled).ToArray();
        var cost = _length + (long)_blocks.Count * BlockCost;
        if (_blocks.Count == 1)
            return new Body(new ReadOnlySequence<byte>(_blocks[0]), cost);
        var first = new Segment(_blocks[0], null);
        var last = first;
        for (var i = 1; i < _blocks.Count; i++)
            last = new Segment(_blocks[i], last);
        return new Body(new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length), cost);
    }

    /// <summary>Gives the reservation back.</summary>
    public void Drop()
    {
        tier.Release(Reserved);
        Reserved = 0;
        _blocks.Clear();
    }

    private bool MakeRoom()
    {
        var grows = expectedLength is null && _blocks.Count == 1 && _blocks[0].Length < BlockBytes;
        var size = expectedLength is { } expected ? (int)Math.Min(BlockBytes, expected - _length)
            : _blocks.Count == 0 ? FirstBlockBytes
            : grows ? _blocks[0].Length * 4
            : BlockBytes;
        var cost = grows ? size - _blocks[0].Length : size + BlockCost;
        if (!tier.TryReserve(cost))
            return false;
        Reserved += cost;
        if (grows)
        {
            var block = _blocks[0];
            Array.Resize(ref block, size);
            _blocks[0] = block;
            return true;
        }
        _blocks.Add(GC.AllocateUninitializedArray<byte>(size));
        _filled = 0;
        return true;
    }
}
