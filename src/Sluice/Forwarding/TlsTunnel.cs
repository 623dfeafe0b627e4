using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>A tunnel whose upstream end is TLS that we speak (an Upgrade through a reverse listener to https). TLS has no
/// half-close worth the name, so the first end closes both after what is in flight.</summary>
internal static class TlsTunnel
{
    public static async Task<RelayResult> RunAsync(TakenSocket client, SslStream tls, TcpSocket upstream, TimeSpan idle, Func<int, ValueTask>? pace, CancellationToken stop)
    {
        await using var down = new SocketStream(client.Socket);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var closing = ended.Token.UnsafeRegister(
            static sockets =>
            {
                var (one, other) = ((TcpSocket, TcpSocket))sockets!;
                one.Dispose();
                other.Dispose();
            }, (client.Socket, upstream));
        ended.CancelAfter(idle);
        var up = CopyAsync(down, tls, client.Early, idle, pace, ended);
        var back = CopyAsync(tls, down, default, idle, pace, ended);
        await Task.WhenAny(up, back);
        await ended.CancelAsync();
        var (bytesUp, bytesDown) = (await up, await back);
        await tls.DisposeAsync();
        return new RelayResult(bytesUp, bytesDown, stop.IsCancellationRequested ? RelayEnd.Stopped : RelayEnd.Completed, null);
    }

    private static async Task<long> CopyAsync(Stream from, Stream to, ReadOnlyMemory<byte> early, TimeSpan idle, Func<int, ValueTask>? pace, CancellationTokenSource ended)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        long copied = 0;
        try
        {
            await to.WriteAsync(early, ended.Token);
            copied = early.Length;
            int read;
            while ((read = await from.ReadAsync(buffer, ended.Token)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), ended.Token);
                copied += read;
                ended.CancelAfter(idle);
                if (pace is not null)
                    await pace(read);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One end is gone: the tunnel ends with it.
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return copied;
    }
}
