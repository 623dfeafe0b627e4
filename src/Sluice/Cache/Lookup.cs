using System.Net;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Cache;

public enum LookupOutcome : byte
{
    /// <summary>Send <see cref="Lookup.Reply"/>: fresh, or as stale as the client allows.</summary>
    Hit,

    /// <summary>Send <see cref="Lookup.Reply"/> and ask in the background for <see cref="Lookup.Refresh"/> (RFC 5861 s.3).</summary>
    HitStale,

    /// <summary>Ask upstream with <see cref="Lookup.Validators"/>.</summary>
    Revalidate,

    /// <summary>Ask upstream; the client's own conditions pass unchanged.</summary>
    Miss,

    /// <summary>Ask upstream; the cache takes no part but for invalidation.</summary>
    Bypass,

    /// <summary>Ask upstream for the gaps of <see cref="Lookup.Plan"/>, one after the other.</summary>
    Complete,

    /// <summary>Answer 504: the client wants a stored answer or none (RFC 9111 s.5.2.1.7).</summary>
    OnlyIfCached,
}

/// <summary>What the cache says of a request. Belongs to one exchange (or one refresh); not shared between threads.</summary>
public sealed class Lookup
{
    internal Lookup(RequestHead request, CacheKey key, RequestFacts facts)
    {
        Request = request;
        Key = key;
        Facts = facts;
    }

    public LookupOutcome Outcome { get; internal set; }

    /// <summary>Undecided: <see cref="HttpCache.FindOnDiskAsync"/> comes next.</summary>
    public bool MayBeOnDisk { get; internal set; }

    /// <summary>For Hit and HitStale.</summary>
    public StoredReply? Reply { get; internal set; }

    /// <summary>If-None-Match and If-Modified-Since to send in place of the client's own two (Range and If-Range stay).
    /// Null where the client's own go up; becomes null after <see cref="AdmissionKind.AskAgain"/>.</summary>
    public FieldList? Validators { get; internal set; }

    /// <summary>For Complete: what is held, what is missing. Becomes null where the origin's answer takes the place of all that.</summary>
    public GapPlan? Plan { get; internal set; }

    /// <summary>Why no fresh answer served it; None for a fresh hit.</summary>
    public MissReason Reason { get; internal set; }

    /// <summary>For HitStale: the lookup of the background fetch. Send its <see cref="Request"/> with its
    /// <see cref="Validators"/>, then call <see cref="HttpCache.Receive"/> with it; the admission's Reply has no taker.</summary>
    public Lookup? Refresh { get; internal set; }

    /// <summary>What was asked; for a refresh: GET, without conditions and Range.</summary>
    public RequestHead Request { get; }

    internal CacheKey Key { get; }

    internal RequestFacts Facts { get; set; }

    /// <summary>The entry that the request selects, fresh or not.</summary>
    internal Entry? Selected { get; set; }

    /// <summary>The selected entry is partial, and holds all that is asked for.</summary>
    internal bool IsCovered { get; set; }

    /// <summary>The selected entry, where it can answer the request by itself.</summary>
    internal Entry? Standby => Selected is { Partial: null } || IsCovered ? Selected : null;

    /// <summary>All entries of the URI when the lookup was made, but for those from where the client may not go.</summary>
    internal Entry[] Variants { get; set; } = [];

    /// <summary>What was in memory.</summary>
    internal Entry[] InMemory { get; set; } = [];

    /// <summary>The state of the key's invalidation stamp when the lookup was made.</summary>
    internal int Stamp { get; set; }

    /// <summary>The newest group invalidation when the lookup was made (<see cref="GroupStamps"/>).</summary>
    internal long GroupStamp { get; set; }

    /// <summary>Whether the client may have that address dialled; null: any.</summary>
    internal Func<IPEndPoint, bool>? MayDial { get; init; }

    /// <summary>The newest ban when the lookup was made (<see cref="Bans"/>).</summary>
    internal long BanStamp { get; set; }

    /// <summary>Puts the validators in the place of the client's own conditions, and the gap of the plan in the place of its ranges;
    /// nothing to do where there are neither.</summary>
    public void PutValidators(FieldList upstream)
    {
        Plan?.PutRange(upstream);
        if (Validators is null)
            return;
        upstream.Remove(FieldNames.IfNoneMatch);
        upstream.Remove(FieldNames.IfModifiedSince);
        foreach (var line in Validators.Lines)
            upstream.Add(line.Name, line.Value);
    }
}
