using System.Net;
using System.Net.WebSockets;
using System.Text;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Upgrade: asked like any request, bytes only after 101 (RFC 9110 s.7.8).</summary>
public class UpgradeTests
{
    [Fact]
    public async Task Upgrade_BecomesBytesOn101()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            Assert.Equal("echo", x.Head["Upgrade"]);
            await x.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nfirst");
            await x.WriteAsync(await x.Connection.ReadSomeAsync());
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            var response = await client.ReadResponseAsync();
            Assert.Equal(101, response.Status);
            Assert.Equal("echo", response["Upgrade"]);
            Assert.Equal("first", await client.ReadTextAsync(5));
            await client.SendAsync("ping");
            Assert.Equal("ping", await client.ReadTextAsync(4));
            Assert.Empty(await client.ReadToEndAsync());
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(RecordKind.Upgrade, record.Kind);
        Assert.Equal(101, record.Status);
        Assert.Equal((4, 9), (record.RequestBytes, record.ResponseBytes));
    }

    [Fact]
    public async Task UpgradeThatIsDeclined_IsAnOrdinaryAnswer()
    {
        await using var origin = ScriptedOrigin.With("no");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
            Assert.Equal("no", (await client.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task CleartextHttp2_IsNotOffered()
    {
        // RFC 9113 s.3.1: h2c by Upgrade is obsolete; sent on, it would carry requests past every rule.
        await using var origin = ScriptedOrigin.With("plain");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, "/", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk");
        Assert.Equal("plain", response.Text);
        Assert.False(origin.Requests.Single().Head.Has("Upgrade"));
        Assert.False(origin.Requests.Single().Head.Has("HTTP2-Settings"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WebSocket_Works(bool reverse)
    {
        await using var origin = WebSocketOrigin.Echo();
        await using var proxy = reverse ? await RunningProxy.ReverseAsync(origin.EndPoint) : await RunningProxy.ForwardAsync();
        using (var socket = new ClientWebSocket())
        {
            // Through a forward proxy this client uses CONNECT; through the reverse one, Upgrade.
            if (!reverse)
                socket.Options.Proxy = new WebProxy(proxy.Url) { BypassProxyOnLocal = false };
            using var limit = new CancellationTokenSource(Waiting.Limit);
            await socket.ConnectAsync(new Uri($"ws://{(reverse ? proxy.EndPoint.ToString() : origin.Authority)}/chat"), limit.Token);
            foreach (var text in new[] { "hello", new string('x', 100_000) })
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
                Assert.Equal(text, await WebSocketOrigin.ReadTextAsync(socket, limit.Token));
            }
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        }
        Assert.Equal(reverse ? RecordKind.Upgrade : RecordKind.Connect, (await proxy.OnlyRecordAsync()).Kind);
    }
}
