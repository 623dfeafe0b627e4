namespace Sluice.Net;

/// <summary>Octets that were received and are not used yet: a rented array that exists only while there is something in it.
/// A field of its owner, not to be copied.</summary>
public struct ReceiveBuffer
{
    private const int Small = 16 << 10;

    private byte[]? _array;
    private int _start;
    private int _end;

    public readonly Memory<byte> Unread => _array.AsMemory(_start, _end - _start);

    public readonly bool IsEmpty => _start == _end;

    /// <summary>The last receive took all that there was room for: there is more, and it is bulk.</summary>
    public bool WasFilled { get; private set; }

    public void Consume(int octets) => _start += octets;

    /// <summary>Where the next octets go, behind what is unread.</summary>
    /// <param name="large">Bulk is expected.</param>
    /// <param name="crowded">As <see cref="TcpSocket.IsCrowded"/>.</param>
    public Memory<byte> Room(bool large = false, bool crowded = true)
    {
        if (_start == _end)
            _start = _end = 0;
        large |= WasFilled;
        if (_array is null)
            _array = large ? Blocks.RentForBulk(crowded) : Blocks.Rent(Small);
        else if (_end == 0 && large && _array.Length < Blocks.Ordinary)
            Replace(Blocks.RentForBulk(crowded));
        else if (_end == _array.Length && _start == 0)
            Replace(Blocks.Rent(_array.Length * 2));
        else if (_end == _array.Length)
            Move(_array);
        return _array.AsMemory(_end);
    }

    /// <summary>So many came into the last room.</summary>
    public void Add(int octets)
    {
        _end += octets;
        WasFilled = _end == _array!.Length;
    }

    /// <summary>Gives the array back if nothing is in it.</summary>
    public void Release()
    {
        if (_array is null || _start < _end)
            return;
        Blocks.Return(_array);
        _array = null;
        _start = _end = 0;
    }

    public void Clear()
    {
        _start = _end;
        Release();
    }

    private void Replace(byte[] next)
    {
        var old = _array!;
        Move(next);
        Blocks.Return(old);
    }

    private void Move(byte[] to)
    {
        Buffer.BlockCopy(_array!, _start, to, 0, _end - _start);
        _end -= _start;
        _start = 0;
        _array = to;
    }
}
