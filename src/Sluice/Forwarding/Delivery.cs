using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>The last two steps before the record: may this be answered, and the answer itself. One per exchange.</summary>
internal sealed class Delivery(Exchange x, Via via)
{
    public AnswerWriter Answer => x.Answer;

    /// <summary>Judges the head and sets it; returns what to answer instead where it is denied.</summary>
    public ErrorPage? Begin(ResponseHead head, CacheStatus cacheStatus, bool hasBody)
    {
        x.Trace?.Enter(Stage.JudgeReply);
        var verdict = x.Listener.JudgeReply(x.Verdict, x.Request, x.Asker, head);
        x.Record.Verdict = verdict;
        if (verdict.Denies)
            return ErrorPage.For(verdict);
        x.Trace?.Enter(Stage.Deliver);
        var fields = head.Fields;
        via.AppendTo(fields, head.Version);
        fields.Add(FieldNames.CacheStatus, cacheStatus.ToString());
        Answer.Head(head.Status, head.Reason, fields, hasBody);
        return null;
    }

    /// <summary>Sends an answer from the cache.</summary>
    public async ValueTask<ErrorPage?> StoredAsync(StoredReply reply)
    {
        var head = new ResponseHead { Status = reply.Status, Fields = reply.Fields };
        // RFC 9112 s.7.1.2: trailers need chunks.
        var hasTrailers = reply.Trailers is not null && x.Version == ProtocolVersion.Http11;
        if (hasTrailers)
            head.Fields.Remove(FieldNames.ContentLength);
        if (Begin(head, reply.CacheStatus, hasTrailers || reply.BodyLength > 0) is { } denied)
            return denied;
        if (reply.File is { } file)
        {
            var (isWhole, instead) = await WriteAsync(file, reply.Stretches);
            if (!isWhole)
                return instead;
        }
        else if (!await Answer.WriteAsync(reply.Body))
            return Left();
        await Answer.EndAsync(reply.Trailers);
        return null;
    }

    /// <summary>Sends an answer of our own; without Cache-Status, as it is based on no stored one (RFC 9211 s.2).</summary>
    public async ValueTask RefuseAsync(ErrorPage page)
    {
        x.Trace?.Enter(Stage.Deliver);
        x.Record.Error ??= page.Verdict is null ? page.ProxyError : null;
        x.Record.ErrorDetail ??= page.Detail ?? (page.Verdict is null ? page.Text : null);
        if (page.Status == 0)
        {
            Left();
            return;
        }
        var isTunnel = x.Method == Methods.Connect;
        if (page.Verdict?.Refusal == RefusalForm.Reset)
        {
            x.Break();
            return;
        }
        if (page.Verdict?.Refusal == RefusalForm.Empty && !isTunnel)
        {
            await EmptyAnswer.To(x.Request).SendAsync(Answer);
            return;
        }
        // Browsers follow no redirect that answers CONNECT.
        if (isTunnel && page.Location is not null)
            page = page with { Status = 403, Location = null };
        var body = page.Body(x, out var contentType);
        var fields = new FieldList(8);
        if (page.Location is not null)
            fields.Add(FieldNames.Location, page.Location);
        if (page.Challenge is not null)
            fields.Add(FieldNames.ProxyAuthenticate, page.Challenge);
        if (page.Verdict?.RetryAfter is { } wait)
            fields.Add(FieldNames.RetryAfter, Math.Ceiling(wait.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture));
        fields.Add(FieldNames.ContentType, contentType);
        fields.Add(FieldNames.ContentLength, body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        fields.Add(FieldNames.CacheControl, "no-store");
        fields.Add("X-Content-Type-Options", "nosniff");
        new ProxyStatus { Error = page.ProxyError }.AppendTo(fields, "sluice");
        x.Closes |= page.Closes;
        var toHead = x.Method == Methods.Head;
        Answer.Head(page.Status, page.Title, fields, hasBody: !toHead);
        if (!toHead)
            await Answer.WriteAsync(body);
        await Answer.EndAsync();
    }

    /// <summary>Octets that were compared with their checksums since the start go from the file to the socket; else block by block.</summary>
    private async ValueTask<(bool IsWhole, ErrorPage? Instead)> WriteAsync(FileBody file, IReadOnlyList<Stretch> stretches)
    {
        byte[]? buffer = null;
        foreach (var stretch in stretches)
        {
            if (stretch.Range is not { } range)
            {
                if (!await Answer.WriteAsync(stretch.Text))
                    return (false, Left());
                continue;
            }
            for (long at = range.First, sent; at <= range.Last; at += sent)
            {
                var left = range.Last + 1 - at;
                if (file.IsVerified)
                {
                    sent = left;
                    switch (await Answer.WriteFileAsync(file.File, file.Offset + at, left))
                    {
                        case FileOutcome.ClientLeft:
                            return (false, Left());
                        case FileOutcome.Unreadable:
                            return (false, Unread());
                    }
                    continue;
                }
                var octets = await file.ReadAsync(at, buffer ??= GC.AllocateUninitializedArray<byte>(FileBody.BlockBytes));
                sent = Math.Min(left, octets.Length);
                if (sent == 0)
                    return (false, Unread());
                if (!await Answer.WriteAsync(octets[..(int)sent]))
                    return (false, Left());
            }
        }
        return (true, null);
    }

    /// <summary>The stored body cannot be read: where nothing has gone out the client is told, else the connection breaks.</summary>
    private ErrorPage? Unread()
    {
        const string why = "The stored answer could not be read.";
        if (Answer.TryTakeBack())
            return new ErrorPage(502, "proxy_internal_response", why);
        x.Record.Error = "proxy_internal_error";
        x.Record.ErrorDetail = why;
        x.Break();
        return null;
    }

    private ErrorPage? Left()
    {
        x.Record.ClientGone = true;
        x.Record.Error ??= "client_left";
        x.Break();
        return null;
    }
}
