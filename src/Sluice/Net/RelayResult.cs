namespace Sluice.Net;

/// <summary>How a relay ended.</summary>
public enum RelayEnd
{
    /// <summary>Both sides sent FIN and everything was delivered.</summary>
    Completed,
    /// <summary>Neither side sent anything for the time given; both were reset.</summary>
    IdleTimedOut,
    /// <summary>The client's connection broke; the upstream's was reset.</summary>
    ClientReset,
    /// <summary>The upstream's connection broke; the client's was reset.</summary>
    UpstreamReset,
    /// <summary>We ended it; both were reset.</summary>
    Stopped,
}

/// <param name="BytesUp">From client to upstream, with the early ones: bytes that the upstream's kernel socket took.</param>
/// <param name="BytesDown">From upstream to client.</param>
/// <param name="FirstByteDown">From the relay's start to the upstream's first byte; null: none came.</param>
public readonly record struct RelayResult(long BytesUp, long BytesDown, RelayEnd End, TimeSpan? FirstByteDown);
