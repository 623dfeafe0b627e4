using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

public class ReverseTests
{
    [Fact]
    public async Task OriginForm_GoesToTheOneUpstream()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        var response = await proxy.AskAsync("GET /a?b HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        Assert.Equal("hello", response.Text);
        Assert.Equal("GET /a?b HTTP/1.1", origin.Requests.Single().Head.StartLine);
        Assert.Equal(origin.EndPoint, (await proxy.OnlyRecordAsync()).Upstream);
    }

    [Fact]
    public async Task WhoAsked_IsToldToTheUpstream()
    {
        // RFC 7239
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        await proxy.AskAsync("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        var request = origin.Requests.Single();
        Assert.Equal("127.0.0.1", request["X-Forwarded-For"]);
        Assert.Equal("shop.example", request["X-Forwarded-Host"]);
        Assert.Equal("http", request["X-Forwarded-Proto"]);
        Assert.Contains("for=127.0.0.1", request["Forwarded"]);
    }

    [Fact]
    public async Task LongChainOfForwardedAddresses_DoesNoHarm()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        var chain = string.Join(", ", Enumerable.Repeat("10.0.0.1", 2_000));
        var response = await proxy.AskAsync($"GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: {chain}\r\n\r\n");
        Assert.Equal(200, response.Status);
        Assert.EndsWith("127.0.0.1", origin.Requests.Single()["X-Forwarded-For"]);
    }

    [Theory]
    [InlineData("a, b")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("user@a")]
    [InlineData("a:b")]
    [InlineData("a:99999")]
    public async Task InvalidHost_IsRefused(string host)
    {
        // RFC 9112 s.3.2. In absolute form the server replaces Host by the target's authority before anyone sees it.
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        Assert.Equal(400, (await proxy.AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status);
        Assert.Equal(400, (await proxy.OnlyRecordAsync()).Status);
        Assert.Equal(0, origin.Heads);
    }

    [Fact]
    public async Task ConnectToAReverseListener_IsRefused()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        var response = await proxy.AskAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.InRange(response.Status, 400, 501);
        Assert.Equal(response.Status, (await proxy.OnlyRecordAsync()).Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task AsteriskForm_ReachesTheUpstream()
    {
        await using var origin = ScriptedOrigin.With("");
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        Assert.Equal(200, (await proxy.AskAsync("OPTIONS * HTTP/1.1\r\nHost: shop.example\r\n\r\n")).Status);
        Assert.Equal("OPTIONS * HTTP/1.1", origin.Requests.Single().Head.StartLine);
    }

    [Fact]
    public async Task TwoHosts_DoNotShareEntries()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        Assert.Equal("1", (await proxy.AskAsync("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")).Text);
        Assert.Equal("2", (await proxy.AskAsync("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n")).Text);
        Assert.Equal("1", (await proxy.AskAsync("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")).Text);
    }
}
