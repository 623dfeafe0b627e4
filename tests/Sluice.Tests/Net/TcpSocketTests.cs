using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

/// <summary>What every socket of the product keeps to, our own and the platform's (SLUICE_SOCKETS=plain).</summary>
public class TcpSocketTests
{
    [Fact]
    public async Task Receive_GivesWhatIsThereAndThenTheEnd()
    {
        var (near, far) = await Wire.OwnPairAsync();
        using var _ = near;
        using var own = far;
        await near.SendAsync("0123456789");
        near.Shutdown(SocketShutdown.Send);
        var buffer = new byte[4];
        var got = new List<int>();
        do
        {
            Assert.True(await own.WaitToReceiveAsync().AsTask().Soon());
            got.Add(await own.ReceiveAsync(buffer).AsTask().Soon());
        }
        while (got[^1] > 0);
        // The end stays the end.
        got.Add(await own.ReceiveAsync(buffer).AsTask().Soon());
        Assert.Equal([4, 4, 2, 0, 0], got);
    }

    [Fact]
    public async Task Receive_WaitsForWhatComesLater()
    {
        var (near, far) = await Wire.OwnPairAsync();
        using var _ = near;
        using var own = far;
        for (var i = 0; i < 100; i++)
        {
            var reading = own.ReadAsync(3);
            Assert.False(reading.IsCompleted);
            await near.SendAsync("abc");
            Assert.Equal("abc"u8.ToArray(), await reading.Soon());
        }
    }

    [Fact]
    public async Task FinOfOneSide_LeavesTheOtherOpen()
    {
        var (near, far) = await Wire.OwnPairAsync();
        using var _ = near;
        using var own = far;
        Assert.True(own.TryShutdownSend());
        Assert.Empty(await near.ReadToEndAsync());
        await near.SendAsync("still");
        near.Shutdown(SocketShutdown.Send);
        Assert.Equal("still"u8.ToArray(), await own.ReadToEndAsync());
        await Assert.ThrowsAnyAsync<SocketException>(() => own.SendAsync("too late"));
    }

    [Fact]
    public async Task Reset_EndsAPendingReceiveAndAPendingSend()
    {
        var (near, far) = await Wire.OwnPairAsync(buffers: 8 << 10);
        using var own = far;
        var receiving = own.ReceiveAsync(new byte[100]).AsTask();
        var sending = own.SendAsync(new byte[64 << 20]).AsTask();
        Assert.False(receiving.IsCompleted || sending.IsCompleted);
        near.Reset();
        // The first to be told takes the error; the other sees a connection that is gone.
        Assert.True(await EndOf(sending) is SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted);
        Assert.True(await EndOf(receiving) is SocketError.ConnectionReset or SocketError.Success);

        static async Task<SocketError> EndOf(Task task)
        {
            try
            {
                await task.Soon();
                return SocketError.Success;
            }
            catch (SocketException e)
            {
                return e.SocketErrorCode;
            }
        }
    }

    [Fact]
    public async Task Dispose_EndsWhatIsPending()
    {
        foreach (var begin in (Func<TcpSocket, Task>[])
        [
            own => own.WaitToReceiveAsync().AsTask(),
            own => own.ReceiveAsync(new byte[10]).AsTask(),
            own => own.SendAsync(new byte[64 << 20]).AsTask(),
            own => own.SendAsync([new byte[32 << 20], new byte[32 << 20]]).AsTask(),
        ])
        {
            var (near, own) = await Wire.OwnPairAsync(buffers: 8 << 10);
            using var _ = near;
            var pending = begin(own);
            Assert.False(pending.IsCompleted);
            own.Dispose();
            var end = await Assert.ThrowsAnyAsync<Exception>(() => pending.Soon());
            Assert.True(end is ObjectDisposedException or SocketException, end.ToString());
            own.Dispose();
            Assert.Null(own.LocalEndPoint);
            Assert.False(own.TryShutdownSend());
            await Assert.ThrowsAnyAsync<Exception>(() => own.SendAsync("x"));
        }
    }

    [Fact]
    public async Task CancelWait_EndsThisWaitOrTheNextAndNoOther()
    {
        var (near, far) = await Wire.OwnPairAsync();
        using var _ = near;
        using var own = far;
        var waiting = own.WaitToReceiveAsync().AsTask();
        own.CancelWait();
        Assert.False(await waiting.Soon());
        own.CancelWait();
        Assert.False(await own.WaitToReceiveAsync().AsTask().Soon());
        var next = own.WaitToReceiveAsync().AsTask();
        Assert.False(next.IsCompleted);
        own.CancelWait();
        Assert.False(await next.Soon());
        var reading = own.ReadAsync(1);
        Assert.False(reading.IsCompleted);
        await near.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await reading.Soon());
    }

    [Fact]
    public async Task Quiet_IsWhoHasNeitherSentNorClosed()
    {
        var (near, far) = await Wire.OwnPairAsync();
        using var _ = near;
        using var own = far;
        Assert.True(own.IsQuiet(surely: true));
        await near.SendAsync("x");
        await NewsAsync(own);
        await own.ReadAsync(1);
        Assert.True(own.IsQuiet(surely: true));
        near.Shutdown(SocketShutdown.Send);
        await NewsAsync(own);

        // The kernel may bring it a moment later.
        static async Task NewsAsync(TcpSocket own)
        {
            for (var began = TimeProvider.System.GetTimestamp(); own.IsQuiet(surely: true); await Task.Delay(1, TestContext.Current.CancellationToken))
                Assert.True(TimeProvider.System.GetElapsedTime(began) < Wire.Patience);
        }
    }

    [Fact]
    public async Task ManyPiecesToASlowReader_ArriveInTheirOrder()
    {
        var (near, far) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = near;
        using var own = far;
        var noise = Wire.Noise(3_000_000);
        var pieces = new List<ArraySegment<byte>>();
        for (int at = 0, length = 1; at < noise.Length; at += length, length = length * 7 % 40_009 + 1)
            pieces.Add(new ArraySegment<byte>(noise, at, Math.Min(length, noise.Length - at)));
        // More than fit into one system call.
        Assert.True(pieces.Count > 130, pieces.Count.ToString(CultureInfo.InvariantCulture));
        var sending = own.SendAsync(pieces).AsTask();
        Assert.False(sending.IsCompleted);
        Assert.Equal(noise, await near.ReadAsync(noise.Length));
        await sending.Soon();
        Assert.Equal(noise.Length, own.BytesSent);
    }

    [Fact]
    public async Task BothWaysAtOnce_DisturbEachOtherNot()
    {
        var (near, far) = await Wire.OwnPairAsync(buffers: 16 << 10);
        using var _ = near;
        using var own = far;
        var (up, down) = (Wire.Noise(5_000_000, 1), Wire.Noise(5_000_000, 2));
        var sending = Task.WhenAll(near.SendAllAsync(up), own.SendAsync(down).AsTask());
        var (atFar, atNear) = (own.ReadAsync(up.Length), near.ReadAsync(down.Length));
        Assert.Equal(up, await atFar.Soon());
        Assert.Equal(down, await atNear.Soon());
        await sending.Soon();
    }

    [Fact]
    public async Task Reset_IsSeenAsSuchByThePeer()
    {
        var (near, own) = await Wire.OwnPairAsync();
        using var _ = near;
        own.Reset();
        Assert.Equal(SocketError.ConnectionReset, await near.ReadErrorAsync());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task DialledSocket_IsNoDelayAndHasItsNames(string on)
    {
        using var listener = new Socket(IPAddress.Parse(on).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse(on), 0));
        listener.Listen();
        var to = (IPEndPoint)listener.LocalEndPoint!;
        using var own = await TcpSocket.ConnectAsync(to, TestContext.Current.CancellationToken).AsTask().Soon();
        using var far = await listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask().Soon();
        Assert.Equal(to, own.RemoteEndPoint);
        Assert.Equal(far.RemoteEndPoint, own.LocalEndPoint);
        AssertNoDelay(own.LocalEndPoint!);
    }

    [Fact]
    public async Task AcceptedSocket_IsNoDelay()
    {
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var accepting = listener.FirstAsync();
        using var near = await Wire.ConnectAsync(listener.EndPoint);
        using var own = await accepting.Soon();
        Assert.Equal(near.LocalEndPoint, own!.RemoteEndPoint);
        AssertNoDelay(listener.EndPoint, (IPEndPoint)near.LocalEndPoint!);
    }

    [Fact]
    public async Task ClosedPort_IsRefused()
    {
        using var closed = new ClosedPort();
        var refused = await Assert.ThrowsAsync<SocketException>(() => TcpSocket.ConnectAsync(closed.EndPoint, CancellationToken.None).AsTask().Soon());
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
    }

    [Fact]
    public async Task DialThatIsCancelled_EndsAsThat()
    {
        // A full backlog: the kernel answers no more SYNs.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        using var one = await Wire.ConnectAsync((IPEndPoint)listener.LocalEndPoint!);
        using var cancel = new CancellationTokenSource();
        var dialling = TcpSocket.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, cancel.Token).AsTask();
        Assert.False(dialling.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialling.Soon());
    }

    /// <summary>Finds the socket among this process's descriptors, as the product does not show it.</summary>
    private static void AssertNoDelay(IPEndPoint local, IPEndPoint? peer = null)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/fd");
        foreach (var entry in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (new FileInfo(entry).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) != true
                || NoDelayOf(nint.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture), local, peer) is not { } isSet)
                continue;
            Assert.True(isSet);
            return;
        }
        Assert.Fail($"no socket {local}");
    }

    /// <summary>Null: it is another socket.</summary>
    private static bool? NoDelayOf(nint descriptor, IPEndPoint local, IPEndPoint? peer)
    {
        try
        {
            using var handle = new SafeSocketHandle(descriptor, ownsHandle: false);
            using var socket = new Socket(handle);
            return socket.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 && local.Equals(socket.LocalEndPoint)
                && (peer is null || (socket.Connected && peer.Equals(socket.RemoteEndPoint))) ? socket.NoDelay : null;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Of another test, which has closed it since.
            return null;
        }
    }
}
