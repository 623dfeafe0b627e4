// The answer of an exchange on its way to the client.
//
// What: head, body piece by piece, trailers, straight to the socket. The framing is decided with the head (RFC 9112 s.6.1, 6.2): the
// Content-Length that the fields give, else chunks, else, to HTTP/1.0, the connection's end.
// Strategy: the head waits for the first piece and goes in one system call with it; if that does not come soon (a stream of events), the
// sweep sends the head alone. An answer of which nothing has gone can be taken back. Small pieces are copied behind it, large ones go by
// reference in the same call (sendmsg).
// Facts: below 4 KiB copying is cheaper than a second segment. To wait for a send is to let others come first; whoever
// sends on and on without waiting gives way after 256 KiB.
using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Win32.SafeHandles;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>One per client connection; begun anew with each exchange.</summary>
internal sealed partial class AnswerWriter(ClientConnection client)
{
    private const int ReferFrom = 4 << 10;

    /// <summary>As much of a stored body goes out in one system call.</summary>
    private const int InOneSend = 256 << 10;

    private static readonly byte[] ChunkEnd = ChunkedWriter.DataEnd.ToArray();
    private static readonly byte[] Continue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    private readonly Lock _interim = new();
    private readonly PooledWriter _copied = new();
    private readonly List<ArraySegment<byte>> _pieces = [];
    private Exchange _x = null!;
    private ValueTask _sendingInterim;
    private Func<ResponseHead, ValueTask>? _passInterim;
    private int _inThisTurn;
    private int _referred;   // of what was copied, what is among the pieces
    private long _left;      // of what Content-Length promised; -1: it promised nothing
    private bool _chunked;
    private bool _dropsContent;
    private bool _hasHead;
    private bool _headMayGo; // alone
    private bool _begun;     // something of the answer has gone

    public void Begin(Exchange x)
    {
        _x = x;
        _left = -1;
        _chunked = _dropsContent = _hasHead = _headMayGo = _begun = false;
    }

    /// <summary>Sets the head. Its framing is decided here: Content-Length if the fields have one, else chunks or close.</summary>
    public void Head(int status, string? reason, FieldList fields, bool hasBody)
    {
        var x = _x;
        lock (_interim)
            _hasHead = true;
        x.Record.Status = status;
        x.Record.ContentType = fields.Get(FieldNames.ContentType);
        x.Listener.Recorder?.TakeResponse(fields, x.Record);
        // RFC 9110 s.15.3.6: 205 has no content; what an origin sends as such goes no further.
        _dropsContent = status == 205;
        if (_dropsContent)
            fields.Set(FieldNames.ContentLength, "0");
        Frame(status, fields, hasBody && !_dropsContent);
        // RFC 9110 s.6.6.1: who passes on a message without Date adds it.
        if (!fields.Contains(FieldNames.Date))
            fields.Add(FieldNames.Date, HttpDate.Format(x.Time.GetUtcNow()));
        // A client that waits for 100 (Continue) and gets this instead may send its body all the same, or not.
        x.Closes |= client.Closes || client.Body.AwaitsContinue
            || x.Request is not { } request || !Persists(request);
        if (x.Closes)
            fields.Add(FieldNames.Connection, ConnectionOptions.Close);
        else if (x.Version == ProtocolVersion.Http10)
            fields.Add(FieldNames.Connection, ConnectionOptions.KeepAlive);
        // RFC 9112 s.4: the phrase may be absent, but there are clients whose parsers then miss the status.
        var phrase = string.IsNullOrEmpty(reason) ? ReasonPhrases.GetReasonPhrase(status) : reason;
        HeadWriter.WriteResponse(_copied, new ResponseHead { Status = status, Reason = phrase, Fields = fields });
    }

    /// <summary>Sends one piece; <paramref name="piece"/> is free again when this completes. False: the client is gone.</summary>
    public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> piece)
    {
        _x.MarkFirstByte();
        if (_dropsContent)
            return new(true);
        if (_x.Verdict.Bandwidth is { } bandwidth && piece.Length > bandwidth.Turn)
            return WriteByTurnsAsync(new ReadOnlySequence<byte>(piece), bandwidth.Turn);
        Put(piece);
        return FlushAsync(piece.Length);
    }

    /// <summary>The same for a body that is all there.</summary>
    public ValueTask<bool> WriteAsync(ReadOnlySequence<byte> pieces)
    {
        if (pieces.IsSingleSegment && !pieces.IsEmpty)
            return pieces.First.Length >= PagedMemory.WorthFrom && MemoryMarshal.TryGetMemoryManager<byte, PagedMemory>(pieces.First, out var pages, out var start, out var length)
                ? WriteAsync(pages, start, length)
                : WriteAsync(pieces.First);
        _x.MarkFirstByte();
        return _dropsContent || pieces.IsEmpty ? new(true)
            : _x.Verdict.Bandwidth is { } bandwidth ? WriteByTurnsAsync(pieces, bandwidth.Turn)
            : WriteManyAsync(pieces);
    }

    private async ValueTask<bool> WriteAsync(PagedMemory pages, int start, int length)
    {
        var isSent = await WriteFileAsync(pages.File, pages.Offset + start, length) == FileOutcome.Sent;
        GC.KeepAlive(pages);
        return isSent;
    }

    /// <summary>The same for octets of a file, which must stay open until this completes.</summary>
    public async ValueTask<FileOutcome> WriteFileAsync(SafeFileHandle file, long offset, long count)
    {
        _x.MarkFirstByte();
        while (count > 0 && !_dropsContent)
        {
            var octets = (int)Math.Min(count, _x.Verdict.Bandwidth?.Turn ?? TcpSocket.OneTurnOfFile);
            Promise(octets);
            var (begun, sent) = (_begun, client.Socket.BytesSent);
            try
            {
                if (!await FlushAsync(octets, file, offset))
                    return FileOutcome.ClientLeft;
            }
            catch (IOException)
            {
                _begun = begun || client.Socket.BytesSent != sent;
                return FileOutcome.Unreadable;
            }
            if (_chunked)
                _copied.Write(ChunkedWriter.DataEnd);
            offset += octets;
            count -= octets;
        }
        return FileOutcome.Sent;
    }

    /// <summary>The body is whole. An answer without a body is begun and ended by this alone.</summary>
    public async ValueTask EndAsync(FieldList? trailers = null)
    {
        _x.MarkFirstByte();
        if (_left > 0)
        {
            // Fewer octets came than were promised.
            client.Break();
            return;
        }
        if (_chunked)
            ChunkedWriter.WriteEnd(_copied, trailers);
        if (_copied.Length > 0 && !await FlushAsync(0))
        {
            _x.Record.ClientGone = true;
            _x.Record.Error ??= "client_left";
        }
    }

    /// <summary>Until <see cref="HoldHead"/> the writer is not used, and the sweep may send the head without a body.</summary>
    public void LetHeadGo()
    {
        lock (_interim)
            _headMayGo = !_begun;
    }

    public void HoldHead()
    {
        lock (_interim)
            _headMayGo = false;
    }

    /// <summary>Unsays the head. False: something of the answer has gone.</summary>
    public bool TryTakeBack()
    {
        lock (_interim)
        {
            if (_begun)
                return false;
            Begin(_x);
        }
        _pieces.Clear();
        _copied.Reset();
        _referred = 0;
        return true;
    }

    internal void OnSweep()
    {
        if (!Volatile.Read(ref _headMayGo))
            return;
        lock (_interim)
        {
            if (!_headMayGo)
                return;
            _headMayGo = false;
            _begun = true;
            var head = _copied.Written.ToArray();
            _copied.Reset();
            _sendingInterim = After(_sendingInterim, head).Preserve();
        }
    }

    /// <summary>100 (Continue). False: the final answer has begun.</summary>
    public ValueTask<bool> ContinueAsync() => InterimAsync(Continue);

    /// <summary>Sends an interim answer (RFC 9110 s.15.2). Safe beside another. False: the final one has begun.</summary>
    /// <param name="head">Must stay as it is until the exchange ends.</param>
    public async ValueTask<bool> InterimAsync(ReadOnlyMemory<byte> head)
    {
        ValueTask sending;
        lock (_interim)
        {
            if (_hasHead)
                return false;
            _sendingInterim = sending = After(_sendingInterim, head).Preserve();
        }
        await sending;
        return true;
    }

    /// <summary>Takes an upstream's interim answers; one delegate for all exchanges of the connection.</summary>
    public Func<ResponseHead, ValueTask> PassInterim => _passInterim ??= PassInterimAsync;

    public void Release() => _copied.Reset();

    private async ValueTask PassInterimAsync(ResponseHead head)
    {
        HopByHop.RemoveFromResponse(head.Fields);
        var bytes = new ArrayBufferWriter<byte>(256);
        HeadWriter.WriteResponse(bytes, head);
        await InterimAsync(bytes.WrittenMemory);
    }

    private async ValueTask After(ValueTask before, ReadOnlyMemory<byte> head)
    {
        await before;
        await client.WaitForSendAsync(client.Socket.SendAsync(head));
    }

    private bool Persists(RequestHead request)
    {
        // RFC 9112 s.9.3: a proxy keeps no connection with an HTTP/1.0 client, as the option may have come through another proxy that
        // does not know it; a gateway may.
        if (request.Version == ProtocolVersion.Http10 && _x.Listener.Options.Kind == ListenerKind.Forward)
            return false;
        // What follows a CONNECT may be the tunnel's that there is not; it must not become a request.
        if (request.Method == Methods.Connect
            && (client.HasUnread || request.Fields.Contains(FieldNames.ContentLength) || request.Fields.Contains(FieldNames.TransferEncoding)))
            return false;
        return ConnectionOptions.Persists(request.Version, request.Fields);
    }

    /// <summary>RFC 9112 s.6.1, 6.3.</summary>
    private void Frame(int status, FieldList fields, bool hasBody)
    {
        var toHead = _x.Method == Methods.Head;
        if (fields.Get(FieldNames.ContentLength) is { } length)
            _left = hasBody && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var octets) ? octets : -1;
        else if (hasBody && _x.Version == ProtocolVersion.Http11)
        {
            _chunked = true;
            fields.Add(FieldNames.TransferEncoding, "chunked");
        }
        else if (hasBody)
            _x.Closes = true;
        else if (!toHead && status is not (204 or 304))
            fields.Add(FieldNames.ContentLength, "0");
    }

    private async ValueTask<bool> WriteManyAsync(ReadOnlySequence<byte> pieces)
    {
        var unsent = 0;
        foreach (var piece in pieces)
        {
            Put(piece);
            unsent += piece.Length;
            if (unsent < InOneSend)
                continue;
            if (!await FlushAsync(unsent))
                return false;
            unsent = 0;
        }
        // Of pages that were copied: a span does not keep them.
        GC.KeepAlive(pieces.Start.GetObject());
        return unsent == 0 || await FlushAsync(unsent);
    }

    /// <summary>So many octets come next.</summary>
    private void Promise(int octets)
    {
        if (_left >= 0)
        {
            if (octets > _left)
                throw new InvalidOperationException("The body is longer than its Content-Length.");
            _left -= octets;
        }
        if (_chunked)
            _copied.Advance(ChunkedWriter.WriteSize(_copied.GetSpan(ChunkedWriter.MaxSizeLine), octets));
    }

    private void Put(ReadOnlyMemory<byte> piece)
    {
        Promise(piece.Length);
        if (piece.Length >= ReferFrom && MemoryMarshal.TryGetArray(piece, out var array))
        {
            ReferToCopied();
            _pieces.Add(array);
            if (_chunked)
                _pieces.Add(ChunkEnd);
            return;
        }
        _copied.Write(piece.Span);
        if (_chunked)
            _copied.Write(ChunkedWriter.DataEnd);
    }

    /// <summary>What was copied since the last piece becomes the next.</summary>
    private void ReferToCopied()
    {
        if (_copied.Length == _referred)
            return;
        _pieces.Add(_copied.Part(_referred));
        _referred = _copied.Length;
    }

    /// <summary>Sends what was put, and the octets of the file where there is one. False: the client takes no more.</summary>
    private ValueTask<bool> FlushAsync(int octets, SafeFileHandle? file = null, long offset = 0)
    {
        _begun = true;
        if (!_sendingInterim.IsCompletedSuccessfully)
            return FlushAfterInterimAsync(octets, file, offset);
        ValueTask sending;
        if (file is not null)
            sending = client.Socket.SendFileAsync(_copied.Written, file, offset, octets);
        else if (_pieces.Count == 0)
            sending = client.Socket.SendAsync(_copied.Written);
        else
        {
            ReferToCopied();
            sending = client.Socket.SendAsync(_pieces);
        }
        if (octets > 0 && _x.Verdict.Bandwidth is { } bandwidth)
            return PaceAsync(sending, octets, bandwidth);
        if (!sending.IsCompletedSuccessfully)
            return WaitAsync(sending, octets);
        sending.GetAwaiter().GetResult();
        Sent(octets);
        return (_inThisTurn += file is null ? octets : octets / (TcpSocket.OneTurnOfFile / TcpSocket.OneTurn)) <= TcpSocket.OneTurn ? new(true) : GiveWayAsync();
    }

    private async ValueTask<bool> FlushAfterInterimAsync(int octets, SafeFileHandle? file, long offset)
    {
        await _sendingInterim;
        _sendingInterim = default;
        return await FlushAsync(octets, file, offset);
    }

    private async ValueTask<bool> WaitAsync(ValueTask sending, int octets)
    {
        _inThisTurn = 0;
        if (!await client.WaitForSendAsync(sending))
            return false;
        Sent(octets);
        return true;
    }

    private async ValueTask<bool> GiveWayAsync()
    {
        _inThisTurn = 0;
        await client.Socket.NextTurn();
        return true;
    }

    private void Sent(int octets)
    {
        _pieces.Clear();
        _copied.Reset();
        _referred = 0;
        _x.Record.ResponseBytes += octets;
    }
}
