using Sluice.Http;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Origins of HTTP/2 that break off, or say what no answer may hold.</summary>
public class Http2FaultTests
{
    private static readonly (string, string) Ok = (":status", "200");

    /// <param name="headSeen">What follows the first frame waits for it.</param>
    private static ScriptedOrigin Saying(Func<int, byte[][]> frames, bool closes = false, Task? headSeen = null) => ScriptedOrigin.StartRaw(async c =>
    {
        var stream = await RawHttp2.BeginAsync(c);
        foreach (var (i, frame) in frames(stream).Index())
        {
            if (i == 1 && headSeen is not null)
                await headSeen.Within();
            await c.SendAsync(frame);
        }
        if (closes)
            c.HalfClose();
        await c.WaitUntilGoneAsync();
    });

    private static async Task<Answer> AskAsync(ScriptedOrigin origin)
    {
        using var asking = new Asking();
        return await asking.WholeAsync(Http2Asking.Request(origin.Port));
    }

    /// <summary>The same where the answer breaks off behind its head; not before that has been seen, as the library need not give a head whose stream has failed already.</summary>
    private static async Task<Answer> AskAsync(Func<int, byte[][]> frames, bool closes = false)
    {
        var headSeen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = Saying(frames, closes, headSeen.Task);
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port)).Within();
        headSeen.SetResult();
        return new Answer(reply.Head.Status, await Asking.ReadAsync(reply), reply.Error, reply.Trailers);
    }

    // RFC 9113 s.8.2.1, s.10.3
    [Theory]
    [InlineData("x-a", "b\u0001c")]
    [InlineData("x-a", "b\u007fc")]
    [InlineData("x a", "b")]
    [InlineData("x-a:b", "c")]
    [InlineData("x-a\r\nx-evil", "c")]
    public async Task FieldThatIsNone_IsRefused(string name, string value)
    {
        await using var origin = Saying(s => [RawHttp2.Headers(s, end: true, Ok, (name, value))]);
        Assert.Equal(ForwardError.BadResponse, (await AskAsync(origin)).Error);
        var answer = await AskAsync(s => [RawHttp2.Headers(s, end: false, Ok), RawHttp2.Headers(s, end: true, (name, value))]);
        Assert.Equal((200, ForwardError.BadResponse, null), (answer.Status, answer.Error, answer.Trailers));
    }

    [Theory]
    [InlineData("b\r\nX-Evil: 1")]
    [InlineData("b\nX-Evil: 1")]
    [InlineData("b\r\n\r\n<script>")]
    [InlineData("b\0c")]
    public async Task LineBreakInAValue_IsNone(string value)
    {
        // The library makes spaces of them.
        await using var origin = Saying(s => [RawHttp2.Headers(s, end: false, Ok, ("x-a", value)), RawHttp2.Headers(s, end: true, ("x-b", value))]);
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Http2Asking.Request(origin.Port)).Within();
        Assert.Equal("", await Asking.ReadAsync(reply));
        var without = value.Replace('\r', ' ').Replace('\n', ' ').Replace('\0', ' ');
        Assert.Equal([new Field("x-a", without)], reply.Head.Fields);
        Assert.Equal([new Field("x-b", without)], reply.Trailers!);
    }

    [Fact]
    public async Task TrailerThatMayNotBeOne_IsLeftOut()
    {
        await using var origin = Saying(s =>
            [RawHttp2.Headers(s, end: false, Ok), RawHttp2.Headers(s, end: true, ("x-sum", " 7 "), ("set-cookie", "a=1"), ("grpc-status", "0"))]);
        Assert.Equal([new Field("x-sum", "7"), new Field("grpc-status", "0")], (await AskAsync(origin)).Trailers!);
    }

    public static TheoryData<string, string, ForwardError> Lengths => new()
    {
        { "5", "hello", ForwardError.None },
        { "9", "hello", ForwardError.Incomplete },
        { "3", "hello", ForwardError.BadResponse },
        { "0", "hello", ForwardError.BadResponse },
        { "x", "hello", ForwardError.BadResponse },
    };

    // RFC 9113 s.8.1.1
    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task LengthThatIsNotTheBodys_IsSeen(string length, string body, ForwardError error)
    {
        await using var origin = Saying(s => [RawHttp2.Headers(s, end: false, Ok, ("content-length", length)), RawHttp2.Data(s, end: true, body)]);
        Assert.Equal(error, (await AskAsync(origin)).Error);
    }

    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData(":status", "204")]
    public async Task FieldThatHttp2DoesNotHave_IsRefused(string name, string value)
    {
        await using var origin = Saying(s => [RawHttp2.Headers(s, end: true, Ok, (name, value))]);
        Assert.Equal(ForwardError.BadResponse, (await AskAsync(origin)).Error);
    }

    [Fact]
    public async Task HeadThatIsTooLarge_IsRefused()
    {
        await using var origin = Saying(s => [RawHttp2.Headers(s, end: true, [Ok, .. Enumerable.Range(0, 4).Select(i => ($"x-{i}", new string('a', 3_900)))])]);
        Assert.Equal(ForwardError.None, (await AskAsync(origin)).Error);
        await using var many = Saying(s => [RawHttp2.Headers(s, end: true, [Ok, .. Enumerable.Range(0, 101).Select(i => ($"x-{i}", ""))])]);
        Assert.Equal(ForwardError.HeadTooLarge, (await AskAsync(many)).Error);
    }

    // RFC 9113 s.7: 0x2 INTERNAL_ERROR, 0x8 CANCEL, 0x1 PROTOCOL_ERROR
    [Theory]
    [InlineData(0x2, ForwardError.Terminated, ForwardError.Incomplete)]
    [InlineData(0x8, ForwardError.Terminated, ForwardError.Incomplete)]
    [InlineData(0x1, ForwardError.BadResponse, ForwardError.BadResponse)]
    public async Task Reset_EndsTheAnswer(byte code, ForwardError before, ForwardError within)
    {
        await using var first = Saying(s => [RawHttp2.Reset(s, code)]);
        Assert.Equal(before, (await AskAsync(first)).Error);
        var answer = await AskAsync(s => [RawHttp2.Headers(s, end: false, Ok), RawHttp2.Data(s, end: false, "half"), RawHttp2.Reset(s, code)]);
        Assert.Equal((200, within), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task FinInTheAnswer_IsIncomplete()
    {
        var answer = await AskAsync(s => [RawHttp2.Headers(s, end: false, Ok), RawHttp2.Data(s, end: false, "half")], closes: true);
        Assert.Equal((200, ForwardError.Incomplete), (answer.Status, answer.Error));
        await using var silent = Saying(_ => [], closes: true);
        Assert.Equal(ForwardError.Terminated, (await AskAsync(silent)).Error);
    }

    [Theory]
    [InlineData("GET", null, true)]
    [InlineData("POST", null, true)]
    [InlineData("POST", "content that is gone", false)]
    public async Task RequestThatWasNotProcessed_IsAskedOnceMoreWhileItIsWhole(string method, string? body, bool again)
    {
        // RFC 9113 s.8.7: streams above the last one of GOAWAY were not processed.
        var connections = 0;
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            var first = Interlocked.Increment(ref connections) == 1;
            var stream = await RawHttp2.BeginAsync(c);
            // What has not been begun would still be whole.
            if (first && body is not null)
                await RawHttp2.ReadDataAsync(c, body.Length);
            await c.SendAsync(first ? RawHttp2.GoAway(0, 0) : RawHttp2.Headers(stream, end: true, Ok));
            await c.WaitUntilGoneAsync();
        });
        using var asking = new Asking();
        var answer = await asking.WholeAsync(Http2Asking.Request(origin.Port, method, body: body is null ? null : Asking.Text(body)));
        Assert.Equal(again ? ForwardError.None : ForwardError.Terminated, answer.Error);
    }

    [Fact]
    public async Task GoAwayAfterAnAnswer_MakesTheNextRequestDialAnew()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            var stream = await RawHttp2.BeginAsync(c);
            await c.SendAsync((byte[])[.. RawHttp2.GoAway((byte)stream, 0), .. RawHttp2.Headers(stream, end: true, Ok)]);
            await c.WaitUntilGoneAsync();
        });
        using var asking = new Asking();
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(200, (await asking.WholeAsync(Http2Asking.Request(origin.Port))).Status);
            Assert.Equal(i, origin.Connections);
        }
    }

    [Fact]
    public async Task OriginThatSpeaksOnlyHttp1_IsBad()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await RawHttp2.BeginAsync(c, says: "");
            await c.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
            await c.WaitUntilGoneAsync();
        });
        Assert.Equal(ForwardError.BadResponse, (await AskAsync(origin)).Error);
    }

    [Fact]
    public async Task ClosedPort_IsRefused()
    {
        using var closed = new ClosedPort();
        using var asking = new Asking();
        Assert.Equal(ForwardError.Refused, (await asking.WholeAsync(Http2Asking.Request(closed.Port))).Error);
    }
}
