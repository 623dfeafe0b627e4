using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Who may keep whom waiting, and for how long; who leaves.</summary>
public class TimeLimitTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Says this when the head has come, then waits until the connection is gone.</summary>
    private ScriptedOrigin Saying(string reply) => ScriptedOrigin.StartAtHead(async x =>
    {
        if (x.Target == "/warm")
        {
            await x.ReplyAsync(200);
            return;
        }
        await x.WriteAsync(reply);
        _asked.TrySetResult();
        await x.WaitUntilGoneAsync();
        _gone.TrySetResult();
    });

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 2")]
    [InlineData("HTTP/1.1 103 Early Hints\r\n\r\n")]
    public async Task NoAnswer_TimesOut(string said)
    {
        // C4
        await using var origin = Saying(said);
        using var asking = new Asking();
        var ask = asking.AskAsync(Asking.Request(origin));
        await _asked.Task.Within();
        asking.Time.Advance(Asking.Response - Second);
        Assert.False(ask.IsCompleted);
        asking.Time.Advance(2 * Second);
        var reply = await ask.Within();
        Assert.Equal((ForwardError.ResponseTimedOut, 504), (reply.Error, reply.Error.Row().Status));
        Assert.Equal(0, asking.Pool.Connections);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task ClientThatFinished_ShortensTheWait()
    {
        await using var origin = Saying("");
        using var asking = new Asking();
        var request = Asking.Request(origin);
        var ask = asking.AskAsync(request);
        await _asked.Task.Within();
        request.ShortenTo(10 * Second);
        asking.Time.Advance(9 * Second);
        Assert.False(ask.IsCompleted);
        asking.Time.Advance(2 * Second);
        Assert.Equal(ForwardError.ResponseTimedOut, (await ask.Within()).Error);
    }

    [Fact]
    public async Task ClientThatFinishedBeforeItWasAskedOrSent_ShortensTheWaitToo()
    {
        await using var origin = Saying("");
        using var asking = new Asking();
        // The body's end begins the time for the answer; it does not take the shorter one back.
        var request = Asking.Request(origin, "POST", body: Asking.Text("hello", chunked: true));
        request.ShortenTo(10 * Second);
        await asking.WarmAsync(origin);
        var ask = asking.AskAsync(request);
        asking.Time.Advance(11 * Second);
        Assert.Equal(ForwardError.ResponseTimedOut, (await ask.Within()).Error);
    }

    [Fact]
    public async Task RequestWithBody_HasTheWholeTimeForItsAnswer()
    {
        await using var origin = Saying("");
        using var asking = new Asking();
        await asking.WarmAsync(origin);
        var ask = asking.AskAsync(Asking.Request(origin, "POST", body: Asking.Text("hello")));
        Assert.True(Asking.Body < Asking.Response);
        asking.Time.Advance(Asking.Response - Second);
        Assert.False(ask.IsCompleted);
        asking.Time.Advance(2 * Second);
        Assert.Equal(ForwardError.ResponseTimedOut, (await ask.Within()).Error);
    }

    [Theory]
    [InlineData("Content-Length: 9\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")]
    [InlineData("Connection: close\r\n\r\nhello")]
    public async Task SilenceInTheBody_TimesOut(string rest)
    {
        await using var origin = Saying($"HTTP/1.1 200 OK\r\n{rest}");
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        Assert.Equal("hello", await Asking.PieceAsync(reply));
        var read = reply.ReadBodyAsync().AsTask();
        asking.Time.Advance(Asking.Body - Second);
        Assert.False(read.IsCompleted);
        asking.Time.Advance(2 * Second);
        Assert.True((await read.Within()).IsEmpty);
        Assert.Equal(ForwardError.ReadTimedOut, reply.Error);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task Trickle_IsNoSilence()
    {
        // C22
        var next = new SemaphoreSlim(0);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
            foreach (var c in "hello")
            {
                Assert.True(await next.WaitAsync(Waiting.Limit, CancellationToken.None));
                await x.WriteAsync(c.ToString());
            }
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        for (var i = 0; i < 5; i++)
        {
            var read = reply.ReadBodyAsync().AsTask();
            asking.Time.Advance(Asking.Body - Second);
            next.Release();
            Assert.Equal("hello"[i], (char)(await read.Within()).Span[0]);
        }
        Assert.Empty(await Asking.ReadAsync(reply));
        Assert.Equal(ForwardError.None, reply.Error);
    }

    [Fact]
    public async Task SlowTaker_IsNotTheUpstreamsSilence()
    {
        var next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none");
            await next.Task.Within();
            await x.WriteAsync("two");
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        asking.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal("one", await Asking.PieceAsync(reply));
        asking.Time.Advance(TimeSpan.FromHours(1));
        next.SetResult();
        Assert.Equal("two", await Asking.ReadAsync(reply));
        Assert.Equal(ForwardError.None, reply.Error);
    }

    [Fact]
    public async Task ClientThatSendsNoMore_IsTooSlow()
    {
        await using var origin = Saying("");
        using var asking = new Asking();
        var body = new SilentBody("beginning");
        var ask = asking.AskAsync(Asking.Request(origin, "POST", body: new RequestBody(body, 100, () => null)));
        await body.Awaited.Within();
        await _asked.Task.Within();
        asking.Time.Advance(Asking.Body - Second);
        Assert.False(ask.IsCompleted);
        asking.Time.Advance(2 * Second);
        var reply = await ask.Within();
        Assert.Equal((ForwardError.ClientTooSlow, 408), (reply.Error, reply.Error.Row().Status));
        // The exchange is over: nobody reads the client's body any more, and it can be read on.
        Assert.Equal(0, body.Open);
        await body.Client.WriteAsync(new byte[] { 1 }, TestContext.Current.CancellationToken);
        Assert.True(body.TryRead(out _));
        await _gone.Task.Within();
    }

    [Fact]
    public async Task UpstreamThatReadsNoMore_TimesOut()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            if (x.Target == "/warm")
            {
                await x.ReplyAsync(200);
                return;
            }
            await _gone.Task;
            await x.CloseAsync();
        });
        using var asking = new Asking();
        var text = new string('x', 32 << 20);
        await asking.WarmAsync(origin);
        var ask = asking.AskAsync(Asking.Request(origin, "POST", body: Asking.Text(text)));
        // More than the kernel's buffers can hold. They may still take some of it meanwhile, and then the time begins anew.
        asking.Time.Advance(Asking.Body - Second);
        Assert.False(ask.IsCompleted);
        await asking.Time.AdvanceUntilAsync(ask, 2 * Second);
        Assert.Equal(ForwardError.WriteTimedOut, (await ask).Error);
        _gone.SetResult();
    }

    [Fact]
    public async Task ClientThatLeaves_FreesTheUpstream()
    {
        // C22, C23
        await using var origin = Saying("");
        using var asking = new Asking();
        using var leaves = new CancellationTokenSource();
        var ask = asking.AskAsync(Asking.Request(origin, leaves: leaves));
        await _asked.Task.Within();
        await leaves.CancelAsync();
        Assert.Equal(ForwardError.ClientLeft, (await ask.Within()).Error);
        Assert.Equal(0, asking.Pool.Connections);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task ClientThatLeavesInTheBody_FreesTheUpstream()
    {
        await using var origin = Saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
        using var asking = new Asking();
        using var leaves = new CancellationTokenSource();
        await using var reply = await asking.AskAsync(Asking.Request(origin, leaves: leaves)).Within();
        Assert.Equal("hello", await Asking.PieceAsync(reply));
        var read = reply.ReadBodyAsync().AsTask();
        await leaves.CancelAsync();
        Assert.True((await read.Within()).IsEmpty);
        Assert.Equal(ForwardError.ClientLeft, reply.Error);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task ClientThatHasLeft_IsNotAskedFor()
    {
        await using var origin = Saying("");
        using var asking = new Asking();
        using var leaves = new CancellationTokenSource();
        await leaves.CancelAsync();
        Assert.Equal(ForwardError.ClientLeft, (await asking.WholeAsync(Asking.Request(origin, leaves: leaves))).Error);
        Assert.Equal(0, asking.Pool.Connections);
    }

    [Fact]
    public async Task ClientThatLeavesAfterTheAnswer_DoesNotHarmTheNextExchange()
    {
        await using var origin = ScriptedOrigin.With("ok");
        using var asking = new Asking();
        using var leaves = new CancellationTokenSource();
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin, leaves: leaves))).Body);
        await leaves.CancelAsync();
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin))).Body);
        Assert.Equal(1, origin.Connections);
    }
}
