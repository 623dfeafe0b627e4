using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Net;

namespace Sluice.Tests.Net;

/// <summary>Tunnels under a real KestrelServer: the handler takes the socket and relays it.</summary>
public sealed class TakeOverTests : IDisposable
{
    private const string Connect = "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n";
    private const string Established = "HTTP/1.1 200 Connection established\r\n\r\n";

    private readonly TcpListener _origin = new(System.Net.IPAddress.Loopback, 0);
    private readonly TaskCompletionSource<RelayResult> _ended = new();

    public TakeOverTests() => _origin.Start();

    public void Dispose() => _origin.Dispose();

    /// <summary>CONNECT is tunnelled to the origin; any other method is answered.</summary>
    private async Task HandleAsync(IFeatureCollection features)
    {
        var connection = features.Get<SocketConnection>()!;
        if (features.Get<IHttpRequestFeature>()!.Method != "CONNECT")
        {
            features.Get<IHttpResponseFeature>()!.StatusCode = 407;
            await features.Get<IHttpResponseBodyFeature>()!.StartAsync();
            return;
        }
        var taken = await connection.TakeOverAsync();
        var upstream = await TcpSocket.ConnectAsync((System.Net.IPEndPoint)_origin.LocalEndpoint);
        await taken.Socket.SendAsync(Established);
        _ended.TrySetResult(await new Relay(taken.Socket, upstream, TimeProvider.System)
            .RunAsync(taken.Early, Timeout.InfiniteTimeSpan, connection.ConnectionClosed));
    }

    private Task<Socket> AcceptAsync() => _origin.AcceptSocketAsync().Soon();

    [Theory]
    [InlineData("", "")]
    [InlineData("", "early bytes")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", "")]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "early bytes")] // the second request of a connection
    public async Task Connect_TunnelsBothWaysWithHalfClose(string before, string early)
    {
        await using var host = await KestrelHost.StartAsync(HandleAsync);
        foreach (var clientFirst in new[] { true, false })
        {
            using var client = await Wire.ConnectAsync(host.EndPoint);
            if (before.Length > 0)
            {
                await client.SendAsync(before);
                Assert.StartsWith("HTTP/1.1 407", await client.ReadHeadAsync(), StringComparison.Ordinal);
                await client.ReadAsync("0\r\n\r\n".Length);
            }
            await client.SendAsync(Connect + early);
            using var origin = await AcceptAsync();
            Assert.Equal(Established, await client.ReadHeadAsync());
            var (up, down) = (Wire.Noise(5 << 20, 1), Wire.Noise(5 << 20, 2));
            var (first, second) = clientFirst ? (client, origin) : (origin, client);
            var (toSecond, toFirst) = clientFirst ? (up, down) : (down, up);
            var sending = SendAndFinishAsync(first, toSecond);
            var got = await second.ReadToEndAsync();
            await sending;
            Assert.Equal(toSecond, clientFirst ? got[early.Length..] : got);
            sending = SendAndFinishAsync(second, toFirst);
            got = await first.ReadToEndAsync();
            await sending;
            Assert.Equal(toFirst, clientFirst ? got : got[early.Length..]);
            if (clientFirst)
                continue;
            Assert.Equal(RelayEnd.Completed, (await _ended.Task.Soon()).End);
        }
        Assert.Empty(host.Log.Lines);
    }

    private static async Task SendAndFinishAsync(Socket socket, byte[] bytes)
    {
        await socket.SendAllAsync(bytes);
        socket.Shutdown(SocketShutdown.Send);
    }

    [Fact]
    public async Task EarlyBytesOfManySegments_AreKept()
    {
        var early = Wire.Noise(700_000); // more than the input holds: the rest waits in the kernel
        await using var host = await KestrelHost.StartAsync(HandleAsync);
        using var client = await Wire.ConnectAsync(host.EndPoint);
        var bytes = System.Text.Encoding.Latin1.GetBytes(Connect).Concat(early).ToArray();
        var sending = SendAndFinishAsync(client, bytes);
        using var origin = await AcceptAsync();
        Assert.Equal(early, await origin.ReadToEndAsync());
        await sending;
    }

    [Theory]
    [InlineData(true, RelayEnd.ClientReset)]
    [InlineData(false, RelayEnd.UpstreamReset)]
    public async Task Reset_ReachesTheOtherEnd(bool clientResets, RelayEnd end)
    {
        await using var host = await KestrelHost.StartAsync(HandleAsync);
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync(Connect);
        using var origin = await AcceptAsync();
        await client.ReadHeadAsync();
        (clientResets ? client : origin).Reset();
        Assert.Equal(SocketError.ConnectionReset, await (clientResets ? origin : client).ReadErrorAsync());
        Assert.Equal(end, (await _ended.Task.Soon()).End);
    }

    [Fact]
    public async Task ServerStopDuringATunnel_ResetsItAtTheDeadline()
    {
        await using var host = await KestrelHost.StartAsync(HandleAsync);
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync(Connect);
        using var origin = await AcceptAsync();
        await client.ReadHeadAsync();
        using var deadline = new CancellationTokenSource();
        var stopping = host.StopAsync(deadline.Token);
        await client.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await origin.ReadAsync(1)); // until then it goes on
        Assert.False(stopping.IsCompleted);
        await deadline.CancelAsync();
        Assert.Equal(SocketError.ConnectionReset, await client.ReadErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await origin.ReadErrorAsync());
        await stopping.Soon();
    }

    [Fact]
    public async Task HandlerThatReturnsBeforeTheTunnelEnds_LeavesTheSocketAlone()
    {
        TakenSocket taken = default;
        var returned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            taken = await features.Get<SocketConnection>()!.TakeOverAsync();
            features.Get<IHttpResponseFeature>()!.OnCompleted(_ => { returned.SetResult(); return Task.CompletedTask; }, 0);
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync(Connect);
        await returned.Task.Soon();
        await host.StopAsync(TestContext.Current.CancellationToken).Soon(); // the connection has left the server
        await taken.Socket.SendAsync("mine");
        Assert.Equal("mine"u8.ToArray(), await client.ReadAsync(4));
        await client.SendAsync("yours");
        Assert.Equal("yours"u8.ToArray(), await taken.Socket.ReadAsync(5));
        taken.Socket.Dispose();
        Assert.Empty(host.Log.Lines);
    }
}
