using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>The part of the door for what the origin answers: storing, confirming, invalidating.</summary>
public sealed partial class HttpCache
{
    /// <summary>What to do with the origin's final head for a lookup that was not served. Call it for every lookup that
    /// went upstream: invalidation by unsafe methods happens here.</summary>
    /// <param name="head">As received, hop-by-hop fields included.</param>
    public Admission Receive(Lookup lookup, ResponseHead head, in Receipt receipt) => ReceiveFor(lookup, head, receipt.To(lookup));

    private Admission ReceiveFor(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        var isUndisturbed = !IsInvalidated(lookup);
        if (!Methods.IsSafe(lookup.Request.Method) || lookup.Facts.IsDiverted)
            Invalidate(lookup, head);
        if (lookup.Outcome == LookupOutcome.Bypass)
            return lookup.Reason == MissReason.Method && isUndisturbed && Storability.IsOfPost(lookup, head, receipt.Targets)
                ? AdmitPost(lookup, head, receipt)
                : Pass(lookup, head, NotTakenPart(lookup.Reason));
        if (lookup.Plan is not null && (head.Status is 206 or 304 or 416))
            return Parts.Continue(lookup, head, receipt);
        if (lookup.Plan is { } plan)
            plan.Slice = PartialContent.SliceOf(lookup, head);
        if (head.Status == 304)
            return lookup.Validators is null ? Pass(lookup, head, NotStoredReason.NotModified) : Freshen(lookup, head, receipt);
        if (head.Status is 500 or 502 or 503 or 504 && lookup.Standby is { } stale && Reuse.InsteadOfServerError(stale, lookup.Facts.Directives, receipt.Came))
            return Serve(lookup, head, stale, receipt.Came, "stale-if-error");
        if (lookup.Request.Method == Methods.Head)
        {
            if (head.Status == 200 && lookup.Selected is { } stored)
                CompareWithHead(stored, lookup, head, receipt);
            return Pass(lookup, head, NotStoredReason.Method);
        }
        return Admit(lookup, head, receipt);
    }

    /// <summary>The origin's answer for a gap of the plan, but for the first, which <see cref="Receive"/> has taken. Null: it does not
    /// continue what has been sent, and what is held is dropped.</summary>
    public Gap? ReceiveGap(Lookup lookup, ResponseHead head, in Receipt receipt) =>
        Parts.ReceiveGap(lookup, head, receipt.To(lookup));

    /// <summary>RFC 9111 s.4.3.4: the 304 updates what it confirms, and that answers the client.</summary>
    private Admission Freshen(Lookup lookup, ResponseHead head, in Receipt receipt)
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
        var freshened = Update(confirmed, lookup, head, receipt);
        if (freshened.Partial is not null && !PartialContent.Covers(freshened, lookup.Request.Method, lookup.Facts, receipt.Came))
            return AskAgain(lookup, head);
        var admission = Serve(lookup, head, freshened, receipt.Came, null);
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
    private void CompareWithHead(Entry stored, Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        if (Validation.Agrees(stored, head.Fields))
            Update(stored, lookup, head, receipt);
        else
            _tiers.Doubt(stored);
    }

    /// <summary>A new entry with the same body and the updated head, put in the place of the old where it may be stored.</summary>
    private Entry Update(Entry old, Lookup lookup, ResponseHead update, in Receipt receipt)
    {
        var rule = _rules?.ForAnswer(lookup.Request.Target, old.Head.Status, old.Head.Fields);
        var head = old.Head.FreshenedBy(lookup.Request.Fields, update.Fields, receipt, rule);
        var entry = old.With(head);
        // By the origin's own directives, not by what a rule makes of them.
        var reason = Judge(lookup, head.Status, head.Fields, rule is null ? head.Directives : ResponseDirectives.Of(head.Fields, receipt.Targets), rule);
        switch (reason == NotStoredReason.None ? Storability.Judge(head) : reason)
        {
            case NotStoredReason.None:
                var stamp = lookup.BanStamp;
                if (!Care.Bans.Admits(entry.Key, entry.Head, ref stamp))
                    break;
                entry.BanStamp = stamp;
                _tiers.Update(old, entry, lookup.Request.Fields, lookup.Stamp);
                Count(Counter.Freshened);
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

    /// <summary>RFC 9110 s.9.3.3: it answers later GETs. Its own invalidation is no reason against it.</summary>
    private Admission AdmitPost(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        lookup.Stamp = _tiers.Memory.StampOf(lookup.Key);
        lookup.Facts = lookup.Facts with { HasBody = false };
        return Admit(lookup, head, receipt);
    }

    private Admission Admit(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        if (head.Status == 206)
            return Parts.Admit(lookup, head, receipt);
        var directives = ResponseDirectives.Of(head.Fields, receipt.Targets);
        var rule = _rules?.ForAnswer(lookup.Request.Target, head.Status, head.Fields);
        var reason = Judge(lookup, head.Status, head.Fields, directives, rule);
        EntryHead? entryHead = null;
        if (reason == NotStoredReason.None)
        {
            entryHead = EntryHead.Of(lookup.Request.Fields, head, directives, receipt, rule);
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
                    lookup.Request.Method == Methods.Get ? PartialContent.IfItBreaks(head, length, receipt) : null),
                CacheStatus = Forwarded(lookup, head) with { Stored = true, Ttl = entryHead!.Freshness.LeftTicks(receipt.Came) / TimeSpan.TicksPerSecond },
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

    /// <summary>RFC 9111 s.4.4, RFC 9875 s.3: after an unsafe method.</summary>
    private void Invalidate(Lookup lookup, ResponseHead head)
    {
        var target = lookup.Request.Target;
        // Whatever the status: the origin says it in so many words.
        if (head.Fields.Get(FieldNames.CacheGroupInvalidation) is { } groups)
            foreach (var group in EntryTags.Groups(groups))
                InvalidateGroup(lookup.Key, EntryTags.HashOf(group));
        if (!Invalidation.Applies(head.Status))
            return;
        Invalidate(lookup.Key);
        foreach (var name in (ReadOnlySpan<string>)[FieldNames.Location, FieldNames.ContentLocation])
            if (Invalidation.SameOriginPath(target, head.Fields.Get(name)) is { } path)
                Invalidate(lookup.Key.WithPath(_rules?.KeyPath(target, path) ?? path));
    }

    private void Invalidate(in CacheKey key)
    {
        // RFC 9875 s.2.2.1: a cache may invalidate what shares a group with it; no further than that. The members of what lies on
        // disk alone are left to the origin's word (s.3).
        foreach (var entry in _tiers.Memory.Find(key))
            foreach (var group in entry.Head.Groups ?? [])
                InvalidateGroup(key, group);
        _tiers.Invalidate(key);
    }

    /// <summary>All members, in all tiers, are validated before they are served again.</summary>
    /// <param name="origin">Any key of the origin.</param>
    internal void InvalidateGroup(in CacheKey origin, int group) => _tiers.Groups.Invalidate(origin, group);

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

    private static Admission Serve(Lookup lookup, ResponseHead head, Entry entry, in Moment now, string? detail)
    {
        var reply = ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now, Forwarded(lookup, head) with { Detail = detail });
        return new Admission { Kind = AdmissionKind.Serve, Reply = reply, CacheStatus = reply.CacheStatus };
    }
}
