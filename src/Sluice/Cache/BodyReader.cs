using Sluice.Cache.Memory;

namespace Sluice.Cache;

/// <summary>Reads a body behind its <see cref="EntryWriter"/>, at its own pace and by reference. For one caller at a time.</summary>
public sealed class BodyReader
{
    private Block _block;
    private int _offset;
    private long _position;

    internal BodyReader(Block start) => _block = start;

    /// <summary>Octets read so far.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>What follows, as far as it lies in one block; empty where all of it has been read. Valid for good.</summary>
    /// <param name="published">As many octets as the writer had when it told of them last.</param>
    public ReadOnlyMemory<byte> Next(long published)
    {
        var left = published - _position;
        if (left <= 0)
            return default;
        while (_offset == _block.Bytes.Length)
        {
            _block = _block.Next!;
            _offset = 0;
        }
        var piece = _block.Bytes.AsMemory(_offset, (int)Math.Min(left, _block.Bytes.Length - _offset));
        _offset += piece.Length;
        Volatile.Write(ref _position, _position + piece.Length);
        return piece;
    }
}
