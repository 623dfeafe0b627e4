// The two-way copy.
//
// What: two connected sockets; what one sends the other receives, until both have ended.
// Strategy: one loop per direction: wait without a buffer (an idle relay holds none), rent a block (a large one where the last was
// bulk: Blocks.cs), receive, send, give it back. A send that the kernel does not take at once
// stops the loop, and with it the sender: backpressure needs no code. After 256 KiB a loop lets
// others have their turn, so that a bulk stream does not starve the other sockets of its I/O thread.
//   FIN on one side becomes FIN on the other once the bytes before it are sent; the other direction goes on.
//   An error on one side becomes RST on the other: nobody shall take a torn stream for a whole one. What had arrived
//     before a reset has been sent by then, as the kernel hands out received bytes before the error.
//   The end is decided once (the first reason wins); sockets that are reset under the loops end them, so that no
//     receive needs a cancellation token.
// Facts: silence costs no clock per message: the sweep of Deadlines.cs sees whether more bytes have come since the last.
using System.Net;
using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>One relay. It owns both sockets and closes them when it ends.</summary>
public sealed class Relay(TcpSocket client, TcpSocket upstream, Deadlines deadlines) : TimeLimited(deadlines), IRelayCount
{
    private const int Running = -1;

    private int _end = Running;
    private int _copying = 2;
    private long _up;
    private long _down;
    private long _seen; // bytes both ways, at the last sweep
    private TimeSpan _idle;
    private long _started;
    private long _firstDown = -1; // ticks of the time provider

    public long BytesUp => Volatile.Read(ref _up);

    public long BytesDown => Volatile.Read(ref _down);

    public IPEndPoint? Client => client.RemoteEndPoint;

    /// <summary>Told how many octets have gone, completes when the next may; null: nothing paces them.</summary>
    public Func<int, ValueTask>? Pace { get; init; }

    /// <summary>Copies until both sides have ended. Call once. Never throws.</summary>
    /// <param name="early">Bytes from the client that were read before: sent to the upstream first.</param>
    /// <param name="idle">Silence in both directions that ends the relay; <see cref="Timeout.InfiniteTimeSpan"/>: none does.</param>
    /// <param name="stop">Ends it at once.</param>
    public async Task<RelayResult> RunAsync(ReadOnlyMemory<byte> early, TimeSpan idle, CancellationToken stop)
    {
        _started = Time.GetTimestamp();
        _idle = idle;
        Allow(idle);
        Open();
        await using (stop.UnsafeRegister(static relay => ((Relay)relay!).Stop(), this))
        {
            var up = CopyAsync(client, upstream, early, isUp: true);
            await CopyAsync(upstream, client, default, isUp: false);
            await up;
        }
        Close();
        Interlocked.CompareExchange(ref _end, (int)RelayEnd.Completed, Running);
        client.Dispose();
        upstream.Dispose();
        return new RelayResult(BytesUp, BytesDown, (RelayEnd)_end,
            _firstDown < 0 ? null : Time.GetElapsedTime(_started, _firstDown));
    }

    /// <summary>Ends it at once.</summary>
    public void Stop() => End(RelayEnd.Stopped);

    private async Task CopyAsync(TcpSocket from, TcpSocket to, ReadOnlyMemory<byte> early, bool isUp)
    {
        byte[]? buffer = null;
        var failing = to; // whose operation it is that may throw
        var inThisTurn = 0;
        var isBulk = false;
        try
        {
            if (!early.IsEmpty)
            {
                await to.SendAsync(early);
                Count(early.Length, isUp);
            }
            while (true)
            {
                failing = from;
                while (!await from.WaitToReceiveAsync())
                {
                    // The wait of whoever had the socket before was cancelled.
                }
                buffer = isBulk ? Blocks.RentForBulk(from.IsCrowded) : Blocks.Rent(Blocks.Ordinary);
                var received = await from.ReceiveAsync(buffer);
                isBulk = received >= Blocks.Ordinary && Pace is null;
                if (received == 0)
                    break;
                if (!isUp && _firstDown < 0)
                    _firstDown = Time.GetTimestamp();
                failing = to;
                await to.SendAsync(buffer.AsMemory(0, received));
                Count(received, isUp);
                Blocks.Return(buffer);
                buffer = null;
                if (Pace is not null)
                    await Pace(received);
                if ((inThisTurn += received) < TcpSocket.OneTurn)
                    continue;
                inThisTurn = 0;
                await from.NextTurn();
            }
            failing = to;
            // The second to end leaves FIN to the close that follows.
            if (Interlocked.Decrement(ref _copying) > 0 && !to.TryShutdownSend())
                End(to == client ? RelayEnd.ClientReset : RelayEnd.UpstreamReset);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            End(failing == client ? RelayEnd.ClientReset : RelayEnd.UpstreamReset);
        }
        if (buffer is not null)
            Blocks.Return(buffer);
    }

    private void Count(int bytes, bool isUp)
    {
        if (isUp)
            Volatile.Write(ref _up, _up + bytes);
        else
            Volatile.Write(ref _down, _down + bytes);
    }

    protected internal override void OnSweep()
    {
        var bytes = BytesUp + BytesDown;
        if (bytes == _seen)
            return;
        _seen = bytes;
        Allow(_idle);
    }

    protected internal override void OnTimedOut() => End(RelayEnd.IdleTimedOut);

    /// <summary>Anything but completion: resets both, which ends the loops.</summary>
    private void End(RelayEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, (int)end, Running) != Running)
            return;
        client.Reset();
        upstream.Reset();
    }
}
