// TLS to an upstream.
//
// What: the platform's TLS over one of our sockets, and what two of its answers leave open.
// Facts, tried with .NET 10 and OpenSSL 3:
//   A read gives 0 for the peer's close_notify, and for a bare FIN as well. FIN is not protected: anybody on the way can make one, so a
//     body that ends with the connection must tell them apart (RFC 9112 s.9.8). A close_notify is found in what was received;
//     only where there was none does the read go on to the socket and meet the FIN there.
//   Sessions are resumed by themselves: the platform keeps one per host name in the whole process, whatever options it was made with, and none
//     for a literal address. The certificate comes with the session and is judged again each time, by those who resume it.
//   Where an issuer is missing, the platform fetches it from the URL in the certificate: a request to wherever the peer likes, made on
//     an I/O thread, past all address rules. So it is told not to.
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Sluice.Net;

namespace Sluice.Upstream;

internal sealed class UpstreamTls : SslStream
{
    private static readonly List<SslApplicationProtocol> Http1 = [SslApplicationProtocol.Http11];
    private static readonly List<SslApplicationProtocol> Http2 = [SslApplicationProtocol.Http2];
    private static readonly X509ChainPolicy SystemRoots = Policy();

    private readonly SocketStream _socket;

    public UpstreamTls(SocketStream socket) : base(socket) => _socket = socket;

    /// <summary>Hears what passes without TLS; null: nobody does.</summary>
    public SocketTap? Tap { get; set; }

    /// <summary>After a read of 0: nobody said that this was the end.</summary>
    public bool IsCutShort => _socket.HasEnded;

    /// <summary>As <see cref="SocketStream.Closed"/>.</summary>
    public Action? Closed { set => _socket.Closed = value; }

    /// <summary>Why the certificate is not believed.</summary>
    public SslPolicyErrors CertificateFaults { get; private set; }

    public Task HandshakeAsync(Destination to, CancellationToken cancellation) => AuthenticateAsClientAsync(
        new SslClientAuthenticationOptions
        {
            TargetHost = to.Identity?.ServerName ?? to.At.Host,
            ApplicationProtocols = to.Http2 ? Http2 : Http1,
            CertificateChainPolicy = to.Identity?.Roots?.Policy ?? SystemRoots,
            RemoteCertificateValidationCallback = static (stream, _, _, faults) =>
                (((UpstreamTls)stream).CertificateFaults = faults) == SslPolicyErrors.None,
        }, cancellation);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Tap is { } tap && !buffer.IsEmpty ? ReadAsync(buffer, tap, cancellationToken) : base.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Tap?.Sent(buffer.Span);
        return base.WriteAsync(buffer, cancellationToken);
    }

    protected override void Dispose(bool disposing)
    {
        Tap?.Closed(resets: false);
        base.Dispose(disposing);
    }

    public override ValueTask DisposeAsync()
    {
        Tap?.Closed(resets: false);
        return base.DisposeAsync();
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, SocketTap tap, CancellationToken cancellation)
    {
        try
        {
            var octets = await base.ReadAsync(buffer, cancellation);
            tap.Received(buffer.Span[..octets]);
            return octets;
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: SocketException })
        {
            tap.WasReset();
            throw;
        }
    }

    /// <summary>Shared by all handshakes; each works on a copy.</summary>
    internal static X509ChainPolicy Policy() => new()
    {
        DisableCertificateDownloads = true,
        RevocationMode = X509RevocationMode.NoCheck,
    };
}
