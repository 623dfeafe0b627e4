using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Sluice.Http;

namespace Sluice.Upstream;

/// <summary>An upstream's answer, or why there is none: first the head, then the body piece by piece, then the trailers.
/// Disposing it ends the exchange.</summary>
public abstract class UpstreamReply : IAsyncDisposable
{
    /// <summary>None: so far all went well. Set before the head is there: there is no head; later: the body is not whole.</summary>
    public ForwardError Error { get; private protected set; }

    public string? ErrorDetail { get; private protected set; }

    /// <summary>The exception with which reading the client's body failed.</summary>
    public abstract Exception? ClientFault { get; }

    /// <summary>Octets of the request's body that were sent.</summary>
    public abstract long BytesUp { get; }

    /// <summary>The final head, as received.</summary>
    public ResponseHead Head { get; private protected set; } = null!;

    /// <summary>How the body is delimited.</summary>
    public abstract BodyLength BodyLength { get; }

    /// <summary>The piece just given is known to be the body's last.</summary>
    public abstract bool IsLastPiece { get; }

    /// <summary>After the end of a chunked body.</summary>
    public abstract FieldList? Trailers { get; }

    public abstract IPEndPoint? Remote { get; }

    /// <summary>The next piece of the body, without transfer coding; empty at its end, where <see cref="Error"/> says
    /// whether it is whole. Valid until the next call.</summary>
    public abstract ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync();

    public abstract ValueTask DisposeAsync();

    private protected void Fail(ForwardError error, string? detail)
    {
        Error = error;
        ErrorDetail = detail;
    }

    /// <summary>What the network does, through a socket or through TLS (which may be renegotiated at any time).</summary>
    internal static bool IsFault(Exception e) => e is SocketException or IOException or ObjectDisposedException or AuthenticationException;
}
