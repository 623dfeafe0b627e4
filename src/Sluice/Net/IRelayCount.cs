namespace Sluice.Net;

/// <summary>Octets that have gone through, so far; asked from other threads.</summary>
public interface IRelayCount
{
    /// <summary>From client to upstream.</summary>
    long BytesUp { get; }

    /// <summary>From upstream to client.</summary>
    long BytesDown { get; }
}
