using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sluice.Http;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Bodies that go up a stream of HTTP/2 beside the answer, and the limits of both.</summary>
public class Http2UploadTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static TaskCompletionSource<T> Later<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Reads the body to its end, or to the reset.</summary>
    private static async Task<string> ReadAsync(HttpContext x)
    {
        try
        {
            return await new StreamReader(x.Request.Body, Encoding.Latin1).ReadToEndAsync();
        }
        catch (IOException)
        {
            return "broken off";
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3_000_000)]
    public async Task BodyOfAnySize_GoesUpWhole(int size)
    {
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            var body = await ReadAsync(x);
            await x.Response.WriteAsync($"{x.Request.ContentLength} {body.Length} {body.Trim('a').Length}");
        });
        using var asking = new Asking();
        var text = new string('a', size);
        Assert.Equal($"{size} {size} 0", (await asking.WholeAsync(Http2Asking.Request(origin.Port, "POST", body: Asking.Text(text)))).Body);
        Assert.Equal($" {size} 0", (await asking.WholeAsync(Http2Asking.Request(origin.Port, "POST", body: Asking.Text(text, chunked: true)))).Body);
    }

    [Fact]
    public async Task BothDirections_FlowAtOnce()
    {
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            var buffer = new byte[100];
            for (int n; (n = await x.Request.Body.ReadAsync(buffer)) > 0;)
            {
                await x.Response.Body.WriteAsync(buffer.AsMemory(0, n));
                await x.Response.Body.FlushAsync();
            }
            x.Response.AppendTrailer("grpc-status", "0");
        });
        using var asking = new Asking();
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("one"u8.ToArray(), TestContext.Current.CancellationToken);
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port, "POST", body: new RequestBody(pipe.Reader, null, () => null))).Within();
        Assert.Equal("one", await Asking.PieceAsync(reply));
        await pipe.Writer.WriteAsync("two"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal("two", await Asking.PieceAsync(reply));
        await pipe.Writer.CompleteAsync();
        Assert.Equal("", await Asking.PieceAsync(reply));
        Assert.Equal((ForwardError.None, 6L), (reply.Error, reply.BytesUp));
        Assert.Equal([new Field("grpc-status", "0")], reply.Trailers!);
    }

    [Fact]
    public async Task ClientWhoseBodyBreaksOff_LeavesNoWholeRequest()
    {
        var asked = Later<bool>();
        var seen = Later<string>();
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            asked.SetResult(true);
            seen.SetResult(await ReadAsync(x));
        });
        using var asking = new Asking();
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("half"u8.ToArray(), TestContext.Current.CancellationToken);
        var ask = asking.AskAsync(Http2Asking.Request(origin.Port, "POST", body: new RequestBody(pipe.Reader, null, () => null)));
        // A request that is reset before it is served reaches nobody.
        await asked.Task.Within();
        await pipe.Writer.CompleteAsync(new IOException("gone"));
        await using var reply = await ask.Within();
        Assert.Equal((ForwardError.ClientBodyBad, "gone"), (reply.Error, reply.ClientFault?.Message));
        Assert.Equal("broken off", await seen.Task.Within());
    }

    [Fact]
    public async Task ClientThatLeaves_EndsItsStreamAndNotTheConnection()
    {
        var asked = Later<bool>();
        var ended = Later<bool>();
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            if (x.Request.Path != "/stays")
                return;
            x.RequestAborted.Register(() => ended.SetResult(true));
            asked.SetResult(true);
            await ended.Task;
        });
        using var asking = new Asking();
        using var leaves = new CancellationTokenSource();
        var ask = asking.AskAsync(Http2Asking.Request(origin.Port, target: "/stays", leaves: leaves));
        await asked.Task.Within();
        await leaves.CancelAsync();
        Assert.Equal(ForwardError.ClientLeft, (await ask.Within()).Error);
        await ended.Task.Within();
        Assert.Equal(200, (await asking.WholeAsync(Http2Asking.Request(origin.Port))).Status);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task EarlyAnswer_IsGivenAndTheRestOfTheBodyIsNotAskedFor()
    {
        var seen = Later<string>();
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            x.Response.StatusCode = 413;
            await x.Response.WriteAsync("too much");
            await x.Response.CompleteAsync();
            seen.SetResult(await ReadAsync(x));
        });
        using var asking = new Asking();
        var body = new SilentBody("beginning");
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port, "POST", body: new RequestBody(body, null, () => null))).Within();
        Assert.Equal(413, reply.Head.Status);
        Assert.Equal("too much", await Asking.ReadAsync(reply));
        await reply.DisposeAsync();
        Assert.Equal(ForwardError.None, reply.Error);
        Assert.Equal(0, body.Open);
        Assert.Equal("broken off", await seen.Task.Within());
    }

    [Fact]
    public async Task ExpectationThatIsRefused_LeavesTheBodyUnread()
    {
        await using var origin = await Http2Origin.StartAsync(x =>
        {
            x.Response.StatusCode = 417;
            return Task.CompletedTask;
        });
        using var asking = new Asking();
        // The library waits for a second, of the real clock: what took longer shows nothing.
        for (var tries = 0; tries < 20; tries++)
        {
            var (body, began) = (new SilentBody("never"), TimeProvider.System.GetTimestamp());
            var request = Http2Asking.Request(origin.Port, "POST", body: new RequestBody(body, null, () => null), expectsContinue: true);
            Assert.Equal(417, (await asking.WholeAsync(request)).Status);
            if (TimeProvider.System.GetElapsedTime(began) >= Second)
                continue;
            Assert.False(body.Awaited.IsCompleted);
            return;
        }
        Assert.Fail("the origin took too long each time");
    }

    [Fact]
    public async Task OriginThatDoesNotAnswer_TimesOut()
    {
        var asked = Later<bool>();
        var ended = Later<bool>();
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            x.RequestAborted.Register(() => ended.SetResult(true));
            asked.SetResult(true);
            await ended.Task;
        });
        using var asking = new Asking();
        var ask = asking.AskAsync(Http2Asking.Request(origin.Port));
        await asked.Task.Within();
        asking.Time.Advance(Asking.Response + Second);
        Assert.Equal(ForwardError.ResponseTimedOut, (await ask.Within()).Error);
        await ended.Task.Within();
    }

    [Fact]
    public async Task OriginThatFallsSilent_TimesOut()
    {
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            await x.Response.WriteAsync("half");
            await x.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, x.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port)).Within();
        Assert.Equal("half", await Asking.PieceAsync(reply));
        // Nobody waits, so nothing times out.
        asking.Time.Advance(Asking.Body + Second);
        var piece = Asking.PieceAsync(reply);
        asking.Time.Advance(Asking.Body + Second);
        Assert.Equal("", await piece.Within());
        Assert.Equal(ForwardError.ReadTimedOut, reply.Error);
    }

    [Fact]
    public async Task ClientThatFallsSilent_TimesOut()
    {
        await using var origin = await Http2Origin.StartAsync(async x => await ReadAsync(x));
        using var asking = new Asking();
        var body = new SilentBody("beginning");
        var ask = asking.AskAsync(Http2Asking.Request(origin.Port, "POST", body: new RequestBody(body, null, () => null)));
        await body.Awaited.Within();
        asking.Time.Advance(Asking.Body + Second);
        Assert.Equal(ForwardError.ClientTooSlow, (await ask.Within()).Error);
        Assert.Equal(0, body.Open);
    }

    [Fact]
    public async Task OriginThatGivesNoMoreWindow_HoldsTheClientBack()
    {
        // RFC 9113 s.6.9.2: a window is 65,535 octets unless somebody says otherwise.
        var full = Later<bool>();
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await RawHttp2.BeginAsync(c);
            await RawHttp2.ReadDataAsync(c, 65_535);
            full.SetResult(true);
            await c.WaitUntilGoneAsync();
        });
        using var asking = new Asking();
        var ask = asking.AskAsync(Http2Asking.Request(origin.Port, "POST", body: Asking.Text(new string('a', 1_000_000))));
        await full.Task.Within();
        asking.Time.Advance(Asking.Body + Second);
        await using var reply = await ask.Within();
        Assert.Equal(ForwardError.WriteTimedOut, reply.Error);
        Assert.InRange(reply.BytesUp, 0, 65_535);
    }
}
