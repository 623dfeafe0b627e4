using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache.Disk;
using Sluice.Cache.Memory;
using Sluice.Http;
using Sluice.Net;

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
public sealed partial class HttpCache : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly Tiers _tiers;
    private volatile CacheRules? _rules;
    private readonly Stripes _counts = new(Enum.GetValues<Counter>().Length);

    /// <exception cref="DiskCacheException">The folder of the disk tier cannot be used.</exception>
    public HttpCache(CacheOptions options, TimeProvider time, ILogger? log = null)
    {
        (_time, _tiers, _rules) = (time, new Tiers(options, time, log ?? NullLogger.Instance), CacheRules.Of(options.Rules));
        Care = new CacheCare(_tiers, _rules, time, options.Disk?.Path);
    }

    /// <summary>From now on these rules hold; what is stored stays as it was stored.</summary>
    public void Use(IReadOnlyList<CacheRuleOptions> rules) => Care.Rules = _rules = CacheRules.Of(rules);

    /// <summary>Looking into it and purging.</summary>
    public CacheCare Care { get; }

    public CacheCounters Counters
    {
        get
        {
            var (bytes, entries, evictions, invalidations) = _tiers.Memory.Count();
            return new CacheCounters(_tiers.Memory.Capacity, bytes, entries, CountOf(Counter.Hits), CountOf(Counter.StaleHits),
                CountOf(Counter.Misses), CountOf(Counter.Revalidations), CountOf(Counter.Stores), CountOf(Counter.Freshened), evictions, invalidations, _tiers.Disk?.Counters);
        }
    }

    private PartAdmission Parts => new(this, _tiers);

    /// <summary>What is held for this request (RFC 9111 s.4).</summary>
    /// <param name="scope">Where the answer comes from: the route's name (reverse), or "" (forward). Scheme, host and
    /// port of the target are in the key besides.</param>
    /// <param name="bypass">Policy keeps the cache out: nothing is served, nothing stored; invalidation still happens.</param>
    /// <param name="mayDial">Which addresses the client may have dialled: what came from another is not served to it. Null: any.</param>
    public Lookup Find(RequestHead request, string scope, bool bypass, Func<IPEndPoint, bool>? mayDial = null)
    {
        var facts = RequestFacts.Of(request.Fields);
        var rule = _rules?.ForLookup(request.Target);
        if (rule is { IgnoresReload: true })
            facts.Directives = facts.Directives.WithoutReload();
        var lookup = new Lookup(request, CacheKey.Of(scope, request.Target, rule), facts) { MayDial = mayDial };
        lookup.Reason = ReasonToStayOut(lookup, _tiers.IsOff, bypass || rule is { Bypasses: true });
        if (lookup.Reason != MissReason.None)
        {
            lookup.Outcome = LookupOutcome.Bypass;
            // An answer to POST may be stored (RFC 9110 s.9.3.3).
            if (lookup.Reason == MissReason.Method)
                Stamp(lookup);
            return lookup;
        }
        Look(lookup);
        return lookup;
    }

    internal static MissReason ReasonToStayOut(Lookup lookup, bool isOff, bool bypass) =>
        isOff ? MissReason.CacheOff
        : bypass ? MissReason.Bypassed
        : lookup.Request.Method is not (Methods.Get or Methods.Head) ? MissReason.Method
        // A body on GET has no defined meaning (RFC 9110 s.9.3.1), but an origin may act on it: not in the key, so not for the cache.
        : lookup.Facts.HasBody ? MissReason.RequestBody
        : lookup.Facts.HasUpgrade ? MissReason.Upgrade
        : lookup.Facts.IsDiverted ? MissReason.Diverted
        : MissReason.None;

    /// <summary>Decides by what is in memory; false: the disk may have more.</summary>
    private bool Look(Lookup lookup)
    {
        Stamp(lookup);
        lookup.InMemory = Care.Asked(_tiers.Memory.Find(lookup.Key), lookup.Key, lookup.BanStamp);
        lookup.Variants = Allowed(lookup, lookup.InMemory);
        lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
        lookup.MayBeOnDisk = lookup.Selected is null && _tiers.MayBeOnDisk(lookup.Key);
        if (!lookup.MayBeOnDisk)
            Decide(lookup, Moment.Now(_time));
        return !lookup.MayBeOnDisk;
    }

    /// <summary>Decides a lookup that <see cref="Lookup.MayBeOnDisk"/>. Completes at once where what is needed lies in the page cache.</summary>
    public async ValueTask FindOnDiskAsync(Lookup lookup)
    {
        var found = Care.Asked(await _tiers.Disk!.FindAsync(lookup.Key), lookup.BanStamp);
        lookup.MayBeOnDisk = false;
        if (found.Length > 0)
        {
            lookup.Variants = [.. lookup.Variants, .. Allowed(lookup, found)];
            lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
            if (lookup.Selected is { Body.File: { } file } damaged && !await file.BeginsWellAsync(DiskTier.MostShared))
            {
                lookup.Variants = Array.FindAll(lookup.Variants, entry => entry != damaged);
                lookup.Selected = Reuse.Select(lookup.Variants, lookup.Request.Fields);
            }
            if (lookup.Selected is { Place: { } place } entry && (place.Marks & SlotMarks.Touched) != 0)
                _tiers.Promote(entry, lookup.Request.Fields, lookup.Stamp);
        }
        Decide(lookup, Moment.Now(_time));
    }

    private void Stamp(Lookup lookup)
    {
        lookup.Stamp = _tiers.Memory.StampOf(lookup.Key);
        lookup.BanStamp = Care.Bans.Newest;
        lookup.GroupStamp = _tiers.Groups.Newest;
    }

    /// <summary>Of what is held, what may be told to this client; what a group invalidation has made doubtful is marked.</summary>
    private Entry[] Allowed(Lookup lookup, Entry[] variants)
    {
        _tiers.Groups.Ask(variants);
        if (lookup.MayDial is { } mayDial)
            foreach (var entry in variants)
                if (!IsFrom(entry, mayDial))
                    return Array.FindAll(variants, e => IsFrom(e, mayDial));
        return variants;
    }

    internal static bool IsFrom(Entry entry, Func<IPEndPoint, bool> mayDial) => entry.Head.From is { } from && mayDial(from);

    /// <summary>The origin could not be asked: a stale answer if one is held and nobody forbids it (RFC 9111 s.4.2.4), else null.</summary>
    public StoredReply? InsteadOfError(Lookup lookup)
    {
        var now = Moment.Now(_time);
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
            Count(Counter.Stores);
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
        Count(Counter.Stores);
        return NotStoredReason.None;
    }

    /// <summary>Of what came of a part: it is combined with what is held by then.</summary>
    internal NotStoredReason Commit(Lookup lookup, EntryHead head, Part part, Extent octets, long reserved)
    {
        var reason = _tiers.Memory.Combine(lookup.Key, lookup.Request.Fields, lookup.Stamp, reserved,
            // With what is for all nothing is combined that may have a client's links in it.
            held => PartialContent.Combine(head.Vary.IsOfOneSide && held is { Head.Vary.IsOfOneSide: false } ? null : held, lookup.Key, lookup.Request.Fields, head, part, octets, _tiers.MaxInMemory));
        if (reason == NotStoredReason.None)
            Count(Counter.Stores);
        return reason;
    }

    public ValueTask DisposeAsync() => _tiers.DisposeAsync();

    private void Decide(Lookup lookup, in Moment now)
    {
        Settle(lookup, now);
        Count(lookup.Outcome);
    }

    private void Settle(Lookup lookup, in Moment now)
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
        entry.MoveBody();
        lookup.Outcome = LookupOutcome.Hit;
        lookup.Reply = ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, new CacheStatus { Hit = true });
        if (verdict == ReuseVerdict.StaleWhileRevalidate && entry.TryClaimRefresh(now))
        {
            lookup.Outcome = LookupOutcome.HitStale;
            lookup.Refresh = RefreshOf(lookup, entry);
        }
    }

    internal static ReuseVerdict Judge(Lookup lookup, in Moment now, out MissReason reason)
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
        if (!entry.Head.Vary.IsOfOneSide)
            fields.RemoveWhere(Vary.IsClientsSide);
        var request = new RequestHead { Method = Methods.Get, Target = lookup.Request.Target, Version = lookup.Request.Version, Fields = fields };
        var refresh = new Lookup(request, lookup.Key, RequestFacts.Of(fields))
        {
            Reason = MissReason.Stale, Variants = lookup.Variants, Selected = entry, Stamp = lookup.Stamp, BanStamp = lookup.BanStamp,
            GroupStamp = lookup.GroupStamp, MayDial = lookup.MayDial,
        };
        Ask(refresh);
        return refresh;
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

    private void Count(LookupOutcome outcome)
    {
        switch (outcome)
        {
            case LookupOutcome.HitStale:
                Count(Counter.StaleHits);
                goto case LookupOutcome.Hit;
            case LookupOutcome.Hit:
                Count(Counter.Hits);
                break;
            case LookupOutcome.Revalidate:
                Count(Counter.Revalidations);
                break;
            default:
                Count(Counter.Misses);
                break;
        }
    }

    private void Count(Counter counter) => _counts.Add((int)counter, 1);

    private long CountOf(Counter counter) => _counts[(int)counter];

    private enum Counter { Hits, StaleHits, Misses, Revalidations, Stores, Freshened }
}
