using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>A connection made for HTTP, or why there is none.</summary>
/// <param name="Tls">Over the socket, which it disposes with itself; null: TLS is not spoken.</param>
internal readonly record struct Dialled(TcpSocket? Socket, UpstreamTls? Tls, IPEndPoint? Remote, ForwardError Error, string? Detail)
{
    /// <summary>From the look-up of the name to the end of the handshake.</summary>
    public TimeSpan Took { get; init; }

    /// <summary>The same as two times, by the time provider.</summary>
    public (long Began, long Ended) When { get; init; }
}

/// <summary>Dials an upstream and makes the TLS handshake. <see cref="UpstreamOptions.Connect"/> limits each.</summary>
internal sealed class UpstreamDialer(Dialer dialer, UpstreamOptions options, TimeProvider time)
{
    public async ValueTask<Dialled> DialAsync(Destination to, AddressRules rules, CancellationToken aborted)
    {
        var began = time.GetTimestamp();
        var dialled = await ConnectAsync(to, rules, aborted);
        var ended = time.GetTimestamp();
        return dialled with { Took = time.GetElapsedTime(began, ended), When = (began, ended) };
    }

    private async ValueTask<Dialled> ConnectAsync(Destination to, AddressRules rules, CancellationToken aborted)
    {
        DialResult dial;
        try
        {
            dial = await dialer.DialAsync(to.At, rules, options.Connect, aborted);
        }
        catch (OperationCanceledException)
        {
            return Failed(ForwardError.ClientLeft, null);
        }
        if (dial.Socket is not { } socket)
            return Failed(ForwardErrors.Of(dial.Error), to.ToString(), dial.Remote);
        return to.Tls ? await HandshakeAsync(socket, dial.Remote!, to, aborted) : new Dialled(socket, null, dial.Remote, ForwardError.None, null);
    }

    private async ValueTask<Dialled> HandshakeAsync(TcpSocket socket, IPEndPoint remote, Destination to, CancellationToken aborted)
    {
        var tls = new UpstreamTls(new SocketStream(socket, owns: true));
        using var limit = new CancellationTokenSource(options.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, aborted);
        await using var giveUp = either.Token.UnsafeRegister(static s => ((TcpSocket)s!).Dispose(), socket);
        try
        {
            await tls.HandshakeAsync(to, either.Token);
            return new Dialled(socket, tls, remote, ForwardError.None, null);
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            await tls.DisposeAsync();
            socket.Dispose();
            return Failed(e switch
            {
                _ when either.IsCancellationRequested => aborted.IsCancellationRequested ? ForwardError.ClientLeft : ForwardError.ConnectTimedOut,
                _ when tls.CertificateFaults != System.Net.Security.SslPolicyErrors.None => ForwardError.CertificateRejected,
                AuthenticationException => ForwardError.TlsFailed,
                _ => ForwardError.Terminated,
            }, e.Message, remote);
        }
    }

    private static Dialled Failed(ForwardError error, string? detail, IPEndPoint? remote = null) => new(null, null, remote, error, detail);
}
