using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

/// <summary>May a stored response be served, and how (RFC 9111 s.4)?</summary>
internal enum ReuseVerdict : byte
{
    Fresh,

    /// <summary>Stale, and the client takes it (max-stale).</summary>
    StaleAsAsked,

    /// <summary>Stale, and the origin lets it be served while it is refreshed (RFC 5861 s.3).</summary>
    StaleWhileRevalidate,

    No,
}

/// <summary>The rules of reuse: selection (s.4.1), freshness against the request's wishes (s.5.2.1), stale answers (s.4.2.4).</summary>
internal static class Reuse
{
    /// <summary>Without a word from the origin an answer stands in for an unreachable origin this long after its end.</summary>
    private static readonly TimeSpan MaxStaleWhenDisconnected = TimeSpan.FromDays(1);

    /// <summary>Of the variants that the request matches the one with the latest Date (s.4.1).</summary>
    public static Entry? Select(Entry[] variants, FieldList request)
    {
        Entry? selected = null;
        foreach (var entry in variants)
            if (entry.Head.Vary.Matches(request) && (selected is null || entry.Head.Date >= selected.Head.Date))
                selected = entry;
        return selected;
    }

    /// <param name="reason">Why it is not served fresh.</param>
    public static ReuseVerdict Judge(Entry entry, in RequestDirectives request, in Moment now, out MissReason reason)
    {
        reason = MissReason.Invalidated;
        return entry.IsInvalidated ? ReuseVerdict.No : Judge(entry.Head, request, now, out reason);
    }

    /// <summary>The same for an answer of which only the head is there.</summary>
    public static ReuseVerdict Judge(EntryHead head, in RequestDirectives request, in Moment now, out MissReason reason)
    {
        var response = head.Directives;
        reason = MissReason.None;
        // RFC 9111 s.5.2.2.4
        if (response.NoCache)
            reason = MissReason.ResponseNoCache;
        // RFC 9111 s.5.2.1.4, s.5.4
        else if (request.NoCache)
            reason = MissReason.RequestNoCache;
        if (reason != MissReason.None)
            return ReuseVerdict.No;

        var age = head.Freshness.AgeTicks(now);
        var left = head.Freshness.LifetimeTicks - age;
        // RFC 9111 s.5.2.1.1; RFC 8246 s.2: a reload (max-age=0) does not make a fresh immutable answer be asked for.
        if (request.MaxAge >= 0 && age > Ticks(request.MaxAge) && !(response.Immutable && left > 0))
            reason = MissReason.RequestMaxAge;
        // RFC 9111 s.5.2.1.3
        else if (request.MinFresh >= 0 && left < Ticks(request.MinFresh))
            reason = left > 0 ? MissReason.RequestMinFresh : MissReason.Stale;
        if (reason != MissReason.None)
            return ReuseVerdict.No;
        if (left > 0)
            return ReuseVerdict.Fresh;

        reason = MissReason.Stale;
        if (response.ForbidsStale)
            return ReuseVerdict.No;
        // RFC 9111 s.5.2.1.2
        if (request.MaxStale >= 0 && -left <= Ticks(request.MaxStale))
            return ReuseVerdict.StaleAsAsked;
        // RFC 5861 s.3
        return response.StaleWhileRevalidate > 0 && -left <= Ticks(response.StaleWhileRevalidate)
            ? ReuseVerdict.StaleWhileRevalidate
            : ReuseVerdict.No;
    }

    /// <summary>RFC 5861 s.4: a stale answer in place of a 500, 502, 503 or 504, where origin or client says stale-if-error.</summary>
    public static bool InsteadOfServerError(Entry entry, in RequestDirectives request, in Moment now)
    {
        var allowed = Math.Max(request.StaleIfError, entry.Head.Directives.StaleIfError);
        return allowed >= 0 && MayBeStale(entry, request) && StaleTicks(entry, now) <= Ticks(allowed);
    }

    /// <summary>RFC 9111 s.4.2.4: disconnected from the origin, a cache may serve stale unless somebody forbids it.</summary>
    public static bool WhenDisconnected(Entry entry, in RequestDirectives request, in Moment now)
    {
        var said = Math.Max(request.StaleIfError, entry.Head.Directives.StaleIfError);
        return MayBeStale(entry, request) && StaleTicks(entry, now) <= (said >= 0 ? Ticks(said) : MaxStaleWhenDisconnected.Ticks);
    }

    /// <summary>Neither the origin nor an invalidation forbids it, nor does the client want something better.</summary>
    private static bool MayBeStale(Entry entry, in RequestDirectives request) =>
        !entry.IsInvalidated && !entry.Head.Directives.ForbidsStale
        && !request.NoCache && request.MinFresh < 0 && (request.MaxAge < 0 || request.MaxStale >= 0);

    private static long StaleTicks(Entry entry, in Moment now) =>
        Math.Max(0, entry.Head.Freshness.AgeTicks(now) - entry.Head.Freshness.LifetimeTicks);

    private static long Ticks(long seconds) => seconds * TimeSpan.TicksPerSecond;
}
