using System.Buffers;

namespace Sluice.Http;

/// <summary>A growing buffer from the shared pool, for what is written whole before it is sent; it holds none while it is
/// empty.</summary>
internal sealed class PooledWriter : IBufferWriter<byte>
{
    private const int FirstSize = 4 << 10;

    private byte[] _buffer = [];
    private bool _isReferred;
    private List<byte[]>? _outgrown;  // but referred to

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    /// <summary>What was written from here on; stays as it is until <see cref="Reset"/>.</summary>
    public ArraySegment<byte> Part(int from)
    {
        _isReferred = true;
        return new(_buffer, from, Length - from);
    }

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(Length);
    }

    /// <summary>Empty again, and without a buffer.</summary>
    public void Reset()
    {
        Length = 0;
        if (_buffer.Length == 0)
            return;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        _isReferred = false;
        _outgrown?.ForEach(static buffer => ArrayPool<byte>.Shared.Return(buffer));
        _outgrown = null;
    }

    private void Reserve(int atLeast)
    {
        if (_buffer.Length - Length >= Math.Max(1, atLeast))
            return;
        var next = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstSize, _buffer.Length * 2), Length + atLeast));
        Written.Span.CopyTo(next);
        if (_isReferred)
            (_outgrown ??= []).Add(_buffer);
        else if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
        _isReferred = false;
    }
}
