using System.Net;

namespace Sluice.Net;

/// <summary>Hears what passes on one connection, in the order in which it passes: what is received before anybody else sees it, what is sent just before
/// it goes. Called on I/O threads, in both directions at once: it copies what it wants, and never waits.</summary>
public abstract class SocketTap
{
    /// <summary>Whether anybody wants what is sent now.</summary>
    public abstract bool IsListening { get; }

    /// <summary>Octets from the peer; none: its FIN.</summary>
    public abstract void Received(ReadOnlySpan<byte> octets);

    public abstract void Sent(ReadOnlySpan<byte> octets);

    /// <summary>Of what it heard last, so many octets did not go: the connection broke.</summary>
    public abstract void Unsent(long octets);

    /// <summary>Our FIN.</summary>
    public abstract void SentEnd();

    /// <summary>The peer has reset the connection.</summary>
    public abstract void WasReset();

    /// <summary>We have closed it.</summary>
    /// <param name="resets">With RST.</param>
    public abstract void Closed(bool resets);

    /// <summary>What follows is nobody's whom it was to hear.</summary>
    public abstract void Pause();
}

/// <summary>Puts a tap on a connection that somebody uses from now on.</summary>
/// <param name="former">The one that it has already.</param>
/// <param name="opened">When it was made.</param>
/// <param name="isDecrypted">What is heard went through TLS.</param>
public delegate SocketTap TapConnection(SocketTap? former, IPEndPoint? local, IPEndPoint? remote, DateTimeOffset opened, bool isDecrypted);
