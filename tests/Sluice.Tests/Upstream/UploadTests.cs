using Sluice.Http;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>The request's body on its way up.</summary>
public class UploadTests
{
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData(false, 5)]
    [InlineData(true, 5)]
    [InlineData(false, 300_000)]
    [InlineData(true, 300_000)]
    public async Task Body_ArrivesWholeAndTheConnectionIsKept(bool chunked, int length)
    {
        var text = string.Concat(Enumerable.Range(0, length / 8 + 1).Select(i => $"{i:x8}"))[..length];
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Request.Text));
        using var asking = new Asking();
        for (var i = 0; i < 2; i++)
        {
            var answer = await asking.WholeAsync(Asking.Request(origin, "POST", body: Asking.Text(text, chunked)));
            Assert.Equal((200, ForwardError.None), (answer.Status, answer.Error));
            Assert.Equal(text, answer.Body);
        }
        Assert.All(origin.Requests, r => Assert.Equal(chunked ? BodyEnd.Chunked : BodyEnd.Length, r.End));
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task ChunkedBody_IsFollowedByItsTrailers()
    {
        await using var origin = ScriptedOrigin.With("ok");
        using var asking = new Asking();
        var trailers = new FieldList([new Field("X-Sum", "42")]);
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin, "PUT", body: Asking.Text("hello", chunked: true, trailers)))).Body);
        var request = Assert.Single(origin.Requests);
        Assert.Equal("hello", request.Text);
        Assert.Equal([new RawField("X-Sum", "42")], request.Trailers);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EmptyBody_IsAnnouncedAsSuch(bool chunked)
    {
        // RFC 9110 s.8.6: Content-Length: 0 where the method expects content
        await using var origin = ScriptedOrigin.With("ok");
        using var asking = new Asking();
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin, "POST", body: Asking.Text("", chunked)))).Body);
        var request = Assert.Single(origin.Requests);
        Assert.Equal(chunked ? (null, "chunked") : ("0", null), (request["Content-Length"], request["Transfer-Encoding"]));
    }

    [Fact]
    public async Task EarlyAnswer_EndsTheUpload()
    {
        // RFC 9112 s.9.5: a server may answer before it has read all; then the rest of the body goes nowhere.
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.Connection.ReadExactlyAsync(9);
            await x.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nless");
            await x.WaitUntilGoneAsync();
            _gone.SetResult();
        });
        using var asking = new Asking();
        var body = new SilentBody("beginning");
        var answer = await asking.WholeAsync(Asking.Request(origin, "POST", body: new RequestBody(body, 100, () => null)));
        Assert.Equal((413, "less", ForwardError.None), (answer.Status, answer.Body, answer.Error));
        // What the client still sends is the server's to read.
        Assert.Equal(0, body.Open);
        await body.Client.WriteAsync("rest"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.True(body.TryRead(out var rest));
        Assert.Equal(4, rest.Buffer.Length);
        Assert.Equal(0, asking.Pool.Connections);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task AnswerBesideTheUpload_StreamsBothWays()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (await x.Connection.ReadChunkAsync() is { Length: > 0 } chunk)
                await x.WriteAsync($"{chunk.Length:x}\r\n{System.Text.Encoding.Latin1.GetString(chunk)}\r\n");
            await x.Connection.ReadFieldsAsync();
            await x.WriteAsync("0\r\n\r\n");
        });
        using var asking = new Asking();
        var client = new System.IO.Pipelines.Pipe();
        await using var reply = await asking.AskAsync(Asking.Request(origin, "POST", body: new RequestBody(client.Reader, null, () => null))).Within();
        foreach (var word in new[] { "one", "two", "three" })
        {
            await client.Writer.WriteAsync(System.Text.Encoding.Latin1.GetBytes(word), TestContext.Current.CancellationToken);
            Assert.Equal(word, await Asking.PieceAsync(reply));
        }
        await client.Writer.CompleteAsync();
        Assert.Empty(await Asking.ReadAsync(reply));
        Assert.Equal((ForwardError.None, 11L), (reply.Error, reply.BytesUp));
    }

    [Fact]
    public async Task ClientBodyThatBreaksOff_IsTheClientsFault()
    {
        var client = new System.IO.Pipelines.Pipe();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            asked.SetResult();
            await x.WaitUntilGoneAsync();
            _gone.SetResult();
        });
        using var asking = new Asking();
        await client.Writer.WriteAsync("beginning"u8.ToArray(), TestContext.Current.CancellationToken);
        var ask = asking.AskAsync(Asking.Request(origin, "POST", body: new RequestBody(client.Reader, null, () => null)));
        await asked.Task.Within();
        await client.Writer.CompleteAsync(new InvalidDataException("bad chunk"));
        await using var reply = await ask.Within();
        Assert.Equal(ForwardError.ClientBodyBad, reply.Error);
        Assert.IsType<InvalidDataException>(reply.ClientFault);
        await _gone.Task.Within();
    }

    [Fact]
    public async Task BodyThatWaitsFor100_GoesAfterIt()
    {
        // RFC 9110 s.10.1.1
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await x.ReadRequestAsync();
            await x.ReplyAsync(200, x.Request.Text);
        });
        using var asking = new Asking();
        var answer = await asking.WholeAsync(Asking.Request(origin, "POST", body: Asking.Text("hello"), expectsContinue: true));
        Assert.Equal((200, "hello"), (answer.Status, answer.Body));
        Assert.Equal(1, asking.Pool.Connections);
    }

    [Fact]
    public async Task BodyThatWaitsFor100_GoesByItselfAfterASecond()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            if (x.Target == "/warm")
            {
                await x.ReplyAsync(200);
                return;
            }
            await x.ReadRequestAsync();
            await x.ReplyAsync(200, x.Request.Text);
        });
        using var asking = new Asking();
        var body = new SilentBody("");
        await asking.WarmAsync(origin);
        var ask = asking.AskAsync(Asking.Request(origin, "POST", body: new RequestBody(body, 5, () => null), expectsContinue: true));
        asking.Time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.False(body.Awaited.IsCompleted);
        asking.Time.Advance(TimeSpan.FromMilliseconds(2));
        await body.Awaited.Within();
        await body.Client.WriteAsync("hello"u8.ToArray(), TestContext.Current.CancellationToken);
        await body.Client.CompleteAsync();
        await using var reply = await ask.Within();
        Assert.Equal("hello", await Asking.ReadAsync(reply));
    }

    [Fact]
    public async Task FinalAnswerInsteadOf100_LeavesTheBodyUnread()
    {
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WriteAsync("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
            await x.WaitUntilGoneAsync();
            _gone.SetResult();
        });
        using var asking = new Asking();
        var body = new SilentBody("never sent");
        await using var reply = await asking.AskAsync(Asking.Request(origin, "POST", body: new RequestBody(body, 10, () => null), expectsContinue: true)).Within();
        // The answer is still being read when the second is over.
        asking.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((417, "no"), (reply.Head.Status, await Asking.ReadAsync(reply)));
        Assert.Equal(0, reply.BytesUp);
        Assert.False(body.Awaited.IsCompleted);
        Assert.Equal(0, asking.Pool.Connections);
        await _gone.Task.Within();
    }
}
