using Sluice.Tests.Kit;

namespace Sluice.Tests.Upstream;

/// <summary>What only shows where client, proxy and origin meet.</summary>
public class ThroughTheProxyTests
{
    [Theory]
    [InlineData("Content-Length: 0\r\n\r\n")]
    [InlineData("Content-Length: 3\r\n\r\nodd")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nodd\r\n0\r\n\r\n")]
    public async Task ResetContent_ArrivesWithoutContent(string rest)
    {
        // RFC 9110 s.15.3.6
        await using var origin = ScriptedOrigin.Saying($"HTTP/1.1 205 Reset Content\r\n{rest}");
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            var answer = await client.ReadResponseAsync();
            Assert.Equal((205, "", "0"), (answer.Status, answer.Text, answer["Content-Length"]));
        }
    }

    [Fact]
    public async Task ForbiddenTrailersOfARequest_AreNotSentOn()
    {
        // RFC 9110 s.6.5.1
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var answer = await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "2\r\nok\r\n0\r\nX-Sum: 42\r\nContent-Length: 99\r\nAuthorization: Basic eDp5\r\n\r\n");
        Assert.Equal(200, answer.Status);
        Assert.Equal([new RawField("X-Sum", "42")], Assert.Single(origin.Requests).Trailers);
    }

    [Fact]
    public async Task ExpectOfHttp10_IsIgnored()
    {
        // RFC 9110 s.10.1.1
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var answer = await proxy.AskAsync($"POST {origin.Url()} HTTP/1.0\r\nHost: {origin.Authority}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
        Assert.Equal(200, answer.Status);
        Assert.Null(Assert.Single(origin.Requests)["Expect"]);
    }

    [Fact]
    public async Task EarlyAnswer_LeavesTheClientAWholeAnswerAndTheProxyWell()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WriteAsync("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 4\r\n\r\nless");
            await x.WaitUntilGoneAsync();
        });
        // The rest of a body is waited for two seconds: they do not pass.
        await using var proxy = await RunningProxy.ForwardAsync(time: new ManualTime());
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 10\r\n\r\nhello");
        var answer = await client.ReadResponseAsync();
        Assert.Equal((413, "less"), (answer.Status, answer.Text));
        // The rest of the body is read and dropped: the connection is good for another request.
        await client.SendAsync($"worldPOST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(413, (await client.ReadResponseAsync()).Status);
    }
}
