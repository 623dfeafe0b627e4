namespace Sluice.Cache;

public enum AdmissionKind : byte
{
    /// <summary>Stream it to the client, not stored.</summary>
    Pass,

    /// <summary>Stream it to the client and, piece by piece, into <see cref="Admission.Writer"/>.</summary>
    Store,

    /// <summary>Discard it and send <see cref="Admission.Reply"/>: a 304 freshened what we hold, or a stale answer stands in for a 5xx.</summary>
    Serve,

    /// <summary>A gap of <see cref="Lookup.Plan"/>: send the head of <see cref="Admission.Reply"/>, then what the plan says,
    /// with the octets of this answer where <see cref="Admission.Gap"/> says.</summary>
    Complete,

    /// <summary>Discard it and send the request once more with the client's own conditions
    /// (<see cref="Lookup.Validators"/> and <see cref="Lookup.Plan"/> are null now): a 304 that fits nothing that we hold
    /// (RFC 9111 s.4.3.4), or no answer for a gap.</summary>
    AskAgain,
}

/// <summary>What to do with the origin's final answer.</summary>
public sealed class Admission
{
    public required AdmissionKind Kind { get; init; }

    public EntryWriter? Writer { get; init; }

    public StoredReply? Reply { get; init; }

    /// <summary>For Complete.</summary>
    public Gap? Gap { get; init; }

    /// <summary>For Pass: why.</summary>
    public NotStoredReason Reason { get; init; }

    /// <summary>For Pass and Store; a Reply has its own.</summary>
    public CacheStatus CacheStatus { get; init; }
}
