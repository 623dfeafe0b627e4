using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The body of an entry on its way in; a lookup does not find it before <see cref="Commit"/>, but readers may follow
/// (<see cref="Read"/>). For one caller at a time.
/// It gives up by itself when the body outgrows what is allowed; the caller goes on calling, or looks at
/// <see cref="Stored"/>.</summary>
public sealed class EntryWriter
{
    private readonly HttpCache _cache;
    private readonly Lookup _lookup;
    private readonly EntryHead _head;
    private readonly BodyBuilder _body;
    private bool _done;
    private bool _isFollowed;

    internal EntryWriter(HttpCache cache, Lookup lookup, EntryHead head, BodyBuilder body)
    {
        _cache = cache;
        _lookup = lookup;
        _head = head;
        _body = body;
    }

    /// <summary>False once the body was dropped; after <see cref="Commit"/>: whether the entry stands.</summary>
    public bool Stored => Reason == NotStoredReason.None;

    /// <summary>Why it was dropped.</summary>
    public NotStoredReason Reason { get; private set; }

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
        {
            var before = _body.Length;
            var reason = _body.Append(piece);
            if (reason == NotStoredReason.None)
                return;
            Drop(reason);
            piece = piece[(int)(_body.Length - before)..];
        }
        if (_isFollowed)
            _body.PassOn(piece);
    }

    /// <summary>The body came to its proper end: makes the entry visible. Call only after a clean end of the
    /// message (RFC 9112 s.8); false where it was dropped or is shorter than its Content-Length.</summary>
    public bool Commit(FieldList? trailers = null)
    {
        if (_done)
            return false;
        if (!_body.IsComplete)
        {
            // RFC 9111 s.3.3: an incomplete response is not stored as a complete one.
            Drop(NotStoredReason.Incomplete);
            return false;
        }
        _done = true;
        Reason = _cache.Commit(_lookup, _head, _body, trailers);
        return Stored;
    }

    /// <summary>The body did not come to its end. May be called always, also after <see cref="Commit"/>.</summary>
    public void Abandon() => Drop(NotStoredReason.Incomplete);

    private void Drop(NotStoredReason reason)
    {
        if (_done)
            return;
        _done = true;
        Reason = reason;
        _body.Drop();
    }
}
