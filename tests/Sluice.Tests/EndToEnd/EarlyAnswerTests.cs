using Sluice.Forwarding;
using Sluice.Records;
using Sluice.Tests.Kit;
using static Sluice.Tests.EndToEnd.ClientConnectionTests;

namespace Sluice.Tests.EndToEnd;

/// <summary>Answers that begin before the request has ended, and whether the connection can be used again behind them.</summary>
public class EarlyAnswerTests
{
    [Fact]
    public async Task AnswerWhileTheClientAwaitsContinue_EndsTheConnection()
    {
        // RFC 9110 s.10.1.1: the client may send its body now, or not; nobody can tell that from a next request.
        await using var origin = ScriptedOrigin.StartAtHead(x => x.ReplyAsync(403, "no"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
        var response = await client.ReadResponseAsync();
        Assert.Equal((403, "close", 0), (response.Status, response["Connection"], response.Interim.Count));
        // It may be closed already.
        await Record.ExceptionAsync(() => client.SendAsync(Get(origin)));
        await client.ExpectClosedAsync();
        await proxy.OnlyRecordAsync();
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    public async Task AnswerBeforeALittleBody_KeepsTheConnection(string rest)
    {
        var cut = rest.IndexOf("hello", StringComparison.Ordinal) + 2;
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.ReplyAsync(403, x.Method, "Connection: close");
            await x.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, rest[..cut]));
        var response = await client.ReadResponseAsync();
        Assert.Equal(("POST", null), (response.Text, response["Connection"]));
        await client.SendAsync(rest[cut..] + Get(origin));
        Assert.Equal("GET", (await client.ReadResponseAsync()).Text);
        await proxy.EndAsync(2);
    }

    [Fact]
    public async Task AnswerBeforeABodyThatIsNotWellFormed_EndsTheConnection()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.ReplyAsync(403, "no", "Connection: close");
            await x.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"));
        Assert.Equal(403, (await client.ReadResponseAsync()).Status);
        // It may be closed already.
        await Record.ExceptionAsync(() => client.SendAsync("Z\r\n0\r\n\r\n" + Get(origin)));
        await client.ExpectClosedAsync();
        await proxy.OnlyRecordAsync();
        Assert.Equal(1, origin.Heads);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n\r\nhell", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhell", true)]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true)]
    // What follows the length is not of the message.
    [InlineData("Content-Length: 5\r\n\r\nhello, and more", false)]
    public async Task AnswerThatIsNotAsLongAsAnnounced_LooksWholeOnlyIfItIs(string rest, bool isBroken)
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n{rest}");
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        if (isBroken)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => client.ReadResponseAsync()));
            Assert.Equal("http_response_incomplete", (await proxy.OnlyRecordAsync()).Error);
            return;
        }
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        await client.SendAsync(Get(origin));
        Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
    }
}
