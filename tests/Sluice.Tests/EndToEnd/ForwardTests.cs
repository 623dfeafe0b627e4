using System.Net;
using Sluice.Forwarding;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The forward proxy with well-behaved clients and all kinds of origins.</summary>
public class ForwardTests
{
    [Fact]
    public async Task Get_ReachesTheOriginInOriginFormWithVia()
    {
        await using var origin = ScriptedOrigin.With("hello", "Content-Type: text/plain");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, "/a?b=c", "Accept: text/plain");
        Assert.Equal(200, response.Status);
        Assert.Equal("hello", response.Text);
        Assert.Contains("1.1 ", response["Via"]);
        var request = origin.Requests.Single();
        Assert.Equal("GET /a?b=c HTTP/1.1", request.Head.StartLine);
        Assert.Equal(origin.Authority, request["Host"]);
        Assert.Equal("text/plain", request["Accept"]);
        Assert.Contains("1.1 ", request["Via"]);
        Assert.Null(request["X-Forwarded-For"]);
        Assert.Null(request["Forwarded"]);
    }

    [Fact]
    public async Task HopByHopFields_StayOnTheirHop()
    {
        // RFC 9110 s.7.6.1, s.11.7.2
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok", "Connection: X-Hop, keep-alive", "X-Hop: 1", "Keep-Alive: timeout=5", "X-End: 2"));
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, "/", "Connection: X-Foo, keep-alive", "X-Foo: 1", "Keep-Alive: 5", "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic eDp5", "TE: trailers", "X-Bar: 2");
        var request = origin.Requests.Single();
        foreach (var name in new[] { "X-Foo", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization" })
            Assert.False(request.Head.Has(name), name);
        Assert.Equal("2", request["X-Bar"]);
        Assert.False(response.Head.Has("X-Hop"));
        Assert.False(response.Head.Has("Keep-Alive"));
        Assert.Equal("2", response["X-End"]);
    }

    [Theory]
    [InlineData("X-Foo, close")]
    [InlineData("close, X-Foo")]
    [InlineData("TE, close, x-foo")]
    public async Task CloseAmongOtherOptions_ClosesAfterTheAnswer(string options)
    {
        // RFC 9112 s.9.6
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: {options}\r\nX-Foo: 1\r\n\r\n");
        Assert.Equal("close", (await client.ReadResponseAsync())["Connection"]);
        await client.ExpectClosedAsync();
        Assert.False(origin.Requests.Single().Head.Has("X-Foo"));
    }

    [Fact]
    public async Task EndToEndFieldsNamedByConnection_AreKept()
    {
        // RFC 9110 s.7.6.1: a sender must not name fields meant for all recipients.
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: Host, Cache-Control, Content-Length\r\nCache-Control: no-cache\r\nContent-Length: 2\r\n\r\nab");
        var request = origin.Requests.Single();
        Assert.Equal("no-cache", request["Cache-Control"]);
        Assert.Equal(origin.Authority, request["Host"]);
        Assert.Equal("ab", request.Text);
    }

    [Fact]
    public async Task ConnectionsOnBothSides_AreKept()
    {
        await using var origin = ScriptedOrigin.With("ok", "Cache-Control: no-store");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync($"GET {origin.Url($"/{i}")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        }
        Assert.Equal(1, origin.Connections);
        Assert.Equal(3, (await proxy.EndAsync(3)).Count);
    }

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\nhello world")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n")]
    public async Task RequestBody_ArrivesWhole(string framing)
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}");
        Assert.Equal(200, response.Status);
        Assert.Equal("hello world", origin.Requests.Single().Text);
        Assert.Equal(11, (await proxy.OnlyRecordAsync()).RequestBytes);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task BodilessStatus_StaysBodiless(int status)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(status, "", "ETag: \"a\""));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nIf-None-Match: \"a\"\r\n\r\n");
            Assert.Equal(status, (await client.ReadResponseAsync()).Status);
        }
    }

    [Fact]
    public async Task Head_HasTheLengthAndNoBody()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"HEAD {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var response = await client.ReadResponseAsync("HEAD");
        Assert.Equal("5", response["Content-Length"]);
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task OriginOnIpv6_IsReached()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "six"), IPAddress.IPv6Loopback);
        await using var proxy = await RunningProxy.ForwardAsync(bind: IPAddress.IPv6Loopback);
        Assert.Equal("six", (await proxy.GetAsync(origin)).Text);
        Assert.Equal(origin.Authority, origin.Requests.Single()["Host"]);
        Assert.Equal(origin.EndPoint, (await proxy.OnlyRecordAsync()).Upstream);
    }

    [Fact]
    public async Task RefusedConnection_Is502WithProxyStatus()
    {
        using var closed = new ClosedPort();
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"GET http://{closed.EndPoint}/ HTTP/1.1\r\nHost: {closed.EndPoint}\r\n\r\n");
        Assert.Equal(502, response.Status);
        Assert.Contains("connection_refused", response["Proxy-Status"]);
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("connection_refused", closed.EndPoint), (record.Error, record.Upstream));
    }

    [Fact]
    public async Task UnknownName_Is502WithDnsError()
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        // RFC 2606 s.2: never a name.
        var response = await proxy.AskAsync("GET http://nobody.invalid/ HTTP/1.1\r\nHost: nobody.invalid\r\n\r\n");
        Assert.Contains(response.Status, new[] { 502, 504 });
        Assert.StartsWith("dns_", (await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task SilentOrigin_Is504()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WaitUntilGoneAsync());
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Response = TimeSpan.FromMilliseconds(300) });
        var response = await proxy.GetAsync(origin);
        Assert.Equal(504, response.Status);
        Assert.Contains("http_response_timeout", response["Proxy-Status"]);
        Assert.Equal("http_response_timeout", (await proxy.OnlyRecordAsync()).Error);
    }

    public static TheoryData<string, string> BadResponses => new()
    {
        { "RFC 9112 s.6.3(5): two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc" },
        { "an invalid length", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nab" },
        { "length beside chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" },
        { "a coding that is not ours", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nxx" },
        { "no status line", "garbage\r\n\r\n" },
        { "a status of two digits", "HTTP/1.1 99 OK\r\n\r\n" },
        { "a status of four digits", "HTTP/1.1 1000 OK\r\n\r\n" },
        { "HTTP/0.9", "<html>hello</html>\r\n\r\n" },
        { "another protocol", "SSH-2.0-OpenSSH\r\n\r\n" },
        { "NUL in a field", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n" },
        { "a bare CR in a field", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n" },
        { "101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" },
        { "a field line of 1 MiB", "HTTP/1.1 200 OK\r\nX: " + new string('a', 1 << 20) + "\r\nContent-Length: 0\r\n\r\n" },
        { "100,000 fields", "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("X: y\r\n", 100_000)) + "Content-Length: 0\r\n\r\n" },
        { "closed before any answer", "" },
        { "closed within the head", "HTTP/1.1 200 OK\r\nX: a" },
    };

    [Theory]
    [MemberData(nameof(BadResponses))]
    public async Task BadResponse_Is502AndTheClientsConnectionStaysUsable(string what, string bytes)
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Target == "/good")
            {
                await x.ReplyAsync(200, "good");
                return;
            }
            await Record.ExceptionAsync(() => x.WriteAsync(bytes));
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url("/bad")} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.True(response.Status == 502, $"{what}: {response.Status}");
        Assert.NotNull(response["Proxy-Status"]);
        await client.SendAsync($"GET {origin.Url("/good")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("good", (await client.ReadResponseAsync()).Text);
        var records = await proxy.EndAsync(2);
        Assert.Equal([502, 200], records.Select(r => r.Status));
        Assert.NotNull(records[0].Error);
    }

    [Theory]
    [InlineData("a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")]
    [InlineData("chunks without a last one", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("a chunk that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n")]
    public async Task TruncatedResponse_DoesNotLookWhole(string what, string bytes)
    {
        // RFC 9112 s.8
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync(bytes);
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var ended = await Record.ExceptionAsync(async () => _ = await client.ReadResponseAsync());
        // Either 502 before anything was sent on, or a message that is visibly cut off.
        if (ended is null)
            Assert.StartsWith("HTTP/1.1 502", System.Text.Encoding.Latin1.GetString(client.Received));
        else
            Assert.True(ended is EndOfStreamException or IOException, $"{what}: {ended}");
        var record = await proxy.OnlyRecordAsync();
        Assert.NotNull(record.Error);
    }

    [Fact]
    public async Task ExtraBytesBehindAResponse_NeverBecomeTheNextOne()
    {
        // RFC 9112 s.9.2, s.11.1
        await using var origin = ScriptedOrigin.Start(x => x.Target == "/1"
            ? x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
            : x.ReplyAsync(200, "2"));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("1", (await proxy.GetAsync(origin, "/1")).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/2")).Text);
    }

    [Fact]
    public async Task ManyClientsAtOnce_EachGetTheirOwn()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target, "Cache-Control: no-store"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i => Assert.Equal($"/{i}", (await proxy.GetAsync(origin, $"/{i}")).Text)));
        await proxy.EndAsync(50);
    }
}
