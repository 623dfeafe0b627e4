// The two-way copy.
//
// What: two connected sockets; what one sends the other receives, until both have ended.
// Strategy: one loop per direction: wait with a receive of zero bytes (an idle relay holds no buffer), rent 64 KiB,
// receive, send, give the buffer back. A send that the kernel does not take at once
// stops the loop, and with it the sender: backpressure needs no code. After 256 KiB a loop goes to the thread pool
// once, so that a bulk stream does not starve the other sockets of its I/O thread.
//   FIN on one side becomes FIN on the other once the bytes before it are sent; the other direction goes on.
//   An error on one side becomes RST on the other: nobody shall take a torn stream for a whole one. What had arrived
//     before a reset has been sent by then, as the kernel hands out received bytes before the error.
//   The end is decided once (the first reason wins); sockets that are reset under the loops end them, so that no
//     receive needs a cancellation token.
// Facts: silence is measured by one timer per relay that looks at the time of the last byte and re-arms itself.
using System.Buffers;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>One relay. It owns both sockets and closes them when it ends.</summary>
public sealed class Relay(Socket client, Socket upstream, TimeProvider time)
{
    private const int BufferSize = 64 << 10;
    private const int YieldAfter = 256 << 10;
    private const int Running = -1;

    private int _end = Running;
    private long _up;
    private long _down;
    private long _lastByte;
    private long _started;
    private long _firstDown = -1; // ticks of the time provider
    private ITimer? _timer;

    /// <summary>From client to upstream, so far.</summary>
    public long BytesUp => Volatile.Read(ref _up);

    /// <summary>From upstream to client, so far.</summary>
    public long BytesDown => Volatile.Read(ref _down);

    /// <summary>Copies until both sides have ended. Call once. Never throws.</summary>
    /// <param name="early">Bytes from the client that were read before: sent to the upstream first.</param>
    /// <param name="idle">Silence in both directions that ends the relay; <see cref="Timeout.InfiniteTimeSpan"/>: none does.</param>
    /// <param name="stop">Ends it at once.</param>
    public async Task<RelayResult> RunAsync(ReadOnlyMemory<byte> early, TimeSpan idle, CancellationToken stop)
    {
        _started = _lastByte = time.GetTimestamp();
        if (idle != Timeout.InfiniteTimeSpan)
        {
            _timer = time.CreateTimer(_ => OnTimer(idle), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(idle, Timeout.InfiniteTimeSpan); // not before the field is set: OnTimer uses it
        }
        await using (_timer)
        await using (stop.UnsafeRegister(static relay => ((Relay)relay!).End(RelayEnd.Stopped), this))
        {
            var up = CopyAsync(client, upstream, early, isUp: true);
            await CopyAsync(upstream, client, default, isUp: false);
            await up;
        }
        Interlocked.CompareExchange(ref _end, (int)RelayEnd.Completed, Running);
        client.Dispose();
        upstream.Dispose();
        return new RelayResult(BytesUp, BytesDown, (RelayEnd)_end,
            _firstDown < 0 ? null : time.GetElapsedTime(_started, _firstDown));
    }

    private async Task CopyAsync(Socket from, Socket to, ReadOnlyMemory<byte> early, bool isUp)
    {
        byte[]? buffer = null;
        var failing = to; // whose operation it is that may throw
        var sinceYield = 0;
        try
        {
            if (!early.IsEmpty)
            {
                await SendAsync(to, early);
                Count(early.Length, isUp);
            }
            while (true)
            {
                failing = from;
                await from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
                var received = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), SocketFlags.None);
                if (received == 0)
                    break;
                if (!isUp && _firstDown < 0)
                    _firstDown = time.GetTimestamp();
                failing = to;
                await SendAsync(to, buffer.AsMemory(0, received));
                Count(received, isUp);
                ArrayPool<byte>.Shared.Return(buffer);
                buffer = null;
                if ((sinceYield += received) < YieldAfter)
                    continue;
                sinceYield = 0;
                await Task.Yield();
            }
            failing = to;
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            End(failing == client ? RelayEnd.ClientReset : RelayEnd.UpstreamReset);
        }
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private static async ValueTask SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        // Sockets of .NET send all of a stream's bytes before they complete; should one not, the rest follows.
        while (!bytes.IsEmpty)
            bytes = bytes[await to.SendAsync(bytes, SocketFlags.None)..];
    }

    private void Count(int bytes, bool isUp)
    {
        if (isUp)
            Volatile.Write(ref _up, _up + bytes);
        else
            Volatile.Write(ref _down, _down + bytes);
        Volatile.Write(ref _lastByte, time.GetTimestamp());
    }

    private void OnTimer(TimeSpan idle)
    {
        var left = idle - time.GetElapsedTime(Volatile.Read(ref _lastByte));
        if (left <= TimeSpan.Zero)
            End(RelayEnd.IdleTimedOut);
        else
            _timer!.Change(left, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Anything but completion: resets both, which ends the loops.</summary>
    private void End(RelayEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, Running) != Running)
            return;
        client.Reset();
        upstream.Reset();
    }
}
