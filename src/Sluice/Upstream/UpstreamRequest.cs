using System.IO.Pipelines;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>A request as it goes to the upstream: head already cleaned of what belongs to the client's connection.</summary>
public sealed class UpstreamRequest
{
    public required Destination To { get; init; }

    /// <summary>Which addresses may be dialled, and be reused.</summary>
    public required AddressRules Addresses { get; init; }

    public required string Method { get; init; }

    /// <summary>The request target as written on the request line: origin-form or <c>*</c>.</summary>
    public required string Target { get; init; }

    /// <summary>The fields to send, Host first, without Content-Length, Transfer-Encoding and Connection: framing is written here.</summary>
    public required FieldList Fields { get; init; }

    /// <summary>The body; null: none.</summary>
    public RequestBody? Body { get; init; }

    /// <summary>The value of Upgrade that the client asked for; null: none.</summary>
    public string? Upgrade { get; init; }

    /// <summary>The client waits for 100 (Continue) before it sends the body (RFC 9110 s.10.1.1).</summary>
    public bool ExpectsContinue { get; init; }

    /// <summary>Receives interim answers other than 100, in order; null: they are dropped.</summary>
    public Func<ResponseHead, ValueTask>? Interim { get; init; }

    /// <summary>The client takes trailers (RFC 9110 s.10.1.4).</summary>
    public bool TakesTrailers { get; init; }

    /// <summary>Of the client's connection that asks; null: nobody's. May be set until the answer's body is read.</summary>
    public PinnedConnections? Pinned { get; set; }

    /// <summary>Puts a tap on the connection that it goes by; null: nobody hears it. Not over HTTP/2.</summary>
    public TapConnection? Tap { get; init; }

    /// <summary>The client left.</summary>
    public CancellationToken Aborted { get; init; }

    /// <summary>When a connection was dialled for it, and when it was made or was not, by the pool's time provider; 0: an open one carried it.</summary>
    public (long Began, long Ended) Dial { get; internal set; }

    private TimeLimited? _asked;
    private long _shortenedTo;
    private volatile bool _isShared;

    /// <summary>The client will send no more and may be gone: what is not answered in this time will not be.</summary>
    public void ShortenTo(TimeSpan limit)
    {
        if (_isShared)
            return;
        Volatile.Write(ref _shortenedTo, limit.Ticks);
        Volatile.Read(ref _asked)?.Allow(limit);
    }

    /// <summary>Others wait for it, too: what one client does shortens it no more, and what was shortened has this anew.</summary>
    public void Share(TimeSpan limit)
    {
        _isShared = true;
        Interlocked.MemoryBarrier();
        if (Interlocked.Exchange(ref _shortenedTo, 0) > 0)
            Volatile.Read(ref _asked)?.Allow(limit);
    }

    /// <summary>From now on an answer is awaited on this, for as long as this or as <see cref="ShortenTo"/> says.</summary>
    internal void AwaitOn(TimeLimited asked, TimeSpan limit)
    {
        Volatile.Write(ref _asked, asked);
        Limit(asked, limit);
    }

    /// <summary>The same, begun anew.</summary>
    internal void Limit(TimeLimited asked, TimeSpan limit)
    {
        asked.Allow(limit);
        // After the above: whichever comes second, ShortenTo or this, sees the other.
        if (Interlocked.Read(ref _shortenedTo) is > 0 and var ticks)
            asked.Allow(new TimeSpan(ticks));
    }

    /// <summary>The answer's head has come, or will not come.</summary>
    internal void AwaitsNoMore() => Volatile.Write(ref _asked, null);
}

/// <summary>The body of a request on its way in.</summary>
/// <param name="Reader">Content without any transfer coding.</param>
/// <param name="Length">Octets; null: not known before, sent chunked.</param>
/// <param name="Trailers">Called after the end of the content.</param>
public sealed record RequestBody(PipeReader Reader, long? Length, Func<FieldList?> Trailers);
