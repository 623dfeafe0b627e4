using System.Text;
using Sluice.Forwarding;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What must not wait for its end: bodies both ways, interim answers, early answers, clients that leave.</summary>
public class StreamingTests
{
    [Fact]
    public async Task ChunkedAnswer_ArrivesPieceByPieceWithItsTrailers()
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\nCache-Control: no-store\r\n\r\n5\r\nhello\r\n");
            await next.Task;
            await x.WriteAsync("6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.Equal("chunked", head["Transfer-Encoding"]);
        Assert.Equal("hello", Encoding.Latin1.GetString(await client.ReadChunkAsync()));
        next.SetResult();
        Assert.Equal(" world", Encoding.Latin1.GetString(await client.ReadChunkAsync()));
        Assert.Empty(await client.ReadChunkAsync());
        Assert.Equal([new RawField("X-Sum", "42")], await client.ReadFieldsAsync());
    }

    [Theory]
    [InlineData("Content-Type: text/event-stream\r\nTransfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 5", "hello")]
    [InlineData("Connection: close", "hello")]
    public async Task Head_DoesNotWaitForTheBody(string field, string body)
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync($"HTTP/1.1 200 OK\r\n{field}\r\nCache-Control: no-store\r\n\r\n");
            await next.Task;
            await x.WriteAsync(body);
            if (field.StartsWith("Connection", StringComparison.Ordinal))
                await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.Equal("no-store", head["Cache-Control"]);
        next.SetResult();
        var text = head["Transfer-Encoding"] is null ? await client.ReadTextAsync(5) : Encoding.Latin1.GetString(await client.ReadChunkAsync());
        Assert.Equal("hello", text);
        Assert.Equal(5, (await proxy.OnlyRecordAsync()).ResponseBytes);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task AnswerThatFailsBeforeItsFirstOctet_Is502(string rest)
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nETag: \"x\"\r\nCache-Control: max-age=9\r\n{rest}");
            await x.CloseAsync();
        });
        // No time passes between head and end, however late that comes: the head does not go alone.
        await using var proxy = await RunningProxy.ForwardAsync(time: new ManualTime());
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            var answer = await client.ReadResponseAsync();
            Assert.Equal(502, answer.Status);
            Assert.Null(answer["ETag"]);
            Assert.Equal(i + 1, origin.Connections);
        }
        Assert.All(await proxy.EndAsync(2), record => Assert.Equal(502, record.Status));
    }

    [Fact]
    public async Task ChunkedRequest_ArrivesPieceByPieceWithItsTrailers()
    {
        var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IReadOnlyList<RawField> trailers = [];
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            Assert.Equal("hello", Encoding.Latin1.GetString(await x.Connection.ReadChunkAsync()));
            seen.SetResult();
            Assert.Equal(" world", Encoding.Latin1.GetString(await x.Connection.ReadChunkAsync()));
            Assert.Empty(await x.Connection.ReadChunkAsync());
            trailers = await x.Connection.ReadFieldsAsync();
            await x.ReplyAsync(200, "ok");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n");
        await seen.Task.Within();
        await client.SendAsync("6\r\n world\r\n0\r\nX-Sum: 42\r\n\r\n");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Text);
        Assert.Equal([new RawField("X-Sum", "42")], trailers);
    }

    [Fact]
    public async Task ForbiddenTrailers_AreNotSentOn()
    {
        // RFC 9110 s.6.5.1
        await using var origin = ScriptedOrigin.Saying("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\nX-Sum: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin, "/", "TE: trailers", "Connection: TE");
        Assert.DoesNotContain(response.Trailers, t => t.Name is "Content-Length" or "Transfer-Encoding");
    }

    [Fact]
    public async Task BodyWithoutLength_EndsWithTheConnection()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end");
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin);
        Assert.Equal("until the end", response.Text);
        // RFC 9112 s.6.1: to HTTP/1.1 in chunks, so that its end can be told from a break.
        Assert.Equal(BodyEnd.Chunked, response.End);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")]
    public async Task OldClient_GetsNoChunks(string reply)
    {
        // RFC 9112 s.6.1: Transfer-Encoding only to those who speak HTTP/1.1
        await using var origin = ScriptedOrigin.Saying(reply);
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.0\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.Equal("hello", response.Text);
        Assert.False(response.Head.Has("Transfer-Encoding"));
        await client.ExpectClosedAsync();
        Assert.Equal("GET / HTTP/1.1", origin.Requests.Single().Head.StartLine);
    }

    [Fact]
    public async Task OldOrigin_IsUnderstood()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nhello");
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin);
        Assert.StartsWith("HTTP/1.1 200", response.Head.StartLine);
        Assert.Equal("hello", response.Text);
    }

    [Fact]
    public async Task Expect_IsAnsweredOnceAndTheBodyFollows()
    {
        // RFC 9110 s.10.1.1
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            if (x.Head.Has("Expect"))
                await x.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await x.ReadRequestAsync();
            await x.ReplyAsync(200, "ok");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
            Assert.Equal("HTTP/1.1 100 Continue", (await client.ReadHeadAsync()).StartLine);
            await client.SendAsync("hello");
            var response = await client.ReadResponseAsync();
            Assert.Equal("ok", response.Text);
            Assert.Empty(response.Interim);
        }
        Assert.All(origin.Requests, r => Assert.Equal("hello", r.Text));
    }

    [Fact]
    public async Task EarlyHints_ArePassedOn()
    {
        // RFC 9110 s.15.2, RFC 8297
        await using var origin = ScriptedOrigin.Saying("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.GetAsync(origin);
        Assert.Equal("ok", response.Text);
        var hint = Assert.Single(response.Interim);
        Assert.StartsWith("HTTP/1.1 103", hint.StartLine);
        Assert.Equal("</a.css>; rel=preload", hint["Link"]);
    }

    [Fact]
    public async Task EarlyHints_AreNotForHttp10()
    {
        await using var origin = ScriptedOrigin.Saying("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var proxy = await RunningProxy.ForwardAsync();
        var response = await proxy.AskAsync($"GET {origin.Url()} HTTP/1.0\r\n\r\n");
        Assert.Equal("ok", response.Text);
        Assert.Empty(response.Interim);
    }

    [Fact]
    public async Task AnswerBeforeTheEndOfTheRequest_ReachesTheClient()
    {
        // RFC 9112 s.9.3, RFC 9110 s.9.3.4: an origin may refuse a body that is still coming.
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.ReplyAsync(413, "too much", "Connection: close");
            await x.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 1000000\r\n\r\nhello");
        var response = await client.ReadResponseAsync();
        Assert.Equal(413, response.Status);
        Assert.Equal("too much", response.Text);
    }

    [Fact]
    public async Task HalfClosedClient_IsStillAnswered()
    {
        // RFC 9112 s.9.6: FIN after a request is the end of requests, not of interest.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            asked.SetResult();
            await answer.Task;
            await x.ReplyAsync(200, "still here");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        client.HalfClose();
        await asked.Task.Within();
        answer.SetResult();
        Assert.Equal("still here", (await client.ReadResponseAsync()).Text);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task ClientThatLeaves_CancelsTheFetch()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            began.SetResult();
            await x.WaitUntilGoneAsync();
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nCache-Control: no-store\r\n\r\n");
        await began.Task.Within();
        client.Reset();
        await gone.Task.Within();
        Assert.True((await proxy.OnlyRecordAsync()).ClientGone);
    }

    [Fact]
    public async Task ClientThatLeavesWithinTheBody_CancelsTheFetch()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\nCache-Control: no-store\r\n\r\nbegin");
            await x.WaitUntilGoneAsync();
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        await client.ReadTextAsync(5);
        client.Reset();
        await gone.Task.Within();
        var record = await proxy.OnlyRecordAsync();
        Assert.True(record.ClientGone);
        Assert.Equal(5, record.ResponseBytes);
    }

    [Fact]
    public async Task KeptConnectionThatDied_IsReplacedOnceForAGet()
    {
        // RFC 9110 s.9.2.2, RFC 9112 s.9.3.1
        await using var origin = DyingAfterOne();
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("1", (await proxy.GetAsync(origin, "/1")).Text);
        // By then the connection is kept.
        await proxy.RecordsAsync(1);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/2")).Text);
        Assert.Equal(2, origin.Connections);
        await proxy.EndAsync(2);
    }

    [Fact]
    public async Task KeptConnectionThatDied_IsNotReplacedForAPost()
    {
        await using var origin = DyingAfterOne();
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("1", (await proxy.GetAsync(origin, "/1")).Text);
        // By then the connection is kept.
        await proxy.RecordsAsync(1);
        var response = await proxy.AskAsync($"POST {origin.Url("/2")} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal(502, response.Status);
        Assert.Equal(1, origin.Connections);
        await proxy.EndAsync(2);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(70_000)]
    [InlineData(5_000_000)]
    public async Task Bodies_ArriveByteForByteBothWays(int length)
    {
        var body = new byte[length];
        new Random(7).NextBytes(body);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Request.Body, "Cache-Control: no-store"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: {length}\r\n\r\n");
        var sending = client.SendAsync(body);
        var response = await client.ReadResponseAsync();
        await sending;
        Assert.True(body.AsSpan().SequenceEqual(response.Body));
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((length, length), ((int)record.RequestBytes, (int)record.ResponseBytes));
    }

    [Fact]
    public async Task SilenceWithinABody_BreaksTheAnswer()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
            await x.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Body = TimeSpan.FromMilliseconds(300) });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.WaitUntilGoneAsync();
        Assert.Equal("connection_read_timeout", (await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task SlowHead_Is408()
    {
        // RFC 9110 s.15.5.9
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Head = TimeSpan.FromSeconds(1) });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync("GET http://a.example/ HTTP/1.1\r\nHost: a.");
        Assert.Equal(408, (await client.ReadResponseAsync()).Status);
        Assert.Equal(408, (await proxy.OnlyRecordAsync()).Status);
    }

    // Answers one request on each connection, then dies as soon as the next one comes.
    private static ScriptedOrigin DyingAfterOne() => ScriptedOrigin.StartRaw(async c =>
    {
        var head = await c.ReadHeadAsync();
        var text = head.StartLine.Split(' ')[1].TrimStart('/');
        await c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {text.Length}\r\nCache-Control: no-store\r\n\r\n{text}");
        await c.ReadHeadAsync();
        c.Reset();
    });
}
