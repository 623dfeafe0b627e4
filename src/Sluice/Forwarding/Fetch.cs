// From a lookup that the cache could not answer to the answer, in two ways.
//
// Shared: a request whose answer could be another's finds the fetch under way for its key, or begins one (Fetches). RunAsync reads the upstream
//   for nobody in particular and keeps the body; each client follows it in its own exchange (SharedFetch). The head decides: what is stored is
//   followed by all whom RFC 9111 s.4 lets; what is not is the first one's, and the others go up by themselves, all at once; what is held and
//   confirmed is looked up again; a failure is everybody's.
// Alone: everything else, driven by the client's exchange: read a piece, send it. So go keys whose last answer was not for others
//   (Fetches.IsMarked), at the price of one look into a table.
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>
/// Asks the upstream for what the cache could not answer, and gives the answer to the client and to the cache: one
/// read, two takers. An entry is committed before its last octet goes to the client, so that whoever has the whole
/// answer finds it stored.
/// </summary>
internal sealed partial class Fetch(UpstreamPool pool, HttpCache cache, RequestBuilder builder, Tunnels tunnels, TimeProvider time)
{
    /// <summary>A fetch may close between finding it and joining it; who is unlucky more often fetches alone.</summary>
    private const int MostTries = 4;

    private readonly Fetches _fetches = new(time);
    private readonly GapFetch _gaps = new(pool, cache, builder, time);

    /// <summary>Requests that wait for a fetch under way or read it, those that began one included.</summary>
    public int Readers => _fetches.Readers;

    /// <summary>Returns what to answer where there is no answer to pass on.</summary>
    public ValueTask<ErrorPage?> AnswerAsync(Exchange x, Lookup lookup, Delivery delivery) =>
        MayShare(x, lookup) && !_fetches.IsMarked(HttpCache.KeyOf(lookup, null))
            ? ShareAsync(x, lookup, delivery)
            : AloneAsync(x, lookup, delivery);

    private static bool MayShare(Exchange x, Lookup lookup) =>
        HttpCache.MayFollow(lookup) && x.BodyLength.Kind == BodyKind.None && x.Client.Pinned.IsEmpty && !x.Request.Fields.Contains(FieldNames.Upgrade);

    /// <summary>One client's own request, driven by its exchange.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ErrorPage?> AloneAsync(Exchange x, Lookup lookup, Delivery delivery)
    {
        while (true)
        {
            var asked = Moment.Now(time);
            var request = builder.Build(lookup, x.Route, x);
            x.Client.Asking = request;
            var span = SpanOf(x.Trace, request, lookup, x.Route);
            await using var reply = await pool.AskAsync(request);
            x.Client.Asking = null;
            x.Record.Upstream = reply.Remote;
            Note(span, request, reply);
            if (reply.Error != ForwardError.None)
                return await InsteadAsync(x, lookup, reply, delivery);
            if (reply is Http1Reply { Head.Status: 101 } upgraded)
            {
                await tunnels.UpgradeAsync(x, upgraded);
                return null;
            }
            HopByHop.RemoveFromResponse(reply.Head.Fields);
            var admission = cache.Receive(lookup, reply.Head, new Receipt(asked, Moment.Now(time), reply.Remote));
            Remember(lookup, reply.Head.Status, admission);
            switch (admission.Kind)
            {
                case AdmissionKind.AskAgain:
                    await reply.ReadBodyAsync();
                    span?.End();
                    continue;
                case AdmissionKind.Serve:
                    await reply.ReadBodyAsync();
                    span?.End();
                    x.Record.Cache = reply.Head.Status == 304 ? CacheUse.Revalidated : CacheUse.Stale;
                    return await delivery.StoredAsync(admission.Reply!);
                case AdmissionKind.Complete:
                    return await _gaps.AnswerAsync(x, lookup, reply, admission, delivery);
                default:
                    return lookup.Plan?.Slice is { } slice
                        ? await GapFetch.SliceAsync(x, reply, admission, slice, delivery)
                        : await PassAsync(x, reply, admission, delivery);
            }
        }
    }

    /// <summary>Asks again for an answer that has been served stale (RFC 5861 s.3). For nobody: failures leave the entry as it is. Who
    /// misses meanwhile may follow.</summary>
    /// <param name="reason">Of the exchange that was served stale; null: it is not traced.</param>
    public Task RefreshAsync(Lookup refresh, Route route, ExchangeTrace? reason)
    {
        var fetch = new SharedFetch(HttpCache.KeyOf(refresh, null), route.Addresses, refresh, route.Listener.Limits.Response, forNobody: true);
        return _fetches.FindOrAdd(fetch) is null ? RunAsync(fetch, route, null, reason) : Task.CompletedTask;
    }

    /// <summary>The span of a request that goes up, and is told so.</summary>
    internal static FetchTrace? SpanOf(ExchangeTrace? trace, UpstreamRequest request, Lookup lookup, in Route route, bool isShared = false, bool forNobody = false)
    {
        if (trace is null)
            return null;
        var url = lookup.Request.Target.Url;
        if (route.Listener.Redaction is { } redaction)
            url = redaction.Text(url)!;
        var span = forNobody ? trace.AskForNobody(request.Method, url, request.To.At.Host, request.To.At.Port) : trace.Ask(request.Method, url, request.To.At.Host, request.To.At.Port);
        span.EndsByItself = isShared;
        span.PutInto(request.Fields, trace.Continues && !forNobody);
        return span;
    }

    internal static void Note(FetchTrace? span, UpstreamRequest request, UpstreamReply reply)
    {
        if (span is null)
            return;
        var failed = reply.Error != ForwardError.None;
        span.Answered(failed ? 0 : reply.Head.Status, failed ? reply.Error.Row().ProxyError : null, reply.Remote, request.Dial);
        if (failed)
            span.End();
    }

    private async ValueTask<ErrorPage?> InsteadAsync(Exchange x, Lookup lookup, UpstreamReply reply, Delivery delivery)
    {
        var error = reply.Error;
        x.Record.RequestBytes = reply.BytesUp;
        if (reply.ClientFault is { } fault)
        {
            if (fault is BadBodyException bad)
                return ErrorPage.For(bad.Why);
            if (fault is SocketException or ObjectDisposedException)
                error = ForwardError.ClientLeft;
        }
        // Stale is better than a failure of the upstream; the client's own is the client's.
        if (error.Row().Status >= 500 && cache.InsteadOfError(lookup) is { } stored)
        {
            x.Record.Cache = CacheUse.Stale;
            x.Record.Error = error.Row().ProxyError;
            x.Record.ErrorDetail = reply.ErrorDetail;
            return await delivery.StoredAsync(stored);
        }
        return ErrorPage.For(error, reply.ErrorDetail) with { Closes = error is ForwardError.ClientBodyBad or ForwardError.ClientTooSlow };
    }

    private static async ValueTask<ErrorPage?> PassAsync(Exchange x, UpstreamReply reply, Admission admission, Delivery delivery)
    {
        var keep = admission.Writer;
        if (delivery.Begin(reply.Head, admission.CacheStatus, reply.BodyLength.Kind != BodyKind.None) is { } denied)
        {
            keep?.Abandon();
            return denied;
        }
        var taken = await CopyAsync(reply, keep, delivery.Answer);
        x.Record.RequestBytes = reply.BytesUp;
        if (taken && reply.Error == ForwardError.None)
        {
            keep?.Commit(reply.Trailers);
            await delivery.Answer.EndAsync(reply.Trailers);
            return null;
        }
        keep?.Abandon();
        var error = taken ? reply.Error : ForwardError.ClientLeft;
        if (taken && reply.ClientFault is null && delivery.Answer.TryTakeBack())
            return ErrorPage.For(error, reply.ErrorDetail);
        x.Record.ClientGone = error == ForwardError.ClientLeft;
        x.Record.Error = error.Row().ProxyError;
        x.Record.ErrorDetail = taken ? reply.ErrorDetail : null;
        x.Break();
        return null;
    }

    /// <summary>False: the client takes no more.</summary>
    private static async ValueTask<bool> CopyAsync(UpstreamReply reply, EntryWriter? keep, AnswerWriter answer)
    {
        while (true)
        {
            var reading = reply.ReadBodyAsync();
            ReadOnlyMemory<byte> piece;
            if (reading.IsCompleted)
                piece = await reading;
            else
            {
                answer.LetHeadGo();
                piece = await reading;
                answer.HoldHead();
            }
            if (piece.IsEmpty)
                return true;
            keep?.Append(piece.Span);
            if (reply.IsLastPiece)
                keep?.Commit();
            if (!await answer.WriteAsync(piece))
                return false;
        }
    }
}
