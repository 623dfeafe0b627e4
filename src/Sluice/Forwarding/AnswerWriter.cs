using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>
/// Writes the answer of one exchange to its client: head, body piece by piece, trailers.
/// <para>Kestrel frames what has a Content-Length, and answers to HTTP/1.0 and 2. Chunks to HTTP/1.1 are written here,
/// because it has no trailers there. Pieces of 4 KiB and more go out by reference (<see cref="SocketConnection.Lend"/>);
/// the head goes in one system call with the first.</para>
/// </summary>
internal sealed class AnswerWriter(Exchange x)
{
    /// <summary>Below this, copying is cheaper than a second segment in the call.</summary>
    private const int LendFrom = 4 << 10;

    /// <summary>As much of a stored body goes out in one system call.</summary>
    private const int FlushAfter = 256 << 10;

    /// <summary>As much goes out in one turn on an I/O thread; then others come first.</summary>
    private const int YieldAfter = 256 << 10;

    private int _inThisTurn;
    private bool _chunked;
    private bool _dropsContent;

    private PipeWriter Body => x.AnswerBody.Writer;

    /// <summary>Sets the head. Its framing is decided here: Content-Length if the fields have one, else chunks or close.</summary>
    public void Head(int status, string? reason, FieldList fields, bool hasBody)
    {
        x.Record.Status = status;
        x.Record.ContentType = fields.Get(FieldNames.ContentType);
        x.Answer.StatusCode = status;
        x.Answer.ReasonPhrase = string.IsNullOrEmpty(reason) ? null : reason;
        var headers = x.Answer.Headers;
        var lines = fields.Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            ref readonly var line = ref lines[i];
            headers[line.Name] = IsRepeated(lines, i) ? StringValues.Concat(headers[line.Name], line.Value) : line.Value;
        }
        if (x.Closes)
            headers.Connection = ConnectionOptions.Close;
        // RFC 9110 s.15.3.6: it has no content; what an origin sends as such goes no further.
        _dropsContent = status == 205;
        if (_dropsContent)
            headers.ContentLength = 0;
        _chunked = hasBody && !_dropsContent && x.Request?.Version == ProtocolVersion.Http11 && !fields.Contains(FieldNames.ContentLength);
        if (_chunked)
            headers.TransferEncoding = "chunked";
    }

    /// <summary>Sends one piece; <paramref name="piece"/> is free again when this completes. False: the client is gone.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> piece)
    {
        x.MarkFirstByte();
        if (_dropsContent)
            return true;
        await x.AnswerBody.StartAsync();
        Put(piece);
        return await FlushAsync(piece.Length);
    }

    /// <summary>The same for a body that is all there.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlySequence<byte> pieces)
    {
        x.MarkFirstByte();
        if (_dropsContent || pieces.IsEmpty)
            return true;
        await x.AnswerBody.StartAsync();
        var unsent = 0;
        foreach (var piece in pieces)
        {
            Put(piece);
            unsent += piece.Length;
            if (unsent < FlushAfter)
                continue;
            if (!await FlushAsync(unsent))
                return false;
            unsent = 0;
        }
        return unsent == 0 || await FlushAsync(unsent);
    }

    /// <summary>The body is whole. An answer without a body is begun and ended by this alone.</summary>
    public async ValueTask EndAsync(FieldList? trailers = null)
    {
        x.MarkFirstByte();
        if (_chunked)
        {
            ChunkedWriter.WriteEnd(Body, trailers);
            await FlushAsync(0);
        }
        else if (trailers is not null && x.FeatureIfAny<IHttpResponseTrailersFeature>() is { } feature)
        {
            foreach (var (name, value) in trailers)
                feature.Trailers.Append(name, value);
        }
    }

    private void Put(ReadOnlyMemory<byte> piece)
    {
        var body = Body;
        if (_chunked)
            body.Advance(ChunkedWriter.WriteSize(body.GetSpan(ChunkedWriter.MaxSizeLine), piece.Length));
        if (piece.Length >= LendFrom)
            x.Client.Socket.Lend(body, piece);
        else
            body.Write(piece.Span);
        if (_chunked)
            body.Write(ChunkedWriter.DataEnd);
    }

    /// <summary>False: the client takes no more.</summary>
    private async ValueTask<bool> FlushAsync(int octets)
    {
        FlushResult flushed;
        try
        {
            var flushing = Body.FlushAsync();
            // To wait is to let others come first.
            if (!flushing.IsCompleted)
                _inThisTurn = 0;
            flushed = await flushing;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return false;
        }
        if (flushed.IsCompleted || flushed.IsCanceled || x.Aborted.IsCancellationRequested)
            return false;
        x.Record.ResponseBytes += octets;
        if ((_inThisTurn += octets) > YieldAfter)
        {
            _inThisTurn = 0;
            await Task.Yield();
        }
        return true;
    }

    private static bool IsRepeated(ReadOnlySpan<Field> lines, int at)
    {
        for (var i = 0; i < at; i++)
            if (FieldList.SameName(lines[i].Name, lines[at].Name))
                return true;
        return false;
    }
}
