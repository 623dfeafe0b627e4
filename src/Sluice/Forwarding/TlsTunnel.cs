using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>A tunnel whose upstream end is TLS that we speak (an Upgrade through a reverse listener to https). TLS has no
/// half-close worth the name, so the first end closes both after what is in flight.</summary>
internal sealed class TlsTunnel(TakenSocket client, SslStream tls, TcpSocket upstream, Func<int, ValueTask>? pace) : IRelayCount
{
    private long _up;
    private long _down;
    private CancellationToken _stop;

    public long BytesUp => Volatile.Read(ref _up);

    public long BytesDown => Volatile.Read(ref _down);

    /// <summary>Copies until one side has ended. Call once.</summary>
    public async Task<RelayResult> RunAsync(TimeSpan idle, CancellationToken stop)
    {
        await using var down = new SocketStream(client.Socket);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _stop = stop;
        await using var closing = ended.Token.UnsafeRegister(static tunnel => ((TlsTunnel)tunnel!).Close(), this);
        ended.CancelAfter(idle);
        var up = CopyAsync(down, tls, client.Early, isUp: true, idle, ended);
        var back = CopyAsync(tls, down, default, isUp: false, idle, ended);
        await Task.WhenAny(up, back);
        await ended.CancelAsync();
        await Task.WhenAll(up, back);
        await tls.DisposeAsync();
        return new RelayResult(BytesUp, BytesDown, stop.IsCancellationRequested ? RelayEnd.Stopped : RelayEnd.Completed, null);
    }

    private async Task CopyAsync(Stream from, Stream to, ReadOnlyMemory<byte> early, bool isUp, TimeSpan idle, CancellationTokenSource ended)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            await to.WriteAsync(early, ended.Token);
            Count(early.Length, isUp);
            int read;
            while ((read = await from.ReadAsync(buffer, ended.Token)) > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), ended.Token);
                Count(read, isUp);
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
    }

    // Reset where it was broken off: nobody shall take a torn stream for a whole one.
    private void Close()
    {
        foreach (var socket in new[] { client.Socket, upstream })
            if (_stop.IsCancellationRequested)
                socket.Reset();
            else
                socket.Dispose();
    }

    private void Count(int octets, bool isUp)
    {
        if (isUp)
            Volatile.Write(ref _up, _up + octets);
        else
            Volatile.Write(ref _down, _down + octets);
    }
}
