using System.Buffers.Binary;

namespace Sluice.Tls;

/// <summary>Takes numbers and vectors off the front of octets, in TLS's presentation language (RFC 8446 s.3). False: they are not there.</summary>
internal ref struct OctetReader(ReadOnlySpan<byte> octets)
{
    private ReadOnlySpan<byte> _rest = octets;

    public readonly bool IsEmpty => _rest.IsEmpty;

    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (_rest.Length < count)
            return false;
        taken = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    public bool TryTakeUInt16(out int value)
    {
        var isThere = TryTake(2, out var two);
        value = isThere ? BinaryPrimitives.ReadUInt16BigEndian(two) : 0;
        return isThere;
    }

    /// <summary>With its length in one octet in front.</summary>
    public bool TryTakeVector8(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryTake(1, out var length) && TryTake(length[0], out vector);
    }

    /// <summary>With its length in two octets in front.</summary>
    public bool TryTakeVector16(out ReadOnlySpan<byte> vector)
    {
        vector = default;
        return TryTakeUInt16(out var length) && TryTake(length, out vector);
    }
}
