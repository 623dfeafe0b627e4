using System.Net.Sockets;
using Sluice.Forwarding;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What a client may do at any moment of its connection: wait, leave, finish its side, send more than was asked
/// for, read nothing; and a server that stops.</summary>
public class ClientConnectionTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    internal static string Get(ScriptedOrigin origin, string path = "/", string fields = "") =>
        $"GET {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n{fields}\r\n";

    internal static string Post(ScriptedOrigin origin, string framing) =>
        $"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{framing}";

    private static ScriptedOrigin Uncached() => ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target, "Cache-Control: no-store"));

    private static ScriptedOrigin Silent(TaskCompletionSource asked, TaskCompletionSource? gone = null) => ScriptedOrigin.StartAtHead(async x =>
    {
        asked.SetResult();
        await x.WaitUntilGoneAsync();
        gone?.SetResult();
    });

    private static TaskCompletionSource News() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What has been asked for on the connection before it rests.</summary>
    public static TheoryData<string> Before => ["nothing", "an answer of the upstream's", "a stored answer", "an empty line"];

    [Theory]
    [MemberData(nameof(Before))]
    public async Task ConnectionThatRests_IsClosedAfterItsTime(string before)
    {
        await using var origin = before.StartsWith("a stored", StringComparison.Ordinal) ? ScriptedOrigin.With("x", "Cache-Control: max-age=60") : Uncached();
        var time = new ManualTime();
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { KeepAlive = TimeSpan.FromSeconds(5), Head = TimeSpan.FromHours(1) }, time: time);
        await using var client = await proxy.ConnectAsync();
        await RestAfterAsync(before, client, origin);
        var end = client.ReadToEndAsync();
        await time.AdvanceUntilAsync(end, TimeSpan.FromSeconds(1), pause: 5);
        Assert.Empty(await end);
    }

    [Theory]
    [InlineData("an answer of the upstream's")]
    [InlineData("a stored answer")]
    [InlineData("an empty line")]
    public async Task ConnectionThatRests_IsClosedWhenTheServerStops(string before)
    {
        await using var origin = before.StartsWith("a stored", StringComparison.Ordinal) ? ScriptedOrigin.With("x", "Cache-Control: max-age=60") : Uncached();
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Drain = TimeSpan.FromSeconds(15) });
        await using var client = await proxy.ConnectAsync();
        await RestAfterAsync(before, client, origin);
        var stopping = proxy.DisposeAsync();
        // FIN: at the end of the drain time it would be RST.
        Assert.Empty(await client.ReadToEndAsync());
        await stopping;
    }

    private static async Task RestAfterAsync(string before, RawConnection client, ScriptedOrigin origin)
    {
        if (before != "nothing")
            for (var i = 0; i < 2; i++)
            {
                await client.SendAsync(Get(origin));
                Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            }
        if (before == "an empty line")
            await client.SendAsync("\r\n");
    }

    [Fact]
    public async Task RequestUnderWayWhenTheServerStops_IsAnsweredAndTheConnectionCloses()
    {
        var asked = News();
        var answer = News();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            asked.SetResult();
            await answer.Task;
            await x.ReplyAsync(200, "the last");
        });
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Drain = TimeSpan.FromSeconds(15) });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin) + Get(origin, "/2"));
        await asked.Task.Within();
        var stopping = proxy.DisposeAsync().AsTask();
        answer.SetResult();
        var response = await client.ReadResponseAsync();
        Assert.Equal("the last", response.Text);
        // RFC 9112 s.9.6
        Assert.Equal("close", response["Connection"]);
        await client.ExpectClosedAsync();
        await stopping;
        Assert.Single(proxy.Records);
    }

    [Fact]
    public async Task RequestThatIsNeverAnswered_IsBrokenOffAtTheEndOfTheDrainTime()
    {
        var asked = News();
        var gone = News();
        await using var origin = Silent(asked, gone);
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        await asked.Task.Within();
        await proxy.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => client.ReadToEndAsync());
        await gone.Task.Within();
        Assert.Single(proxy.Records);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")] // RFC 9112 s.2.2: an empty line before a request is ignored
    [InlineData("\r\n\r\n")]
    public async Task FinBetweenRequests_IsNoExchange(string before)
    {
        await using var origin = Uncached();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        await client.ReadResponseAsync();
        await client.SendAsync(before);
        client.HalfClose();
        Assert.Empty(await client.ReadToEndAsync());
        await proxy.OnlyRecordAsync();
    }

    [Theory]
    [InlineData("G")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\n")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r")]
    [InlineData("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r")]
    public async Task FinWithinAHead_Is400(string head)
    {
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(head);
        client.HalfClose();
        var response = await client.ReadResponseAsync();
        Assert.Equal((400, "close"), (response.Status, response["Connection"]));
        await client.ExpectClosedAsync();
        Assert.Equal(400, (await proxy.OnlyRecordAsync()).Status);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: ")]
    public async Task FinWithinABody_Is400AndTheOriginSeesNoWholeRequest(string rest)
    {
        var gone = News();
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WaitUntilGoneAsync();
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, rest));
        client.HalfClose();
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        await client.ExpectClosedAsync();
        await gone.Task.Within();
        Assert.Equal(400, (await proxy.OnlyRecordAsync()).Status);
        Assert.Empty(origin.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Length: 5\r\n\r\nhello")]
    public async Task FinWhileTheUpstreamIsSilent_ShortensTheWait(string body)
    {
        var asked = News();
        await using var origin = Silent(asked);
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { HalfClosed = Short });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(body.Length > 0 ? Post(origin, body) : Get(origin));
        await asked.Task.Within();
        client.HalfClose();
        var response = await client.ReadResponseAsync();
        Assert.Equal(504, response.Status);
        await client.ExpectClosedAsync();
        Assert.Equal("http_response_timeout", (await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task FinDuringTheAnswer_LeavesTheAnswerWhole()
    {
        var more = News();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: no-store\r\n\r\nhello");
            await more.Task;
            await x.WriteAsync("again");
        });
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { HalfClosed = Short });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        await client.ReadHeadAsync();
        Assert.Equal("hello", await client.ReadTextAsync(5));
        client.HalfClose();
        more.SetResult();
        Assert.Equal("again", await client.ReadTextAsync(5));
        await client.ExpectClosedAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((false, 10L), (record.ClientGone, record.ResponseBytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET http://a.exa")]
    [InlineData("POST http://a.example/ HTTP/1.1\r\nHost: ")]
    public async Task ResetBeforeAWholeHead_IsNoExchangeAndLeavesTheServerWell(string head)
    {
        await using var origin = Uncached();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        await client.ReadResponseAsync();
        await client.SendAsync(head);
        client.Reset();
        Assert.Equal("/2", (await proxy.GetAsync(origin, "/2")).Text);
        await proxy.EndAsync(2);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    public async Task ResetWithinABody_EndsTheFetch(string rest)
    {
        var asked = News();
        var gone = News();
        await using var origin = Silent(asked, gone);
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, rest));
        await asked.Task.Within();
        client.Reset();
        await gone.Task.Within();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((true, "client_left"), (record.ClientGone, record.Error));
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task ClientThatReadsNothing_IsLeftAfterItsTime()
    {
        var gone = News();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await Record.ExceptionAsync(() => x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\nCache-Control: no-store\r\n\r\n"));
            await Record.ExceptionAsync(() => x.WriteAsync(new byte[100_000_000]));
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Body = TimeSpan.FromSeconds(3) });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin));
        await gone.Task.Within();
        await Assert.ThrowsAsync<IOException>(() => client.ReadToEndAsync());
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((true, "client_left"), (record.ClientGone, record.Error));
    }

    [Fact]
    public async Task SilenceWithinABody_Is408()
    {
        await using var origin = ScriptedOrigin.StartAtHead(x => x.WaitUntilGoneAsync());
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { Body = Short });
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Post(origin, "Content-Length: 10\r\n\r\nhello"));
        Assert.Equal(408, (await client.ReadResponseAsync()).Status);
        await client.ExpectClosedAsync();
        await proxy.OnlyRecordAsync();
    }

    [Fact]
    public async Task PipelineWithBodies_IsCutRightHoweverItArrives()
    {
        // Each request's content is its own; what looks like a request within a body is content.
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Method + x.Target + x.Request.Text, "Cache-Control: no-store"));
        await using var proxy = await RunningProxy.ForwardAsync();
        var inner = Get(origin, "/inner");
        var requests = Get(origin, "/1")
            + $"POST {origin.Url("/2")} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: {inner.Length}\r\n\r\n{inner}"
            + $"PUT {origin.Url("/3")} HTTP/1.1\r\nHost: {origin.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n{inner.Length:x}\r\n{inner}\r\n0\r\n\r\n"
            + $"POST {origin.Url("/4")} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n\r\n"
            + Get(origin, "/5", "Content-Length: 2\r\n").Replace("\r\n\r\n", "\r\n\r\nhi")
            + Get(origin, "/6");
        foreach (var step in new[] { requests.Length, 1, 97 })
        {
            await using var client = await proxy.ConnectAsync();
            var sending = Task.Run(async () =>
            {
                for (var at = 0; at < requests.Length; at += step)
                    await client.SendAsync(requests[at..Math.Min(at + step, requests.Length)]);
            }, TestContext.Current.CancellationToken);
            foreach (var expected in new[] { "GET/1", "POST/2" + inner, "PUT/3" + inner, "POST/4", "GET/5hi", "GET/6" })
                Assert.Equal(expected, (await client.ReadResponseAsync()).Text);
            await sending;
        }
        await proxy.EndAsync(18);
    }

    [Fact]
    public async Task RequestBehindADeclinedUpgrade_IsTheNextRequest()
    {
        await using var origin = Uncached();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(Get(origin, "/1", "Connection: Upgrade\r\nUpgrade: echo\r\n") + Get(origin, "/2"));
        Assert.Equal("/1", (await client.ReadResponseAsync()).Text);
        Assert.Equal("/2", (await client.ReadResponseAsync()).Text);
    }

    public static TheoryData<string, string> BehindConnect => new()
    {
        { "octets for a tunnel that looks like a request", "" },
        { "the same, as a body", "Content-Length: 100\r\n" },
        { "the same, in chunks", "Transfer-Encoding: chunked\r\n" },
    };

    [Theory]
    [MemberData(nameof(BehindConnect))]
    public async Task OctetsBehindARefusedConnect_AreNoRequest(string what, string fields)
    {
        // RFC 9110 s.9.3.6: who sent them may have meant the tunnel, and another may have chosen them.
        await using var origin = Uncached();
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT a.example:25 HTTP/1.1\r\nHost: a.example:25\r\n{fields}\r\n" + Get(origin));
        var response = await client.ReadResponseAsync();
        Assert.True((403, "close") == (response.Status, response["Connection"]), what);
        await client.ExpectClosedAsync();
        await proxy.OnlyRecordAsync();
        Assert.Empty(origin.Requests);
    }

    [Fact]
    public async Task OctetsOfManySegmentsBehindConnect_AreTheTunnels()
    {
        var early = new byte[700_000];
        new Random(1).NextBytes(early);
        var got = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c => got.SetResult(await c.ReadToEndAsync()));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        var head = $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n";
        await client.SendAsync((byte[])[.. System.Text.Encoding.Latin1.GetBytes(head), .. early]);
        client.HalfClose();
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        var arrived = await got.Task.Within();
        Assert.True(early.AsSpan().SequenceEqual(arrived));
        await client.ExpectClosedAsync();
        Assert.Equal(RecordKind.Connect, (await proxy.OnlyRecordAsync()).Kind);
    }

    [Fact]
    public async Task TunnelWhenTheServerStops_IsResetAtTheEndOfTheDrainTime()
    {
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c => ended.SetResult(await Record.ExceptionAsync(() => c.ReadToEndAsync())));
        await using var proxy = await RunningProxy.ForwardAsync();
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        await client.ReadResponseAsync("CONNECT");
        await proxy.DisposeAsync();
        Assert.IsAssignableFrom<IOException>(await Record.ExceptionAsync(() => client.ReadToEndAsync()));
        Assert.IsAssignableFrom<IOException>(await ended.Task.Within());
        Assert.Single(proxy.Records);
    }

    [Fact]
    public async Task RequestSentWhileTheAnswerComes_IsNotLost()
    {
        // The watch over the client, the answer and the next request meet; on two threads where there are two loops.
        const int clients = 8, requests = 60;
        await using var origin = Uncached();
        await using var proxy = await RunningProxy.ForwardAsync();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async n =>
        {
            await using var client = await proxy.ConnectAsync();
            await client.SendAsync(Get(origin, $"/{n}/0"));
            for (var i = 1; i <= requests; i++)
            {
                var sending = i < requests ? Task.Run(() => client.SendAsync(Get(origin, $"/{n}/{i}"))) : Task.CompletedTask;
                Assert.Equal($"/{n}/{i - 1}", (await client.ReadResponseAsync()).Text);
                await sending;
            }
        }));
        await proxy.EndAsync(clients * requests);
    }
}
