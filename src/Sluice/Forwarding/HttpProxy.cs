using System.Runtime.CompilerServices;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>
/// The life of an HTTP exchange; the numbers are those of docs/request-path.md. Steps return values: a refusal or a
/// failure is an <see cref="ErrorPage"/> that the step hands back, and it is answered in one place.
/// </summary>
internal sealed class HttpProxy(HttpCache cache, LoginStep login, Fetch fetch, Tunnels tunnels, Via via)
{
    private static readonly Verdict AddressDenied = new() { Denies = true, Rule = "destinations", Status = 403, Reason = "The address of the server may not be reached through this proxy." };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ServeAsync(Exchange x)
    {
        var delivery = new Delivery(x, via);
        var refusal = Admit(x) ?? await login.AskAsync(x) ?? Judge(x);                                  // 1
        if (refusal is null && x.Request.Method == Methods.Connect)
            x.Record.Kind = RecordKind.Connect;
        x.Client.Choose(x);
        if (refusal is { } refused)
        {
            await delivery.RefuseAsync(refused);
            return;
        }
        if (x.Request.Method == Methods.Connect)                                                       // 2
        {
            if (await tunnels.ConnectAsync(x) is { } unopened)
                await delivery.RefuseAsync(unopened);
            return;
        }
        if (x.EndsHere)
        {
            await OwnAnswer.To(x.Request).SendAsync(delivery.Answer);
            return;
        }
        if (x.Request.Method == Methods.Purge)
        {
            await (await PurgeMethod.ObeyAsync(x, cache, x.Route.Scope)).SendAsync(delivery.Answer);
            return;
        }
        x.Trace?.Enter(Stage.Lookup);
        var lookup = cache.Find(x.Request, x.Route.Scope, x.Verdict.BypassesCache, x.Route.MayDial); // 3
        if (lookup.MayBeOnDisk)
            await cache.FindOnDiskAsync(lookup);
        Note(x.Record, lookup);
        if (lookup.Refresh is { } refresh)
            _ = fetch.RefreshAsync(refresh, x.Route, x.Trace);                                         // 4
        var failed = lookup.Outcome switch
        {
            LookupOutcome.Hit or LookupOutcome.HitStale => await delivery.StoredAsync(lookup.Reply!),  // 5, 6
            // RFC 9111 s.5.2.1.7
            LookupOutcome.OnlyIfCached => new ErrorPage(504, "proxy_internal_response", "The answer is not stored, and the request allows no other."),
            _ => await fetch.AnswerAsync(x, lookup, delivery),                                         // 4, 5, 6
        };
        if (failed is not null)
            await delivery.RefuseAsync(failed);
    }                                                                                                  // 7: the caller writes the record

    /// <summary>A bug of ours: the client learns that, and the connection ends, as nobody knows what state it is in.</summary>
    public ValueTask FailAsync(Exchange x) => new Delivery(x, via).RefuseAsync(
        new ErrorPage(500, "proxy_internal_error", "The proxy failed to handle this request.") { Closes = true });

    private static ErrorPage? Admit(Exchange x)
    {
        if (RequestReader.Read(x, x.Listener.Limits) is { } unread)
            return ErrorPage.For(unread);
        return x.Listener.Admits(x.Record.Client) ? null : Deny(x, ListenerGate.ForeignClient);
    }

    private ErrorPage? Judge(Exchange x)
    {
        x.Trace?.Enter(Stage.Judge);
        var listener = x.Listener;
        // Wherever it leads: a cache behind us is not the client's to empty either.
        if (x.Request.Method == Methods.Purge && !listener.LetsPurge(x.Record.Client))
            return Deny(x, ListenerGate.ForeignPurge);
        var isForward = listener.Options.Kind == ListenerKind.Forward;
        if (isForward && x.Request.Target.Form == TargetForm.Origin)
            return new ErrorPage(400, "http_request_error", "This is a forward proxy: it wants the whole URL on the request line (RFC 9112 s.3.2.2).");
        if (!isForward && x.Request.Method == Methods.Connect)
            return new ErrorPage(405, "http_request_denied", "This is a reverse proxy: it opens no tunnels.");
        if (via.IsIn(x.Request.Fields))
            return ErrorPage.For(ForwardError.Loop);
        if (MaxForwards.CountDown(x.Request.Method, x.Request.Fields, out var endsHere) is { } bad)
            return ErrorPage.For(bad);
        // RFC 9110 s.9.3.7: * on a forward listener speaks of ourselves
        x.EndsHere = endsHere || (isForward && x.RawTarget == "*");
        x.Verdict = listener.Judge(x.Request, x.Asker);
        x.Record.Verdict = x.Verdict;
        x.Route = Route.Of(listener, x.Request.Target, x.Verdict);
        x.Client.Body.Bandwidth = x.Verdict.Bandwidth;
        return x.Verdict.Denies ? ErrorPage.For(x.Verdict) : null;
    }

    /// <summary>Why an open tunnel would not be opened any more; null: it would.</summary>
    /// <param name="now">Its listener as it is now.</param>
    public static Verdict? WhyNoLonger(Exchange x, ListenerGate now)
    {
        if (!now.Admits(x.Record.Client))
            return ListenerGate.ForeignClient;
        if (now.Options.Login && x.User?.Current is null)
            return LoginStep.NoLonger;
        if (x.Record.Kind == RecordKind.Connect && !now.LetsConnectTo(x.Request.Target.Port))
            return Tunnels.PortDenied(x.Request.Target.Port);
        if (x.Record.Upstream is { } upstream && x.Route.Addresses != AddressRules.Any && !now.Addresses.Admits(upstream))
            return AddressDenied;
        return now.JudgeAgain(x.Request, x.Asker with { User = x.User?.Current }, new TunnelStart(x.Record.Tls, x.Record.ServerName)) is { Denies: true } denied ? denied : null;
    }

    internal static ErrorPage Deny(Exchange x, Verdict verdict)
    {
        x.Verdict = x.Record.Verdict = verdict;
        return ErrorPage.For(verdict);
    }

    private static void Note(ExchangeRecord record, Lookup lookup)
    {
        record.Cache = lookup.Outcome switch
        {
            LookupOutcome.Hit when lookup.Reason == MissReason.None => CacheUse.Hit,
            LookupOutcome.Hit or LookupOutcome.HitStale => CacheUse.Stale,
            LookupOutcome.Bypass => lookup.Reason == MissReason.CacheOff ? CacheUse.None : CacheUse.Bypass,
            _ => CacheUse.Miss,
        };
        record.CacheReason = lookup.Reason == MissReason.None ? null : lookup.Reason.ForwardToken();
    }
}
