using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The body of an entry on its way in; a lookup does not find it before <see cref="Commit"/>, but readers may follow
/// (<see cref="Read"/>). For one caller at a time.
/// It gives up by itself when the body outgrows what is allowed; the caller goes on calling, or looks at
/// <see cref="Stored"/>. Of a part (206), and of a whole that can be completed later, it keeps what came.</summary>
public sealed class EntryWriter
{
    private readonly HttpCache _cache;
    private readonly Lookup _lookup;
    private readonly EntryHead _head;
    private readonly BodyBuilder _body;
    private readonly BodyOnDisk? _onDisk;
    private readonly Part? _part;
    private bool _isFull;
    private bool _isOnDiskAlone; // memory has no room for it
    private bool _done;
    private bool _isFollowed;

    /// <param name="onDisk">Where it goes beside memory as it comes; null: nowhere.</param>
    /// <param name="part">What the octets are of the representation, where a part of it is worth keeping.</param>
    internal EntryWriter(HttpCache cache, Lookup lookup, EntryHead head, BodyBuilder body, BodyOnDisk? onDisk, Part? part)
    {
        _cache = cache;
        _lookup = lookup;
        _head = head;
        _body = body;
        _onDisk = onDisk;
        _part = part;
    }

    /// <summary>False once the body was dropped; after <see cref="Commit"/>: whether the entry stands.</summary>
    public bool Stored => Reason == NotStoredReason.None;

    /// <summary>Whoever follows finds all of it: it is kept in memory.</summary>
    public bool IsHeld => Stored && !_isOnDiskAlone;

    /// <summary>What is appended is kept so far.</summary>
    public bool IsOpen => !_done && !_isFull;

    /// <summary>Why it was dropped.</summary>
    public NotStoredReason Reason { get; private set; }

    /// <summary>After the end, of a part: the octets that came and were kept.</summary>
    internal Extent? Kept { get; private set; }

    /// <summary>Octets appended.</summary>
    public long Length => _body.Length;

    /// <summary>What Content-Length says.</summary>
    public long? ExpectedLength => _body.ExpectedLength;

    internal EntryHead Head => _head;

    /// <summary>A reader that begins at the first octet; null where that is no longer held. Once there was one, what is appended
    /// after the body was dropped goes on to those who read, without being kept.</summary>
    public BodyReader? Read()
    {
        _isFollowed = true;
        return _body.Start is { } start ? new BodyReader(start) : null;
    }

    /// <summary>Keeps a copy of the next piece.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (!_done)
            _onDisk?.Append(_body, _body.ExpectedLength, piece);
        if (_isOnDiskAlone && _onDisk!.Writer is null)
            Drop(NotStoredReason.NoRoom);
        if (!_done && !_isFull && !_isOnDiskAlone)
        {
            var before = _body.Length;
            var reason = _body.Append(piece);
            if (reason == NotStoredReason.None)
                return;
            Refuse(reason);
            piece = piece[(int)(_body.Length - before)..];
        }
        if (_isFollowed)
            _body.PassOn(piece);
    }

    /// <summary>Memory has no room for more of it.</summary>
    private void Refuse(NotStoredReason reason)
    {
        var isFull = reason is NotStoredReason.TooLarge or NotStoredReason.NoRoom;
        if (isFull && _onDisk is { Writer: not null })
        {
            _isOnDiskAlone = true;
            _body.Drop();
        }
        else if (isFull && _part is not null && !_isFollowed)
            _isFull = true;
        else
            Drop(reason);
    }

    /// <summary>The body came to its proper end: makes the entry visible. Call only after a clean end of the
    /// message (RFC 9112 s.8); false where it was dropped or is shorter than its Content-Length.</summary>
    public bool Commit(FieldList? trailers = null)
    {
        if (_done)
            return false;
        // RFC 9111 s.3.3: an incomplete response is not stored as a complete one.
        if (_part is { IsOfPartialContent: true } || !IsComplete)
        {
            End();
            return Stored;
        }
        _done = true;
        if (trailers is { Count: 0 })
            trailers = null;
        Reason = _isOnDiskAlone
            ? _cache.Commit(_lookup, _head, _onDisk!.Writer, trailers)
            : _cache.Commit(_lookup, _head, _body, trailers, _onDisk?.Writer);
        return Stored;
    }

    /// <summary>The body did not come to its end. May be called always, also after <see cref="Commit"/>.</summary>
    public void Abandon() => End();

    private bool IsComplete => _isOnDiskAlone
        ? _body.ExpectedLength is not { } expected || _onDisk!.Writer?.Length == expected
        : _body.IsComplete;

    /// <summary>What came is a part, or nothing.</summary>
    private void End()
    {
        if (_done)
            return;
        _onDisk?.Abandon();
        if (_part is null || _isOnDiskAlone || _body.Length == 0)
        {
            Drop(NotStoredReason.Incomplete);
            return;
        }
        _done = true;
        var kept = new Extent(_part.Range.Range.First, _body.Finish());
        Kept = kept;
        Reason = _cache.Commit(_lookup, _head, _part, kept, _body.Reserved);
        if (!_part.IsOfPartialContent && Reason == NotStoredReason.None)
            Reason = NotStoredReason.Incomplete;
    }

    private void Drop(NotStoredReason reason)
    {
        if (_done)
            return;
        _done = true;
        Reason = reason;
        _onDisk?.Abandon();
        _body.Drop();
    }
}
