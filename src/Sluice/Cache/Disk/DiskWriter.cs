using System.IO.Hashing;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache.Disk;

/// <summary>A large body on its way to a segment of its own. For one caller at a time; it never waits for the disk: where that does not
/// keep up, the body is given up.</summary>
internal sealed class DiskWriter(DiskTier tier)
{
    private const int PieceBytes = 4 * FileBody.BlockBytes;

    private readonly XxHash3 _block = new();
    private byte[]? _piece;
    private int _filled;
    private int _inBlock;
    private bool _ended;

    /// <summary>Given up: by itself, or by <see cref="Abandon"/>.</summary>
    public bool IsLost { get; private set; }

    public long Length { get; private set; }

    /// <summary>Of each block; complete after <see cref="Commit"/>.</summary>
    public List<ulong> Checks { get; } = [];

    /// <summary>The writer's: the segment, once there is one, and what has been written to it.</summary>
    public Segment? Segment { get; set; }

    public long Written { get; set; }

    /// <summary>The writer's: a write has failed.</summary>
    public bool HasFailed { get; set; }

    public void Append(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && !IsLost)
        {
            _piece ??= GC.AllocateUninitializedArray<byte>(PieceBytes);
            var take = octets[..Math.Min(octets.Length, PieceBytes - _filled)];
            take.CopyTo(_piece.AsSpan(_filled));
            Check(take);
            _filled += take.Length;
            Length += take.Length;
            octets = octets[take.Length..];
            if (_filled == PieceBytes)
                HandOver();
        }
    }

    /// <summary>The body is whole. It is found once the writer has come to it.</summary>
    public bool Commit(CacheKey key, EntryHead head, FieldList? trailers, long banStamp)
    {
        if (_filled > 0 && !IsLost)
            HandOver();
        if (IsLost || _ended)
            return false;
        if (_inBlock > 0)
            Checks.Add(_block.GetCurrentHashAsUInt64());
        _ended = true;
        tier.End(this, new Entry(key, head, Body.Empty, trailers) { BanStamp = banStamp });
        return true;
    }

    /// <summary>May be called always.</summary>
    public void Abandon()
    {
        if (_ended)
            return;
        IsLost = _ended = true;
        tier.End(this, null);
    }

    private void HandOver()
    {
        if (tier.TryWrite(this, _piece!, _filled))
            (_piece, _filled) = (null, 0);
        else
            Abandon();
    }

    private void Check(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty)
        {
            var take = octets[..Math.Min(octets.Length, FileBody.BlockBytes - _inBlock)];
            _block.Append(take);
            octets = octets[take.Length..];
            if ((_inBlock += take.Length) < FileBody.BlockBytes)
                continue;
            Checks.Add(_block.GetCurrentHashAsUInt64());
            _block.Reset();
            _inBlock = 0;
        }
    }
}
