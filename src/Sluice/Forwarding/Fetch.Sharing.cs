// The shared way of a fetch: see Fetch.cs for the two ways, SharedFetch.cs for its state, Fetches.cs for the registry.
using System.Runtime.CompilerServices;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

internal sealed partial class Fetch
{
    /// <summary>Follows the fetch of another for the same key, or begins it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ErrorPage?> ShareAsync(Exchange x, Lookup lookup, Delivery delivery)
    {
        string? variant = null;
        for (var tries = 0; tries < MostTries; tries++)
        {
            var key = HttpCache.KeyOf(lookup, variant);
            var fetch = _fetches.Find(key, x.Route.Addresses);
            var begins = false;
            if (fetch is null && HttpCache.MayBeFollowed(lookup))
            {
                var own = new SharedFetch(key, x.Route.Addresses, lookup, x.Listener.Limits.Response, forNobody: false);
                fetch = _fetches.FindOrAdd(own);
                begins = fetch is null;
                fetch ??= own;
            }
            // RFC 9111 s.4.4: what was asked for before the change is not for who comes after it.
            if (fetch is null || (!begins && cache.IsInvalidated(fetch.Lookup)))
                return await AloneAsync(x, lookup, delivery);
            var reader = new FetchReader(x, fetch, begins);
            if (fetch.TryJoin(reader))
            {
                try
                {
                    if (begins)
                        Start(x, fetch);
                    else
                    {
                        x.Client.Watch();
                        x.Trace?.Enter(Stage.Wait);
                    }
                    await fetch.WaitAsync(reader);
                    if (!begins)
                        x.Trace?.Link(fetch.Span);
                    x.Client.Asking = null;
                    if (reader.HasLeft && !(begins && fetch.IsHandedOver))
                        return Left(x);
                    if (begins && fetch.Outcome != FetchOutcome.LookAgain)
                        return await FirstAsync(x, lookup, reader, delivery);
                    x.Record.CacheReason = "collapsed";
                    switch (fetch.Outcome)
                    {
                        case FetchOutcome.Store when cache.Follow(fetch.Admission.Writer!, lookup, out variant) is { } head:
                            if (head.Status == 304)
                                return await delivery.StoredAsync(head);
                            return await FollowAsync(x, reader, delivery, new ResponseHead { Status = head.Status, Fields = head.Fields }, head.CacheStatus);
                        case FetchOutcome.Failed:
                            return await InsteadAsync(x, lookup, fetch.Reply, delivery);
                        case FetchOutcome.Serve when fetch.Reply.Head.Status >= 500 && cache.InsteadOfServerError(lookup, fetch.Reply.Head.Status) is { } stale:
                            x.Record.Cache = CacheUse.Stale;
                            return await delivery.StoredAsync(stale);
                    }
                    x.Record.CacheReason = lookup.Reason.ForwardToken();
                    // Another variant is fetched once for all who want that.
                    if (fetch.Outcome is FetchOutcome.Pass || (fetch.Outcome == FetchOutcome.Store && (variant is null || key.Variant is not null)))
                        return await AloneAsync(x, lookup, delivery);
                }
                finally
                {
                    reader.Dispose();
                }
                if (fetch.Outcome == FetchOutcome.Store)
                    continue;
            }
            var asked = lookup.Outcome;
            await cache.LookAgainAsync(lookup);
            if (lookup.Outcome is LookupOutcome.Hit or LookupOutcome.HitStale)
            {
                x.Record.Cache = asked == LookupOutcome.Revalidate ? CacheUse.Revalidated : CacheUse.Hit;
                x.Record.CacheReason = "collapsed";
                if (lookup.Refresh is { } refresh)
                    _ = RefreshAsync(refresh, x.Route, x.Trace);
                return await delivery.StoredAsync(lookup.Reply!);
            }
            // What was confirmed does not serve this one: nor would the next confirmation.
            if (fetch.Outcome == FetchOutcome.Serve)
                break;
        }
        return await AloneAsync(x, lookup, delivery);
    }

    private void Start(Exchange x, SharedFetch fetch)
    {
        // Between the lookup and the registering another fetch may have ended.
        if (cache.HasChanged(fetch.Lookup))
        {
            _fetches.Remove(fetch);
            fetch.Release(FetchOutcome.LookAgain, null!, null);
            return;
        }
        _ = RunAsync(fetch, x.Route, x, x.Trace);
    }

    /// <summary>The answer for the one who began the fetch.</summary>
    private ValueTask<ErrorPage?> FirstAsync(Exchange x, Lookup lookup, FetchReader reader, Delivery delivery)
    {
        var fetch = reader.Fetch;
        x.Record.Upstream = fetch.Reply.Remote;
        switch (fetch.Outcome)
        {
            case FetchOutcome.Failed:
                return InsteadAsync(x, lookup, fetch.Reply, delivery);
            case FetchOutcome.Serve:
                x.Record.Cache = fetch.Reply.Head.Status == 304 ? CacheUse.Revalidated : CacheUse.Stale;
                return delivery.StoredAsync(fetch.Admission.Reply!);
            case FetchOutcome.Pass:
                return PassOwnAsync(x, fetch, delivery);
            default:
                return FollowAsync(x, reader, delivery, fetch.Reply.Head, fetch.Admission.CacheStatus);
        }
    }

    private static async ValueTask<ErrorPage?> PassOwnAsync(Exchange x, SharedFetch fetch, Delivery delivery)
    {
        await using var reply = fetch.Reply;
        fetch.Span?.EndsByItself = false;
        // Its own from here on, also what the answer makes of the connection.
        fetch.Request!.Pinned = x.Client.Pinned;
        return await PassAsync(x, reply, fetch.Admission, delivery);
    }

    /// <summary>Reads the answer for all who follow it; belongs to no client.</summary>
    /// <param name="x">Of the client that began it, whose interim answers and address these are; null: nobody's.</param>
    /// <param name="trace">Of the exchange that was the reason.</param>
    private async Task RunAsync(SharedFetch fetch, Route route, Exchange? x, ExchangeTrace? trace)
    {
        var lookup = fetch.Lookup;
        UpstreamReply? reply = null;
        var handedOver = false;
        try
        {
            var kind = AdmissionKind.AskAgain;
            for (var again = false; kind == AdmissionKind.AskAgain; again = true)
            {
                var asked = Moment.Now(time);
                var request = builder.Build(lookup, route, x, fetch.Unwanted);
                fetch.Request = request;
                if (x is not null && !again)
                    x.Client.Asking = request;
                fetch.Span?.End();
                fetch.Span = SpanOf(trace, request, lookup, route, isShared: true, forNobody: x is null);
                reply = await pool.AskAsync(request);
                Note(fetch.Span, request, reply);
                if (reply.Error != ForwardError.None)
                {
                    _fetches.Remove(fetch);
                    fetch.Release(FetchOutcome.Failed, reply, null);
                    return;
                }
                HopByHop.RemoveFromResponse(reply.Head.Fields);
                var admission = cache.Receive(lookup, reply.Head, new Receipt(asked, Moment.Now(time), reply.Remote));
                kind = admission.Kind;
                Remember(lookup, reply.Head.Status, admission);
                switch (kind)
                {
                    case AdmissionKind.AskAgain:
                        await reply.ReadBodyAsync();
                        await reply.DisposeAsync();
                        break;
                    case AdmissionKind.Serve:
                        await reply.ReadBodyAsync();
                        await reply.DisposeAsync();
                        _fetches.Remove(fetch);
                        fetch.Release(FetchOutcome.Serve, reply, admission);
                        break;
                    case AdmissionKind.Pass:
                        _fetches.Remove(fetch);
                        fetch.Release(FetchOutcome.Pass, reply, admission);
                        handedOver = fetch.IsHandedOver;
                        break;
                    default:
                        await StreamAsync(fetch, reply, admission);
                        break;
                }
            }
        }
        finally
        {
            _fetches.Remove(fetch);
            fetch.GiveUp();
            if (reply is not null && !handedOver)
            {
                await reply.DisposeAsync();
                fetch.Span?.End(reply.Error == ForwardError.None ? null : reply.Error.Row().ProxyError);
            }
        }
    }

    private async ValueTask StreamAsync(SharedFetch fetch, UpstreamReply reply, Admission admission)
    {
        var writer = admission.Writer!;
        fetch.Begin(reply, admission);
        var inThisTurn = 0;
        while (true)
        {
            var reading = reply.ReadBodyAsync();
            if (!reading.IsCompleted)
            {
                fetch.Publish(writer.Length);
                inThisTurn = 0;
            }
            var piece = await reading;
            if (piece.IsEmpty)
                break;
            writer.Append(piece.Span);
            if (reply.IsLastPiece)
                writer.Commit();
            inThisTurn += piece.Length;
            // The last one's readers may ask for the next at once: the connection is kept before.
            if (reply.IsLastPiece || (inThisTurn < TcpSocket.OneTurn && writer.IsHeld))
                continue;
            fetch.Publish(writer.Length);
            if (!writer.IsHeld)
            {
                _fetches.Remove(fetch);
                if (!await fetch.WaitForReadersAsync())
                    break;
            }
            if (inThisTurn < TcpSocket.OneTurn)
                continue;
            await Task.Yield();
            inThisTurn = 0;
        }
        if (reply.Error == ForwardError.None)
            writer.Commit(reply.Trailers);
        writer.Abandon();
        _fetches.Remove(fetch);
        fetch.End(writer.Length);
    }

    /// <summary>Whether the next ones had better not wait for each other.</summary>
    private void Remember(Lookup lookup, int status, Admission admission)
    {
        if (!HttpCache.MayFollow(lookup) || !HttpCache.MayBeFollowed(lookup))
            return;
        var key = HttpCache.KeyOf(lookup, null);
        if (admission.Writer is { } writer && cache.ServesOthers(writer))
            _fetches.Unmark(key);
        // An origin in trouble says nothing of the resource.
        else if (admission.Kind is AdmissionKind.Store or AdmissionKind.Pass && status < 500)
            _fetches.Mark(key);
    }

    /// <summary>Sends the body behind the fetch, at this client's pace.</summary>
    private static async ValueTask<ErrorPage?> FollowAsync(Exchange x, FetchReader reader, Delivery delivery, ResponseHead head, CacheStatus status)
    {
        var (fetch, body, answer) = (reader.Fetch, reader.Body!, delivery.Answer);
        // Stored meanwhile, its head has a length; trailers need chunks (RFC 9112 s.7.1.2).
        if (fetch.Reply.BodyLength.Kind == BodyKind.Chunked && x.Version == ProtocolVersion.Http11)
            head.Fields.Remove(FieldNames.ContentLength);
        if (delivery.Begin(head, status, fetch.Reply.BodyLength.Kind != BodyKind.None) is { } denied)
            return denied;
        while (true)
        {
            // Read before the length: after the end nothing is added.
            var ended = fetch.HasEnded;
            if (body.Next(fetch.Published) is { IsEmpty: false } piece)
            {
                if (!await answer.WriteAsync(piece))
                    return Left(x);
                fetch.Advanced();
            }
            else if (ended)
                break;
            else
            {
                answer.LetHeadGo();
                await fetch.WaitAsync(reader);
                answer.HoldHead();
                if (reader.HasLeft)
                    return Left(x);
            }
        }
        var reply = fetch.Reply;
        if (reply.Error == ForwardError.None)
        {
            await answer.EndAsync(reply.Trailers);
            return null;
        }
        if (answer.TryTakeBack())
            return ErrorPage.For(reply.Error, reply.ErrorDetail);
        x.Record.Error = reply.Error.Row().ProxyError;
        x.Record.ErrorDetail = reply.ErrorDetail;
        x.Break();
        return null;
    }

    private static ErrorPage? Left(Exchange x)
    {
        x.Record.ClientGone = true;
        x.Record.Error = ForwardError.ClientLeft.Row().ProxyError;
        x.Break();
        return null;
    }
}
