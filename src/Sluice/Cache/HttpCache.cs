using Microsoft.Extensions.Logging;
using Sluice.Cache.Disk;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// A shared HTTP cache (RFC 9111): the one door of this part. It decides and remembers; it opens no socket.
/// <code>
/// Find     request -> serve | serve and refresh | ask for what is missing | ask with validators | ask | stay out
/// Receive  the origin's head -> store | pass | serve what we hold | go on with what we hold | ask again
/// </code>
/// A lookup that went upstream ends in one <see cref="Receive"/> (two after AskAgain) or one <see cref="InsteadOfError"/>.
/// Safe for any number of threads.
/// </summary>
public sealed class HttpCache : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Tiers _tiers;
    private readonly CacheRules? _rules;
    private long _hits, _staleHits, _misses, _revalidations, _stores, _freshened;

    /// <exception cref="DiskCacheException">The folder of the disk tier cannot be used.</exception>
    public HttpCache(CacheOptions options, TimeProvider time, ILogger log)
    {
        (_time, _tiers, _rules) = (time, new Tiers(options, time, log), CacheRules.Of(options.Rules));
        Care = new CacheCare(_tiers, _rules, time, options.Disk?.Path);
    }

    /// <summary>Looking into it and purging.</summary>
    public CacheCare Care { get; }

    public CacheCounters Counters
    {
        get
        {
            var (bytes, entries, evictions, invalidations) = _tiers.Memory.Count();
            return new CacheCounters(_tiers.Memory.Capacity, bytes, entries, Interlocked.Read(ref _hits), Interlocked.Read(ref _staleHits),
                Interlocked.Read(ref _misses), Interlocked.Read(ref _revalidations), Interlocked.Read(ref _stores),
                Interlocked.Read(ref _freshened), evictions, invalidations, _tiers.Disk?.Counters);
        }
    }

    private PartAdmission Parts => new(this, _tiers);

    /// <summary>What is held for this request (RFC 9111 s.4).</summary>
    /// <param name="scope">Where the answer comes from: the route's name (reverse), or "" (forward). Scheme, host and
    /// port of the target are in the key besides.</param>
    /// <param name="bypass">Policy keeps the cache out: nothing is served, nothing stored; invalidation still happens.</param>
    public Lookup Find(RequestHead request, string scope, bool bypass)
    {
        var facts = RequestFacts.Of(request.Fields);
        var rule = _rules?.ForLookup(request.Target);
        if (rule is { IgnoresReload: true })
            facts.Directives = facts.Directives.WithoutReload();
        var lookup = new Lookup(request, CacheKey.Of(scope, request.Target, rule), facts);
        lookup.Reason = _tiers.IsOff ? MissReason.CacheOff
            : bypass || rule is { Bypasses: true } ? MissReason.Bypassed
            : request.Method is not (Methods.Get or Methods.Head) ? MissReason.Method
            // A body on GET has no defined meaning (RFC 9110 s.9.3.1), but an origin may act on it: not in the key, so not for the cache.
            : facts.HasBody ? MissReason.RequestBody
            : MissReason.None;
        if (lookup.Reason != MissReason.None)
        {
            lookup.Outcome = LookupOutcome.Bypass;
            return lookup;
        }
        lookup.Stamp = _tiers.Memory.StampOf(lookup.Key);
        lookup.BanStamp = Care.Bans.Newest;
        lookup.Variants = Care.Asked(_tiers.Memory.Find(lookup.Key), lookup.Key, lookup.BanStamp);
        lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
        lookup.MayBeOnDisk = lookup.Selected is null && _tiers.MayBeOnDisk(lookup.Key);
        if (!lookup.MayBeOnDisk)
            Decide(lookup, _time.GetUtcNow());
        return lookup;
    }

    /// <summary>Decides a lookup that <see cref="Lookup.MayBeOnDisk"/>. Completes at once where what is needed lies in the page cache.</summary>
    public async ValueTask FindOnDiskAsync(Lookup lookup)
    {
        var found = Care.Asked(await _tiers.Disk!.FindAsync(lookup.Key), lookup.BanStamp);
        lookup.MayBeOnDisk = false;
        if (found.Length > 0)
        {
            lookup.Variants = [.. lookup.Variants, .. found];
            lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
            if (lookup.Selected is { Place: { } place } entry && (place.Marks & SlotMarks.Touched) != 0)
                _tiers.Promote(entry, lookup.Request.Fields, lookup.Stamp);
        }
        Decide(lookup, _time.GetUtcNow());
    }

    /// <summary>What to do with the origin's final head for a lookup that was not served. Call it for every lookup that
    /// went upstream: invalidation by unsafe methods happens here.</summary>
    /// <param name="head">As received, hop-by-hop fields included.</param>
    /// <param name="requestTime">When the request was sent.</param>
    /// <param name="responseTime">When the head was received.</param>
    public Admission Receive(Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        if (Invalidation.Applies(lookup.Request.Method, head.Status))
            Invalidate(lookup, head.Fields);
        if (lookup.Outcome == LookupOutcome.Bypass)
            return Pass(lookup, head, NotTakenPart(lookup.Reason));
        if (lookup.Plan is not null && (head.Status is 206 or 304 or 416))
            return Parts.Continue(lookup, head, requestTime, responseTime);
        if (lookup.Plan is { } plan)
            plan.Slice = PartialContent.SliceOf(lookup, head);
        if (head.Status == 304)
            return lookup.Validators is null ? Pass(lookup, head, NotStoredReason.NotModified) : Freshen(lookup, head, requestTime, responseTime);
        if (head.Status is 500 or 502 or 503 or 504 && lookup.Standby is { } stale && Reuse.InsteadOfServerError(stale, lookup.Facts.Directives, responseTime))
            return Serve(lookup, head, stale, responseTime, "stale-if-error");
        if (lookup.Request.Method == Methods.Head)
        {
            if (head.Status == 200 && lookup.Selected is { } stored)
                CompareWithHead(stored, lookup, head, requestTime, responseTime);
            return Pass(lookup, head, NotStoredReason.Method);
        }
        return Admit(lookup, head, requestTime, responseTime);
    }

    /// <summary>The origin's answer for a gap of the plan, but for the first, which <see cref="Receive"/> has taken. Null: it does not
    /// continue what has been sent, and what is held is dropped.</summary>
    public Gap? ReceiveGap(Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime) =>
        Parts.ReceiveGap(lookup, head, requestTime, responseTime);

    /// <summary>The origin could not be asked: a stale answer if one is held and nobody forbids it (RFC 9111 s.4.2.4), else null.</summary>
    public StoredReply? InsteadOfError(Lookup lookup)
    {
        var now = _time.GetUtcNow();
        return lookup.Standby is { } entry && Reuse.WhenDisconnected(entry, lookup.Facts.Directives, now)
            ? ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, new CacheStatus { Forwarded = lookup.Reason, Detail = "stale-if-error" })
            : null;
    }

    internal NotStoredReason Commit(Lookup lookup, EntryHead head, BodyBuilder builder, FieldList? trailers, DiskWriter? alone)
    {
        var body = builder.Finish();
        head.SetContentLength(body.Length);
        var reason = Put(lookup, new Entry(lookup.Key, head, body, trailers), builder.Reserved, alone);
        if (reason == NotStoredReason.None)
            Interlocked.Increment(ref _stores);
        return reason;
    }

    /// <summary>Of a body that is on disk alone.</summary>
    /// <param name="body">Null: it was lost on its way.</param>
    internal NotStoredReason Commit(Lookup lookup, EntryHead head, DiskWriter? body, FieldList? trailers)
    {
        if (body is null)
            return NotStoredReason.NoRoom;
        head.SetContentLength(body.Length);
        var stamp = lookup.BanStamp;
        if (!Care.Bans.Admits(lookup.Key, head, ref stamp) || _tiers.Memory.StampOf(lookup.Key) != lookup.Stamp)
        {
            body.Abandon();
            return NotStoredReason.Invalidated;
        }
        if (!body.Commit(lookup.Key, head, trailers, stamp))
            return NotStoredReason.NoRoom;
        Interlocked.Increment(ref _stores);
        return NotStoredReason.None;
    }

    /// <summary>Of what came of a part: it is combined with what is held by then.</summary>
    internal NotStoredReason Commit(Lookup lookup, EntryHead head, Part part, Extent octets, long reserved)
    {
        var reason = _tiers.Memory.Combine(lookup.Key, lookup.Request.Fields, lookup.Stamp, reserved,
            held => PartialContent.Combine(held, lookup.Key, lookup.Request.Fields, head, part, octets, _tiers.MaxInMemory));
        if (reason == NotStoredReason.None)
            Interlocked.Increment(ref _stores);
        return reason;
    }

    public ValueTask DisposeAsync() => _tiers.DisposeAsync();

    private void Decide(Lookup lookup, DateTimeOffset now)
    {
        Settle(lookup, now);
        Count(lookup.Outcome);
    }

    private void Settle(Lookup lookup, DateTimeOffset now)
    {
        var verdict = Judge(lookup, now, out var reason);
        if (lookup.Selected is { Partial: not null } partial)
        {
            lookup.IsCovered = PartialContent.Covers(partial, lookup.Request.Method, lookup.Facts, now);
            if (!lookup.IsCovered)
            {
                Parts.Complete(lookup, partial, isFresh: verdict is ReuseVerdict.Fresh or ReuseVerdict.StaleAsAsked, reason, now);
                return;
            }
            // A refresh in the background would be one of the whole.
            if (verdict == ReuseVerdict.StaleWhileRevalidate)
                verdict = ReuseVerdict.No;
        }
        lookup.Reason = reason;
        if (verdict == ReuseVerdict.No)
        {
            // RFC 9111 s.5.2.1.7
            if (lookup.Facts.Directives.OnlyIfCached)
                lookup.Outcome = LookupOutcome.OnlyIfCached;
            else
                Ask(lookup);
            return;
        }
        var entry = lookup.Selected!;
        MemoryTier.Touch(entry);
        lookup.Outcome = LookupOutcome.Hit;
        lookup.Reply = ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, new CacheStatus { Hit = true });
        if (verdict == ReuseVerdict.StaleWhileRevalidate && entry.TryClaimRefresh(now))
        {
            lookup.Outcome = LookupOutcome.HitStale;
            lookup.Refresh = RefreshOf(lookup, entry);
        }
    }

    internal static ReuseVerdict Judge(Lookup lookup, DateTimeOffset now, out MissReason reason)
    {
        reason = lookup.Facts.HasOriginCondition ? MissReason.OriginCondition
            : lookup.Variants.Length == 0 ? MissReason.UriMiss
            : lookup.Selected is null ? MissReason.VaryMiss
            : MissReason.None;
        return reason != MissReason.None ? ReuseVerdict.No : Reuse.Judge(lookup.Selected!, lookup.Facts.Directives, now, out reason);
    }

    /// <summary>Miss, or Revalidate where what is held has validators (RFC 9111 s.4.3.1).</summary>
    private static void Ask(Lookup lookup)
    {
        lookup.Validators = lookup.Facts.HasOriginCondition ? null
            : Validation.ConditionsFor(lookup.Selected, lookup.Variants, lookup.Facts.IfNoneMatch);
        lookup.Outcome = lookup.Validators is null ? LookupOutcome.Miss : LookupOutcome.Revalidate;
    }

    /// <summary>A background fetch is for everybody: GET, whole, with nothing of this client's wishes.</summary>
    private static Lookup RefreshOf(Lookup lookup, Entry entry)
    {
        var fields = lookup.Request.Fields.Copy();
        foreach (var name in (ReadOnlySpan<string>)[FieldNames.Range, FieldNames.IfRange, FieldNames.IfNoneMatch, FieldNames.IfModifiedSince, FieldNames.CacheControl, FieldNames.Pragma])
            fields.Remove(name);
        var request = new RequestHead { Method = Methods.Get, Target = lookup.Request.Target, Version = lookup.Request.Version, Fields = fields };
        var refresh = new Lookup(request, lookup.Key, RequestFacts.Of(fields))
        {
            Reason = MissReason.Stale, Variants = lookup.Variants, Selected = entry, Stamp = lookup.Stamp, BanStamp = lookup.BanStamp,
        };
        Ask(refresh);
        return refresh;
    }

    /// <summary>RFC 9111 s.4.3.4: the 304 updates what it confirms, and that answers the client.</summary>
    private Admission Freshen(Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        var clientTags = lookup.Facts.IfNoneMatch;
        if (Validation.Confirmed(lookup.Selected, lookup.Variants, clientTags, head.Fields) is not { } confirmed)
        {
            // RFC 9111 s.4.3.3: a 304 to the client's own tag is the client's.
            if (clientTags is not null && head.Fields.Get(FieldNames.ETag) is { } tag && EntityTag.ListHolds(clientTags, tag))
                return Pass(lookup, head, NotStoredReason.NotModified);
            if (lookup.Selected is { } doubtful)
                _tiers.Remove(doubtful);
            return AskAgain(lookup, head);
        }
        var freshened = Update(confirmed, lookup, head, requestTime, responseTime);
        if (freshened.Partial is not null && !PartialContent.Covers(freshened, lookup.Request.Method, lookup.Facts, responseTime))
            return AskAgain(lookup, head);
        var admission = Serve(lookup, head, freshened, responseTime, null);
        AddCookies(admission.Reply!, head);
        return admission;
    }

    /// <summary>A cookie on the 304, or on a part, is for the one who asked; the entry never has it.</summary>
    internal static void AddCookies(StoredReply reply, ResponseHead head)
    {
        foreach (ref readonly var line in head.Fields.Lines)
            if (FieldList.SameName(line.Name, FieldNames.SetCookie))
                reply.Fields.Add(line.Name, line.Value);
    }

    /// <summary>RFC 9111 s.4.3.5: the 200 of a HEAD updates the stored answer that it agrees with, and makes another doubtful.</summary>
    private void CompareWithHead(Entry stored, Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        if (Validation.Agrees(stored, head.Fields))
            Update(stored, lookup, head, requestTime, responseTime);
        else
            _tiers.Doubt(stored);
    }

    /// <summary>A new entry with the same body and the updated head, put in the place of the old where it may be stored.</summary>
    private Entry Update(Entry old, Lookup lookup, ResponseHead update, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        var rule = _rules?.ForAnswer(lookup.Request.Target, old.Head.Status, old.Head.Fields);
        var head = old.Head.FreshenedBy(lookup.Request.Fields, update.Fields, requestTime, responseTime, rule);
        var entry = old.With(head);
        // By the origin's own directives, not by what a rule makes of them.
        var reason = Judge(lookup, head.Status, head.Fields, rule is null ? head.Directives : ResponseDirectives.Of(head.Fields), rule);
        switch (reason == NotStoredReason.None ? Storability.Judge(head) : reason)
        {
            case NotStoredReason.None:
                var stamp = lookup.BanStamp;
                if (!Care.Bans.Admits(entry.Key, entry.Head, ref stamp))
                    break;
                entry.BanStamp = stamp;
                _tiers.Update(old, entry, lookup.Request.Fields, lookup.Stamp);
                Interlocked.Increment(ref _freshened);
                break;
            // The request forbids storing what came of it: the old entry stays as it is.
            case NotStoredReason.RequestNoStore or NotStoredReason.Authorization:
                break;
            default:
                _tiers.Remove(old);
                break;
        }
        MemoryTier.Touch(entry);
        return entry;
    }

    internal static Admission AskAgain(Lookup lookup, ResponseHead head)
    {
        var status = Forwarded(lookup, head);
        lookup.Validators = null;
        lookup.Plan = null;
        lookup.Outcome = LookupOutcome.Miss;
        return new Admission { Kind = AdmissionKind.AskAgain, Reason = NotStoredReason.NotModified, CacheStatus = status };
    }

    private Admission Admit(Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        if (head.Status == 206)
            return Parts.Admit(lookup, head, requestTime, responseTime);
        var directives = ResponseDirectives.Of(head.Fields);
        var rule = _rules?.ForAnswer(lookup.Request.Target, head.Status, head.Fields);
        var reason = Judge(lookup, head.Status, head.Fields, directives, rule);
        EntryHead? entryHead = null;
        if (reason == NotStoredReason.None)
        {
            entryHead = EntryHead.Of(lookup.Request.Fields, head, directives, requestTime, responseTime, rule);
            reason = Storability.Judge(entryHead);
        }
        long? length = null;
        if (reason == NotStoredReason.None && !TryGetLength(head, out length))
            reason = NotStoredReason.BadLength;
        if (reason == NotStoredReason.None && length > Math.Max(_tiers.MaxInMemory, _tiers.MaxOnDisk))
            reason = NotStoredReason.TooLarge;
        if (reason == NotStoredReason.None)
            return new Admission
            {
                Kind = AdmissionKind.Store,
                Writer = new EntryWriter(this, lookup, entryHead!, new BodyBuilder(_tiers.Memory, length, _tiers.MaxCollected), BodyOnDisk.For(_tiers, length),
                    PartialContent.IfItBreaks(head, length, requestTime, responseTime)),
                CacheStatus = Forwarded(lookup, head) with { Stored = true },
            };
        if (SpeaksForAll(lookup, head.Status))
        {
            if (lookup.Selected is { } doubtful)
                _tiers.Doubt(doubtful);
        }
        return Pass(lookup, head, reason);
    }

    /// <summary>RFC 9111 s.3; a rule that names a lifetime is the extension that its last item speaks of.</summary>
    private static NotStoredReason Judge(Lookup lookup, int status, FieldList fields, in ResponseDirectives directives, CacheRule? rule)
    {
        var reason = Storability.Judge(lookup.Facts, status, fields, directives);
        return reason == NotStoredReason.NotCacheable && rule is { MakesStorable: true } ? NotStoredReason.None : reason;
    }

    private NotStoredReason Put(Lookup lookup, Entry entry, long reserved, DiskWriter? alone)
    {
        var stamp = lookup.BanStamp;
        if (!Care.Bans.Admits(entry.Key, entry.Head, ref stamp))
        {
            _tiers.Memory.Release(reserved);
            return NotStoredReason.Invalidated;
        }
        entry.BanStamp = stamp;
        return _tiers.Put(entry, lookup.Request.Fields, lookup.Stamp, reserved, alone);
    }

    /// <summary>The origin has answered anew, if not in a way that may be stored: what is held is not served again
    /// unasked (RFC 9111 s.4.3.3). Not so where the answer is about this client or this request only.</summary>
    private static bool SpeaksForAll(Lookup lookup, int status) =>
        status is >= 200 and < 206 or >= 300 and < 304 or 307 or 308 or 404 or 410
        && !lookup.Facts.HasAuthorization && !lookup.Facts.HasOriginCondition;

    /// <summary>The length that the body must have; none where Transfer-Encoding rules (RFC 9112 s.6.3) or nothing is said.</summary>
    internal static bool TryGetLength(ResponseHead head, out long? length)
    {
        length = null;
        // RFC 9110 s.15.3.5, s.15.3.6: no content.
        if (head.Status is 204 or 205)
        {
            length = 0;
            return true;
        }
        return head.Fields.Contains(FieldNames.TransferEncoding) || ContentLength.TryRead(head.Fields, out length);
    }

    private void Invalidate(Lookup lookup, FieldList response)
    {
        _tiers.Invalidate(lookup.Key);
        foreach (var name in (ReadOnlySpan<string>)[FieldNames.Location, FieldNames.ContentLocation])
            if (Invalidation.SameOriginPath(lookup.Request.Target, response.Get(name)) is { } path)
                _tiers.Invalidate(lookup.Key.WithPath(_rules?.KeyPath(lookup.Request.Target, path) ?? path));
    }

    private static NotStoredReason NotTakenPart(MissReason reason) => reason switch
    {
        MissReason.CacheOff => NotStoredReason.CacheOff,
        MissReason.RequestBody => NotStoredReason.RequestBody,
        MissReason.Method => NotStoredReason.Method,
        _ => NotStoredReason.Bypassed,
    };

    internal static CacheStatus Forwarded(Lookup lookup, ResponseHead head) =>
        new() { Forwarded = lookup.Reason, ForwardStatus = head.Status };

    internal static Admission Pass(Lookup lookup, ResponseHead head, NotStoredReason reason) =>
        new() { Kind = AdmissionKind.Pass, Reason = reason, CacheStatus = Forwarded(lookup, head) };

    private static Admission Serve(Lookup lookup, ResponseHead head, Entry entry, DateTimeOffset now, string? detail)
    {
        var reply = ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, Forwarded(lookup, head) with { Detail = detail });
        return new Admission { Kind = AdmissionKind.Serve, Reply = reply, CacheStatus = reply.CacheStatus };
    }

    private void Count(LookupOutcome outcome)
    {
        switch (outcome)
        {
            case LookupOutcome.HitStale:
                Interlocked.Increment(ref _staleHits);
                goto case LookupOutcome.Hit;
            case LookupOutcome.Hit:
                Interlocked.Increment(ref _hits);
                break;
            case LookupOutcome.Revalidate:
                Interlocked.Increment(ref _revalidations);
                break;
            default:
                Interlocked.Increment(ref _misses);
                break;
        }
    }
}
