using System.Net;

namespace Sluice.Net;

/// <summary>Why no connection came about. Of several addresses: the error of the first one that failed.</summary>
public enum DialError
{
    None,
    /// <summary>RST answered the SYN, or ICMP port unreachable.</summary>
    Refused,
    /// <summary>No route, host or network.</summary>
    Unreachable,
    /// <summary>No answer to the SYN within the time given.</summary>
    TimedOut,
    /// <summary>The name does not exist or has no address, or no name server answers for it.</summary>
    NameNotFound,
    /// <summary>No answer from the resolver within the time given.</summary>
    NameTimedOut,
    /// <summary>Every address of the name is one that the rules do not admit; nothing was dialled.</summary>
    Prohibited,
    /// <summary>This process or machine has no descriptor, port or memory left for another connection.</summary>
    NoDescriptors,
    Other,
}

/// <summary>A connected socket (NoDelay, keep-alive; the caller's to dispose) and its address, or an error.</summary>
/// <param name="Remote">On success the address dialled; on failure the first address that failed, null if none was tried.</param>
public readonly record struct DialResult(TcpSocket? Socket, IPEndPoint? Remote, DialError Error);
