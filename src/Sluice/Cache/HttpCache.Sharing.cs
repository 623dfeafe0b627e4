using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>What a fetch in flight is the same by: the URI, what is held of it, and, where that is known, the variant.</summary>
internal readonly record struct FetchKey(CacheKey Uri, object? Held, string? Variant)
{
    public override int GetHashCode() => Uri.Hash ^ (Variant?.GetHashCode(StringComparison.Ordinal) ?? 0);
}

/// <summary>The part of the door for requests that share one fetch (RFC 9111 s.4: collapsed requests).</summary>
public sealed partial class HttpCache
{
    /// <summary>Whether the answer to another's request could be this one's. Not one that was asked for before it (no-cache,
    /// max-age=0: RFC 9111 s.5.2.1), a part, or what credentials, no-store or a condition tie to one client.</summary>
    internal static bool MayFollow(Lookup lookup) =>
        lookup.Outcome is LookupOutcome.Miss or LookupOutcome.Revalidate && lookup.Request.Method == Methods.Get
        && lookup.Facts is { HasAuthorization: false, HasOriginCondition: false, Range: null, Directives: { NoStore: false, NoCache: false, MaxAge: not 0 } };

    /// <summary>Whether the answer to this could be another's as well: its client's own conditions are not in it.</summary>
    internal static bool MayBeFollowed(Lookup lookup) => lookup.Facts is { IfNoneMatch: null, IfModifiedSince: null };

    /// <summary>An entry on disk is another object each time it is found; its place is the same.</summary>
    internal static FetchKey KeyOf(Lookup lookup, string? variant) =>
        new(lookup.Key, lookup.Selected is { Place: { } place } ? (place.Segment, place.Offset) : lookup.Selected, variant);

    /// <summary>Something was stored or invalidated since the lookup was made.</summary>
    internal bool HasChanged(Lookup lookup) => IsInvalidated(lookup) || _tiers.Memory.Find(lookup.Key) != lookup.InMemory;

    /// <summary>Since the lookup was made.</summary>
    internal bool IsInvalidated(Lookup lookup) => _tiers.Memory.StampOf(lookup.Key) != lookup.Stamp || Care.Bans.Newest != lookup.BanStamp;

    /// <summary>Decides anew by what is held now.</summary>
    internal async ValueTask LookAgainAsync(Lookup lookup)
    {
        var why = lookup.Reason;
        lookup.Reply = null;
        lookup.Refresh = null;
        lookup.Validators = null;
        if (!Look(lookup))
            await FindOnDiskAsync(lookup);
        if (lookup.Reply is { } reply && why != MissReason.None)
            lookup.Reply = reply.As(reply.CacheStatus with { Hit = false, Forwarded = why, Collapsed = true });
    }

    /// <summary>Whether the answer serves anybody but the one who asked: fresh for a request without wishes.</summary>
    internal bool ServesOthers(EntryWriter writer) =>
        Reuse.Judge(writer.Head, RequestDirectives.None, Moment.Now(_time), out _) == ReuseVerdict.Fresh;

    /// <summary>The head for one who follows an answer that is still coming (its body is not in it), or 304; null: it may not
    /// have it (RFC 9111 s.4).</summary>
    /// <param name="variant">Where the answer is another variant: the one it wants.</param>
    internal StoredReply? Follow(EntryWriter writer, Lookup lookup, out string? variant)
    {
        var (head, now) = (writer.Head, Moment.Now(_time));
        variant = head.Vary.Matches(lookup.Request.Fields) ? null : head.Vary.VariantOf(lookup.Request.Fields);
        return variant is null && !_tiers.Groups.Doubts(lookup.Key, head) && Reuse.Judge(head, lookup.Facts.Directives, now, out _) == ReuseVerdict.Fresh
            ? ReplyBuilder.Follow(head, lookup.Facts, now, new CacheStatus { Forwarded = lookup.Reason, ForwardStatus = head.Status, Collapsed = true })
            : null;
    }

    /// <summary>As <see cref="InsteadOfError"/>, where the origin answered another's request by 500, 502, 503 or 504 (RFC 5861 s.4).</summary>
    internal StoredReply? InsteadOfServerError(Lookup lookup, int status)
    {
        var now = Moment.Now(_time);
        return lookup.Standby is { } entry && Reuse.InsteadOfServerError(entry, lookup.Facts.Directives, now)
            ? ReplyBuilder.Build(entry, lookup.Request.Method, lookup.Facts, now,
                new CacheStatus { Forwarded = lookup.Reason, ForwardStatus = status, Collapsed = true, Detail = "stale-if-error" })
            : null;
    }
}
