using System.Text;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>CONNECT: after 2xx the connection is bytes, both ways (RFC 9110 s.9.3.6).</summary>
public class ConnectTests
{
    [Fact]
    public async Task Tunnel_CarriesBytesBothWaysAndIsOneRecord()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Connect(origin));
            var response = await client.ReadResponseAsync("CONNECT");
            Assert.Equal(200, response.Status);
            // RFC 9110 s.9.3.6: no Transfer-Encoding or Content-Length in a 2xx to CONNECT
            Assert.False(response.Head.Has("Content-Length"));
            Assert.False(response.Head.Has("Transfer-Encoding"));
            await client.SendAsync("\0\x01ping");
            Assert.Equal("\0\x01ping", await client.ReadTextAsync(6));
            client.HalfClose();
            Assert.Empty(await client.ReadToEndAsync());
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(RecordKind.Connect, record.Kind);
        Assert.Equal(200, record.Status);
        Assert.Equal((6, 6), (record.RequestBytes, record.ResponseBytes));
        Assert.Equal(origin.EndPoint, record.Upstream);
        Assert.Equal(origin.Authority, record.Url);
    }

    [Fact]
    public async Task EarlyData_IsNotLost()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin) + "early");
        await client.ReadResponseAsync("CONNECT");
        Assert.Equal("early", await client.ReadTextAsync(5));
    }

    [Fact]
    public async Task TunnelAfterARequest_OnTheSameConnection()
    {
        await using var pages = ScriptedOrigin.With("page");
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync($"GET {pages.Url()} HTTP/1.1\r\nHost: {pages.Authority}\r\n\r\n");
            Assert.Equal("page", (await client.ReadResponseAsync()).Text);
            await client.SendAsync(Connect(origin));
            Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
            await client.SendAsync("x");
            Assert.Equal("x", await client.ReadTextAsync(1));
        }
        await proxy.EndAsync(2);
    }

    [Fact]
    public async Task RefusedTunnel_LeavesTheConnectionUsable()
    {
        using var closed = new ClosedPort();
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {closed.EndPoint} HTTP/1.1\r\nHost: {closed.EndPoint}\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.Equal(502, response.Status);
        Assert.Contains("connection_refused", response["Proxy-Status"]);
        await client.SendAsync(Connect(origin));
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
    }

    [Fact]
    public async Task OriginThatSpeaksFirst_IsHeard()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.SendAsync("220 hello");
            await c.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        Assert.Equal("220 hello", await client.ReadTextAsync(9));
    }

    [Fact]
    public async Task ClientsFin_ReachesTheOriginAndItsAnswerStillComesBack()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            var all = await c.ReadToEndAsync();
            await c.SendAsync($"got {all.Length}");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        await client.SendAsync(new byte[300_000]);
        client.HalfClose();
        Assert.Equal("got 300000", Encoding.Latin1.GetString(await client.ReadToEndAsync()));
    }

    [Fact]
    public async Task OriginsFin_ReachesTheClientAndItMayStillSend()
    {
        var got = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.SendAsync(new byte[300_000]);
            c.HalfClose();
            got.SetResult((await c.ReadToEndAsync()).Length);
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        Assert.Equal(300_000, (await client.ReadToEndAsync()).Length);
        await client.SendAsync("late");
        client.HalfClose();
        Assert.Equal(4, await got.Task.Within());
    }

    [Fact]
    public async Task ClientsReset_ReachesTheOrigin()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.SendAsync("x");
            await c.WaitUntilGoneAsync();
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        await client.ReadTextAsync(1);
        client.Reset();
        await gone.Task.Within();
        await proxy.OnlyRecordAsync();
    }

    [Fact]
    public async Task OriginsReset_ReachesTheClient()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.ReadSomeAsync();
            c.Reset();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        await client.SendAsync("x");
        await client.WaitUntilGoneAsync();
        await proxy.OnlyRecordAsync();
    }

    [Fact]
    public async Task BodyOfAConnectRequest_MeansNothing()
    {
        // RFC 9110 s.9.3.6: what follows the head is the tunnel's.
        await using var origin = Echo();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 3\r\n\r\nabcd");
        var response = await client.ReadResponseAsync("CONNECT");
        if (response.Status == 200)
            Assert.Equal("abcd", await client.ReadTextAsync(4));
        else
            Assert.Equal(400, response.Status);
    }

    [Fact]
    public async Task TlsThroughATunnel_IsBetweenClientAndOrigin()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(origin));
        await client.ReadResponseAsync("CONNECT");
        await client.StartTlsAsync("localhost");
        await client.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal("secret", (await client.ReadResponseAsync()).Text);
    }

    private static string Connect(ScriptedOrigin origin) => $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n";

    private static ScriptedOrigin Echo() => ScriptedOrigin.StartRaw(async c =>
    {
        while (await c.ReadSomeAsync() is { Length: > 0 } bytes)
            await c.SendAsync(bytes);
    });
}
