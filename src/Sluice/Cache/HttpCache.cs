using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>
/// A shared HTTP cache (RFC 9111): the one door of this part. It decides and remembers; it opens no socket.
/// <code>
/// Find     request -> serve | serve and refresh | ask with validators | ask | stay out
/// Receive  the origin's head -> store | pass | serve what we hold | ask again
/// </code>
/// A lookup that went upstream ends in one <see cref="Receive"/> (two after AskAgain) or one <see cref="InsteadOfError"/>.
/// Safe for any number of threads.
/// </summary>
public sealed partial class HttpCache(CacheOptions options, TimeProvider time)
{
    private readonly MemoryTier _tier = new(options.MemoryBytes);
    private readonly long _maxEntryBytes = options.MaxEntryBytes ?? options.MemoryBytes / 8;
    private long _hits, _staleHits, _misses, _revalidations, _stores, _freshened;

    public CacheCounters Counters
    {
        get
        {
            var (bytes, entries, evictions, invalidations) = _tier.Count();
            return new CacheCounters(_tier.Capacity, bytes, entries, Interlocked.Read(ref _hits), Interlocked.Read(ref _staleHits),
                Interlocked.Read(ref _misses), Interlocked.Read(ref _revalidations), Interlocked.Read(ref _stores),
                Interlocked.Read(ref _freshened), evictions, invalidations);
        }
    }

    /// <summary>What is held for this request (RFC 9111 s.4).</summary>
    /// <param name="scope">Where the answer comes from: the route's name (reverse), or "" (forward). Scheme, host and
    /// port of the target are in the key besides.</param>
    /// <param name="bypass">Policy keeps the cache out: nothing is served, nothing stored; invalidation still happens.</param>
    public Lookup Find(RequestHead request, string scope, bool bypass)
    {
        var facts = RequestFacts.Of(request.Fields);
        var lookup = new Lookup(request, new CacheKey(scope, request.Target), facts);
        lookup.Reason = options.MemoryBytes <= 0 ? MissReason.CacheOff
            : bypass ? MissReason.Bypassed
            : request.Method is not (Methods.Get or Methods.Head) ? MissReason.Method
            // A body on GET has no defined meaning (RFC 9110 s.9.3.1), but an origin may act on it: not in the key, so not for the cache.
            : facts.HasBody ? MissReason.RequestBody
            : MissReason.None;
        if (lookup.Reason != MissReason.None)
        {
            lookup.Outcome = LookupOutcome.Bypass;
            return lookup;
        }
        Decide(lookup, time.GetUtcNow());
        Count(lookup.Outcome);
        return lookup;
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
        if (head.Status == 304)
            return lookup.Validators is null ? Pass(lookup, head, NotStoredReason.NotModified) : Freshen(lookup, head, requestTime, responseTime);
        if (head.Status is 500 or 502 or 503 or 504 && lookup.Selected is { } stale && Reuse.InsteadOfServerError(stale, lookup.Facts.Directives, responseTime))
            return Serve(lookup, head, stale, responseTime, "stale-if-error");
        if (lookup.Request.Method == Methods.Head)
        {
            if (head.Status == 200 && lookup.Selected is { } stored)
                CompareWithHead(stored, lookup, head, requestTime, responseTime);
            return Pass(lookup, head, NotStoredReason.Method);
        }
        return Admit(lookup, head, requestTime, responseTime);
    }

    /// <summary>The origin could not be asked: a stale answer if one is held and nobody forbids it (RFC 9111 s.4.2.4), else null.</summary>
    public StoredReply? InsteadOfError(Lookup lookup)
    {
        var now = time.GetUtcNow();
        return lookup.Selected is { } entry && Reuse.WhenDisconnected(entry, lookup.Facts.Directives, now)
            ? ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, new CacheStatus { Forwarded = lookup.Reason, Detail = "stale-if-error" })
            : null;
    }

    internal NotStoredReason Commit(Lookup lookup, EntryHead head, BodyBuilder builder, FieldList? trailers)
    {
        var body = builder.Finish();
        head.SetContentLength(body.Length);
        var reason = _tier.Put(new Entry(lookup.Key, head, body, trailers), lookup.Request.Fields, lookup.Stamp, builder.Reserved);
        if (reason == NotStoredReason.None)
            Interlocked.Increment(ref _stores);
        return reason;
    }

    private void Decide(Lookup lookup, DateTimeOffset now)
    {
        lookup.Stamp = _tier.StampOf(lookup.Key);
        lookup.Variants = _tier.Find(lookup.Key);
        lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
        var verdict = Judge(lookup, now, out var reason);
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

    private static ReuseVerdict Judge(Lookup lookup, DateTimeOffset now, out MissReason reason)
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
            Reason = MissReason.Stale, Variants = lookup.Variants, Selected = entry, Stamp = lookup.Stamp,
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
                _tier.Remove(doubtful);
            lookup.Validators = null;
            lookup.Outcome = LookupOutcome.Miss;
            return new Admission { Kind = AdmissionKind.AskAgain, Reason = NotStoredReason.NotModified, CacheStatus = Forwarded(lookup, head) };
        }
        var freshened = Update(confirmed, lookup, head, requestTime, responseTime);
        var admission = Serve(lookup, head, freshened, responseTime, null);
        // A cookie on the 304 is for the one who asked; the entry never has it.
        foreach (ref readonly var line in head.Fields.Lines)
            if (FieldList.SameName(line.Name, FieldNames.SetCookie))
                admission.Reply!.Fields.Add(line.Name, line.Value);
        return admission;
    }

    /// <summary>RFC 9111 s.4.3.5: the 200 of a HEAD updates the stored answer that it agrees with, and makes another doubtful.</summary>
    private void CompareWithHead(Entry stored, Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        if (Validation.Agrees(stored, head.Fields))
            Update(stored, lookup, head, requestTime, responseTime);
        else
            stored.Invalidate();
    }

    /// <summary>A new entry with the same body and the updated head, put in the place of the old where it may be stored.</summary>
    private Entry Update(Entry old, Lookup lookup, ResponseHead update, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        var head = old.Head.FreshenedBy(lookup.Request.Fields, update.Fields, requestTime, responseTime);
        var entry = new Entry(lookup.Key, head, old.Body, old.Trailers);
        var reason = Storability.Judge(lookup.Facts, head.Status, head.Fields, head.Directives);
        switch (reason == NotStoredReason.None ? Storability.Judge(head) : reason)
        {
            case NotStoredReason.None:
                _tier.Put(entry, lookup.Request.Fields, lookup.Stamp, 0);
                Interlocked.Increment(ref _freshened);
                break;
            // The request forbids storing what came of it: the old entry stays as it is.
            case NotStoredReason.RequestNoStore or NotStoredReason.Authorization:
                break;
            default:
                _tier.Remove(old);
                break;
        }
        MemoryTier.Touch(entry);
        return entry;
    }

    private Admission Admit(Lookup lookup, ResponseHead head, DateTimeOffset requestTime, DateTimeOffset responseTime)
    {
        var directives = ResponseDirectives.Of(head.Fields);
        var reason = Storability.Judge(lookup.Facts, head.Status, head.Fields, directives);
        EntryHead? entryHead = null;
        if (reason == NotStoredReason.None)
        {
            entryHead = EntryHead.Of(lookup.Request.Fields, head, directives, requestTime, responseTime);
            reason = Storability.Judge(entryHead);
        }
        long? length = null;
        if (reason == NotStoredReason.None && !TryGetLength(head, out length))
            reason = NotStoredReason.BadLength;
        if (reason == NotStoredReason.None && length > _maxEntryBytes)
            reason = NotStoredReason.TooLarge;
        if (reason == NotStoredReason.None)
            return new Admission
            {
                Kind = AdmissionKind.Store,
                Writer = new EntryWriter(this, lookup, entryHead!, new BodyBuilder(_tier, length, _maxEntryBytes)),
                CacheStatus = Forwarded(lookup, head) with { Stored = true },
            };
        if (SpeaksForAll(lookup, head.Status))
            lookup.Selected?.Invalidate();
        return Pass(lookup, head, reason);
    }

    /// <summary>The origin has answered anew, if not in a way that may be stored: what is held is not served again
    /// unasked (RFC 9111 s.4.3.3). Not so where the answer is about this client or this request only.</summary>
    private static bool SpeaksForAll(Lookup lookup, int status) =>
        status is >= 200 and < 206 or >= 300 and < 304 or 307 or 308 or 404 or 410
        && !lookup.Facts.HasAuthorization && !lookup.Facts.HasOriginCondition;

    /// <summary>The length that the body must have; none where Transfer-Encoding rules (RFC 9112 s.6.3) or nothing is said.</summary>
    private static bool TryGetLength(ResponseHead head, out long? length)
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
        _tier.Invalidate(lookup.Key);
        foreach (var name in (ReadOnlySpan<string>)[FieldNames.Location, FieldNames.ContentLocation])
            if (Invalidation.SameOriginPath(lookup.Request.Target, response.Get(name)) is { } path)
                _tier.Invalidate(lookup.Key.WithPath(path));
    }

    private static NotStoredReason NotTakenPart(MissReason reason) => reason switch
    {
        MissReason.CacheOff => NotStoredReason.CacheOff,
        MissReason.RequestBody => NotStoredReason.RequestBody,
        MissReason.Method => NotStoredReason.Method,
        _ => NotStoredReason.Bypassed,
    };

    private static CacheStatus Forwarded(Lookup lookup, ResponseHead head) =>
        new() { Forwarded = lookup.Reason, ForwardStatus = head.Status };

    private static Admission Pass(Lookup lookup, ResponseHead head, NotStoredReason reason) =>
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
