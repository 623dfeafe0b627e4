// Answers of which a part is held: the gaps are asked for one after the other, and what is held and what comes goes out in order.
//
// Strategy: the first gap is asked for before anything goes out, under If-Range. So a change is seen while there is still a choice: a 200
// is taken as the new whole. If a later gap shows a change, or fails, octets of the old have gone: the connection is broken off.
// What comes is kept in any case. The answer for a gap is read up to the octet asked for, though the client may have all of its own.
using Sluice.Cache;
using Sluice.Http;
using Sluice.Upstream;

namespace Sluice.Forwarding;

internal sealed class GapFetch(UpstreamPool pool, HttpCache cache, RequestBuilder builder, TimeProvider time)
{
    /// <param name="first">The answer for the first gap.</param>
    public async ValueTask<ErrorPage?> AnswerAsync(Exchange x, Lookup lookup, UpstreamReply first, Admission admission, Delivery delivery)
    {
        var plan = lookup.Plan!;
        var answer = delivery.Answer;
        var head = new ResponseHead { Status = admission.Reply!.Status, Fields = admission.Reply.Fields };
        if (delivery.Begin(head, admission.CacheStatus, hasBody: true) is { } denied)
        {
            admission.Gap!.Writer?.Abandon();
            return denied;
        }
        var error = await FillAsync(plan, first, admission.Gap!, answer);
        var detail = first.ErrorDetail;
        while (error == ForwardError.None && plan.TryNextGap())
        {
            var asked = Moment.Now(time);
            var request = builder.Build(lookup, x.Route, x);
            x.Client.Asking = request;
            var span = Fetch.SpanOf(x.Trace, request, lookup, x.Route);
            await using var reply = await pool.AskAsync(request);
            x.Client.Asking = null;
            Fetch.Note(span, request, reply);
            error = reply.Error;
            detail = reply.ErrorDetail;
            if (error != ForwardError.None)
                break;
            HopByHop.RemoveFromResponse(reply.Head.Fields);
            if (cache.ReceiveGap(lookup, reply.Head, new Receipt(asked, Moment.Now(time), reply.Remote)) is { } gap)
                error = await FillAsync(plan, reply, gap, answer);
            else
                (error, detail) = (ForwardError.Incomplete, $"a gap was answered with {reply.Head.Status} that does not continue what was sent");
        }
        if (error == ForwardError.None && plan.IsDone)
        {
            await answer.EndAsync();
            return null;
        }
        // The last answer was whole and brought nothing of what is missing.
        return Fail(x, error == ForwardError.None ? ForwardError.Incomplete : error, detail, answer);
    }

    /// <summary>Sends the client's range of an answer that is whole, and keeps the whole.</summary>
    public static async ValueTask<ErrorPage?> SliceAsync(Exchange x, UpstreamReply reply, Admission admission, ContentRange slice, Delivery delivery)
    {
        var keep = admission.Writer;
        var fields = reply.Head.Fields;
        fields.Set(FieldNames.ContentRange, slice.ToString());
        fields.Set(FieldNames.ContentLength, slice.Range.Length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (delivery.Begin(new ResponseHead { Status = 206, Version = reply.Head.Version, Fields = fields }, admission.CacheStatus, hasBody: true) is { } denied)
        {
            keep?.Abandon();
            return denied;
        }
        var error = ForwardError.None;
        var (position, next) = (0L, slice.Range.First);
        // Beyond the slice it is read only to be kept.
        while (error == ForwardError.None && (next <= slice.Range.Last || keep is { Stored: true }))
        {
            var piece = await ReadAsync(reply, delivery.Answer);
            if (piece.IsEmpty)
            {
                if (reply.Error == ForwardError.None)
                    keep?.Commit(reply.Trailers);
                error = next > slice.Range.Last ? ForwardError.None : reply.Error == ForwardError.None ? ForwardError.Incomplete : reply.Error;
                break;
            }
            keep?.Append(piece.Span);
            if (reply.IsLastPiece)
                keep?.Commit();
            var end = Math.Min(position + piece.Length, slice.Range.Last + 1);
            if (next >= position && next < end)
            {
                if (!await delivery.Answer.WriteAsync(piece[(int)(next - position)..(int)(end - position)]))
                    error = ForwardError.ClientLeft;
                next = end;
            }
            position += piece.Length;
        }
        keep?.Abandon();
        if (error != ForwardError.None)
            return Fail(x, error, reply.ErrorDetail, delivery.Answer);
        await delivery.Answer.EndAsync();
        return null;
    }

    /// <summary>Sends what is held before the gap, the gap, and what is held behind it.</summary>
    private static async ValueTask<ForwardError> FillAsync(GapPlan plan, UpstreamReply reply, Gap gap, AnswerWriter answer)
    {
        var error = await SendHeldAsync(plan, answer) ? await CopyAsync(plan, reply, gap, answer) : ForwardError.ClientLeft;
        gap.Writer?.Abandon();
        plan.Adopt(gap.Writer);
        return error == ForwardError.None && !await SendHeldAsync(plan, answer) ? ForwardError.ClientLeft : error;
    }

    private static async ValueTask<bool> SendHeldAsync(GapPlan plan, AnswerWriter answer)
    {
        while (plan.TryTakeHeld(out var held))
            if (!await answer.WriteAsync(held))
                return false;
        return true;
    }

    private static async ValueTask<ForwardError> CopyAsync(GapPlan plan, UpstreamReply reply, Gap gap, AnswerWriter answer)
    {
        var position = gap.Range.First;
        while (true)
        {
            var piece = await ReadAsync(reply, answer);
            if (piece.IsEmpty)
                return plan.IsDone ? ForwardError.None : reply.Error;
            // In chunks there may be more than Content-Range says: then nobody knows which octets these are, and the writer drops them.
            gap.Writer?.Append(piece.Span);
            if (piece.Length > gap.Range.Last - position + 1)
                return ForwardError.BadResponse;
            if (reply.IsLastPiece)
                gap.Writer?.Commit();
            var taken = plan.Take(position, piece);
            position += piece.Length;
            if (!taken.IsEmpty && !await answer.WriteAsync(taken))
                return ForwardError.ClientLeft;
            // Where more comes: no further than was asked for, or, where it is not kept, than is needed.
            if (position <= gap.Range.Last && (position > plan.AskedLast || plan.IsDone && gap.Writer is not { IsOpen: true }))
                return ForwardError.None;
        }
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(UpstreamReply reply, AnswerWriter answer)
    {
        var reading = reply.ReadBodyAsync();
        if (reading.IsCompleted)
            return await reading;
        answer.LetHeadGo();
        var piece = await reading;
        answer.HoldHead();
        return piece;
    }

    private static ErrorPage? Fail(Exchange x, ForwardError error, string? detail, AnswerWriter answer)
    {
        if (error != ForwardError.ClientLeft && answer.TryTakeBack())
            return ErrorPage.For(error, detail);
        x.Record.ClientGone = error == ForwardError.ClientLeft;
        x.Record.Error = error.Row().ProxyError;
        x.Record.ErrorDetail = error == ForwardError.ClientLeft ? null : detail;
        x.Break();
        return null;
    }
}
