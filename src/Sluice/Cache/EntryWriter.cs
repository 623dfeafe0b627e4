using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The body of an entry on its way in; nobody sees it before <see cref="Commit"/>. For one caller at a time.
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

    /// <summary>What is appended is kept so far.</summary>
    public bool IsOpen => !_done && !_isFull;

    /// <summary>Why it was dropped.</summary>
    public NotStoredReason Reason { get; private set; }

    /// <summary>After the end, of a part: the octets that came and were kept.</summary>
    internal Extent? Kept { get; private set; }

    /// <summary>Keeps a copy of the next piece.</summary>
    public void Append(ReadOnlySpan<byte> piece)
    {
        if (_done || _isFull)
            return;
        _onDisk?.Append(_body, _body.ExpectedLength, piece);
        if (_isOnDiskAlone)
        {
            if (_onDisk!.Writer is null)
                Drop(NotStoredReason.NoRoom);
            return;
        }
        var reason = _body.Append(piece);
        if (reason is NotStoredReason.TooLarge or NotStoredReason.NoRoom && _onDisk is { Writer: not null })
        {
            _isOnDiskAlone = true;
            _body.Drop();
        }
        else if (reason is NotStoredReason.TooLarge or NotStoredReason.NoRoom && _part is not null)
            _isFull = true;
        else if (reason != NotStoredReason.None)
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
