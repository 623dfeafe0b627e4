using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What <see cref="HttpCache"/> does with partial entries and with answers that bring parts; the rules are those of
/// <see cref="PartialContent"/>.</summary>
internal readonly struct PartAdmission(HttpCache cache, Tiers tiers)
{
    /// <summary>What is held is not all that is asked for: the gaps are, or the request goes up as the client sent it.</summary>
    /// <param name="reason">Why what is held is not fresh.</param>
    public void Complete(Lookup lookup, Entry partial, bool isFresh, MissReason reason, in Moment now)
    {
        lookup.Reason = reason == MissReason.OriginCondition ? reason : MissReason.Partial;
        if (lookup.Facts.Directives.OnlyIfCached)
        {
            lookup.Outcome = LookupOutcome.OnlyIfCached;
            return;
        }
        lookup.Plan = PartialContent.PlanFor(partial, lookup, isFresh, now, tiers.MaxInMemory);
        lookup.Outcome = lookup.Plan is null ? LookupOutcome.Miss : LookupOutcome.Complete;
        MemoryTier.Touch(partial);
    }

    /// <summary>A 206 to a request that went up as the client sent it.</summary>
    public Admission Admit(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        // RFC 9110 s.15.3.7: a 206 is for who asked for a range. What nobody asked for, and what is not one clear range, passes.
        if (lookup.Facts.Range is null || !PartialContent.TryRead(head, out var range))
            return HttpCache.Pass(lookup, head, NotStoredReason.PartialContent);
        return WriterOf(lookup, head, range, receipt, out var reason) is { } writer
            ? new Admission { Kind = AdmissionKind.Store, Writer = writer, CacheStatus = HttpCache.Forwarded(lookup, head) with { Stored = true } }
            : HttpCache.Pass(lookup, head, reason);
    }

    /// <summary>The answer for the first gap of the plan: it continues what is held, or shows that this is no more.</summary>
    public Admission Continue(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        if (ReceiveGap(lookup, head, receipt) is not { } gap)
            return HttpCache.AskAgain(lookup, head);
        PartialContent.TryRead(head, out var range);
        var plan = lookup.Plan!;
        var updated = plan.Head.FreshenedBy(lookup.Request.Fields, PartialContent.AsWhole(head, range).Fields, receipt);
        var reply = ReplyBuilder.HeadOf(plan, updated, receipt.Came, HttpCache.Forwarded(lookup, head) with { Stored = gap.Writer is not null });
        HttpCache.AddCookies(reply, head);
        return new Admission { Kind = AdmissionKind.Complete, Reply = reply, Gap = gap, CacheStatus = reply.CacheStatus };
    }

    /// <summary>Null: it does not continue what is held, which is dropped (RFC 9111 s.3.4).</summary>
    public Gap? ReceiveGap(Lookup lookup, ResponseHead head, in Receipt receipt)
    {
        if (!PartialContent.TryRead(head, out var range) || !lookup.Plan!.Fits(range, StrongValidator.Of(head.Fields, receipt.Came.Wall)))
        {
            Drop(lookup);
            return null;
        }
        var writer = WriterOf(lookup, head, range, receipt, out var reason);
        // What the origin now forbids to store is not held on to.
        if (reason is NotStoredReason.ResponseNoStore or NotStoredReason.Private or NotStoredReason.VaryStar)
            Drop(lookup);
        return new Gap(range.Range, writer);
    }

    /// <summary>Forgets what the plan went out from, and what has been combined with it since.</summary>
    private void Drop(Lookup lookup)
    {
        if (Reuse.Select(tiers.Memory.Find(lookup.Key), lookup.Request.Fields) is { Partial: { } partial } held && partial.Validator == lookup.Plan!.Validator)
            tiers.Remove(held);
    }

    private EntryWriter? WriterOf(
        Lookup lookup, ResponseHead head, in ContentRange range, in Receipt receipt, out NotStoredReason reason)
    {
        var directives = ResponseDirectives.Of(head.Fields, receipt.Targets);
        // RFC 9111 s.3.3: "as if it were an incomplete 200".
        reason = Storability.Judge(lookup.Facts, 200, head.Fields, directives);
        if (reason != NotStoredReason.None)
            return null;
        var whole = PartialContent.AsWhole(head, range);
        var entryHead = EntryHead.Of(lookup.Request.Fields, whole, directives, receipt);
        reason = Storability.Judge(entryHead);
        if (reason != NotStoredReason.None)
            return null;
        var part = new Part(range, StrongValidator.Of(head.Fields, receipt.Came.Wall), whole.Fields, receipt);
        return new EntryWriter(cache, lookup, entryHead, new BodyBuilder(tiers.Memory, range.Range.Length, tiers.MaxInMemory), null, part);
    }
}
