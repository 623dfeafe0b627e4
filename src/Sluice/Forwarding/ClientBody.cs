// The content of a client's request (RFC 9112 s.6, 7).
//
// What: a PipeReader over what its connection receives, without the transfer coding. Nothing is read before somebody asks, so that
// backpressure needs no code; the first read sends 100 (Continue) where the client waits for it (RFC 9110 s.10.1.1).
// Strategy: content with a length is handed out where it lies. Chunks are decoded in place: their data are moved together over their
// framing, so that a body of many small chunks goes on in large pieces.
using System.Buffers;
using System.IO.Pipelines;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Forwarding;

/// <summary>One per connection; begun anew with each request. A read throws <see cref="BadBodyException"/> for what the client does
/// wrong, and the socket's exceptions.</summary>
internal sealed class ClientBody(ClientConnection client) : PipeReader
{
    /// <summary>What is not worth a new connection: as much is read and dropped behind an answer.</summary>
    private const int Droppable = 64 << 10;

    private BodyLength _length;
    private ChunkedReader? _chunks;
    private long _left;
    private long _octets;
    private volatile bool _awaitsContinue;
    private int _ready;   // content at the beginning of what is unread
    private int _raw;     // what it takes up there, framing included
    private int _given;
    private bool _ended = true;
    private ReadOnlySequence<byte> _content;
    private BadMessage? _bad;
    private volatile bool _cancelled;
    private int _unpaced;

    /// <summary>What paces it; null: nothing does.</summary>
    public Bandwidth? Bandwidth { get; set; }

    /// <summary>The body has been taken whole, or there is none.</summary>
    public bool IsComplete => _ended && _ready == 0;

    /// <summary>The client may still wait for 100 (Continue).</summary>
    public bool AwaitsContinue => _awaitsContinue && !IsComplete;

    /// <summary>Of a chunked body, after its end.</summary>
    public FieldList? Trailers => _chunks is { Trailers.Count: > 0 } chunks ? chunks.Trailers : null;

    public void Begin(BodyLength length, bool expectsContinue)
    {
        _length = length;
        _chunks = length.Kind == BodyKind.Chunked ? new ChunkedReader(ofRequest: true) : null;
        _left = length.Octets;
        _octets = 0;
        _ready = _raw = _given = 0;
        _awaitsContinue = expectsContinue;
        _ended = !length.HasOctets;
        _bad = null;
        _cancelled = false;
        _unpaced = 0;
        Bandwidth = null;
    }

    /// <summary>Reads what is left and drops it. False: it is too much, or broken.</summary>
    public async ValueTask<bool> DropRestAsync()
    {
        if (_left > Droppable || AwaitsContinue)
            return false;
        client.BeginLinger();
        try
        {
            for (var dropped = 0L; dropped <= Droppable;)
            {
                var read = await ReadAsync();
                dropped += read.Buffer.Length;
                if (!read.IsCanceled)
                    AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return true;
            }
        }
        catch (BadBodyException)
        {
            // The answer has gone out already.
        }
        return false;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        // RFC 9110 s.10.1.1: it may be omitted where some of the content has come. Where the final answer has begun instead, the
        // client may wait for it still.
        if (_awaitsContinue && (client.HasUnread || await client.Answer.ContinueAsync()))
            _awaitsContinue = false;
        if (Bandwidth is not null && _unpaced > 0)
        {
            await Bandwidth.TakeAsync(_unpaced, cancellationToken);
            _unpaced = 0;
            // Back to its I/O thread.
            await client.Socket.NextTurn();
        }
        while (true)
        {
            if (TryTake(out var result))
                return result;
            if (await client.FillAsync() == 0)
                throw new BadBodyException(BadMessage.Incomplete);
        }
    }

    public override bool TryRead(out ReadResult result) => TryTake(out result);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var octets = (int)_content.Slice(0, consumed).Length;
        _given += octets;
        _unpaced += octets;
        _content = default;
        if (_given < _ready)
            return;
        client.Consume(_raw);
        _ready = _raw = _given = 0;
        if (_ended)
            client.OnRequestComplete();
    }

    public override void CancelPendingRead()
    {
        _cancelled = true;
        client.Socket.CancelWait();
    }

    public override void Complete(Exception? exception = null)
    {
    }

    private bool TryTake(out ReadResult result)
    {
        if (_cancelled)
        {
            _cancelled = false;
            result = new ReadResult(default, isCanceled: true, isCompleted: false);
            return true;
        }
        // What follows a fault is not content, nor another request.
        if (_bad is { } bad)
            throw new BadBodyException(bad);
        if (_given == _ready && !_ended)
            Take();
        _content = new ReadOnlySequence<byte>(client.Unread.Slice(_given, _ready - _given));
        result = new ReadResult(_content, isCanceled: false, isCompleted: _ended);
        return _ended || _ready > _given;
    }

    /// <summary>Finds the content in what is unread.</summary>
    private void Take()
    {
        var unread = client.Unread.Span;
        if (_length.Kind == BodyKind.Length)
        {
            _ready = _raw = (int)Math.Min(_left, unread.Length);
            _left -= _ready;
            _ended = _left == 0;
            return;
        }
        Decode(unread);
        if (_ready == 0)
        {
            client.Consume(_raw);
            _raw = 0;
        }
        if ((_octets += _ready) > client.Limits.MaxBodyBytes)
            throw Fault(BadMessage.BodyTooLarge);
    }

    private void Decode(Span<byte> unread)
    {
        _ready = _raw = 0;
        while (_raw < unread.Length)
        {
            var step = _chunks!.Read(unread[_raw..], out var consumed, out var data);
            data.CopyTo(unread[_ready..]);
            _ready += data.Length;
            _raw += consumed;
            switch (step)
            {
                case ParseStep.Bad:
                    throw Fault(BadMessage.InvalidChunk);
                case ParseStep.Done:
                    _ended = true;
                    return;
                case ParseStep.NeedMore:
                    return;
            }
        }
    }

    private BadBodyException Fault(BadMessage why)
    {
        _bad = why;
        return new BadBodyException(why);
    }
}

/// <summary>The client's body breaks a rule, or off.</summary>
internal sealed class BadBodyException(BadMessage why) : IOException(why.Row().Text)
{
    public BadMessage Why => why;
}
