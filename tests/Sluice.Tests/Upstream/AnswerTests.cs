using Sluice.Http;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>What an origin says, what becomes of it, and whether its connection is used again.</summary>
public class AnswerTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\n";

    public static TheoryData<string, string, int, string, bool> WholeAnswers => new()
    {
        // RFC 9112 s.9.3: persistent unless one side says close
        { "GET", Ok + "Content-Length: 5\r\n\r\nhello", 200, "hello", true },
        { "GET", Ok + "Content-Length: 0\r\n\r\n", 200, "", true },
        { "GET", Ok + "Content-Length: 5\r\nConnection: close\r\n\r\nhello", 200, "hello", false },
        { "GET", Ok + "Content-Length: 5\r\nConnection: Keep-Alive, Close\r\n\r\nhello", 200, "hello", false },
        // s.9.3: HTTP/1.0 only with keep-alive
        { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false },
        { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", 200, "hello", true },
        { "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n\r\nhello", 200, "hello", false },
        // s.7.1
        { "GET", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1;x=\"y\"\r\n!\r\n0\r\n\r\n", 200, "hello!", true },
        { "GET", Ok + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 1\r\n\r\n", 200, "", true },
        // s.6.3(1): no body, whatever the fields say
        { "HEAD", Ok + "Content-Length: 5\r\n\r\n", 200, "", true },
        { "HEAD", Ok + "Transfer-Encoding: chunked\r\n\r\n", 200, "", true },
        { "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", 204, "", true },
        { "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", true },
        // s.9.2, s.11.1: what comes after an answer that nobody asked for is never the next answer (C8, C21)
        { "HEAD", Ok + "Content-Length: 5\r\n\r\nhello", 200, "", false },
        { "GET", "HTTP/1.1 204 No Content\r\n\r\nhello", 204, "", false },
        { "GET", "HTTP/1.1 304 Not Modified\r\n\r\nhello", 304, "", false },
        { "GET", Ok + "Content-Length: 5\r\n\r\nhello, world", 200, "hello", false },
        { "GET", Ok + "Content-Length: 5\r\n\r\nhello" + Ok + "Content-Length: 4\r\n\r\nevil", 200, "hello", false },
        { "GET", Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nmore", 200, "hello", false },
        // several equal lengths are one (s.6.3(5))
        { "GET", Ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true },
        // C11: many leave out the phrase
        { "GET", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", 200, "ok", true },
        { "GET", "HTTP/1.1 299 \r\nContent-Length: 2\r\n\r\nok", 299, "ok", true },
        // C12; RFC 9112 s.5.1: a proxy removes the space from a response
        { "GET", Ok + "Content-Length : 2\r\n\r\nok", 200, "ok", true },
        // RFC 9110 s.15.2: any number of 1xx before the final one
        { "GET", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nok", 200, "ok", true },
        { "GET", "HTTP/1.1 100 Continue\r\n\r\n" + Ok + "Content-Length: 2\r\n\r\nok", 200, "ok", true },
    };

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public async Task WholeAnswer_IsGivenAndItsConnectionKeptWhereItMayBe(string method, string said, int status, string body, bool kept)
    {
        await using var origin = ScriptedOrigin.Saying(said);
        using var asking = new Asking();
        for (var i = 0; i < 2; i++)
        {
            var answer = await asking.WholeAsync(Asking.Request(origin, method));
            Assert.Equal((status, body, ForwardError.None), (answer.Status, answer.Body, answer.Error));
            Assert.Equal(kept ? 1 : 0, asking.Pool.Connections);
        }
        Assert.Equal(kept ? 1 : 2, origin.Connections);
    }

    [Theory]
    [MemberData(nameof(WholeAnswers))]
    public async Task WholeAnswerOctetByOctet_IsTheSame(string method, string said, int status, string body, bool kept)
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            foreach (var c in said)
                await x.WriteAsync(c.ToString());
        });
        using var asking = new Asking();
        var answer = await asking.WholeAsync(Asking.Request(origin, method));
        Assert.Equal((status, body, ForwardError.None), (answer.Status, answer.Body, answer.Error));
        Assert.True(kept || asking.Pool.Connections <= 1);
    }

    public static TheoryData<string, ForwardError> BrokenHeads => new()
    {
        // C11
        { "garbage\r\n\r\n", ForwardError.BadResponse },
        { "<html>an answer of HTTP/0.9</html>\r\n", ForwardError.BadResponse },
        { "HTTP/1.1 99 Low\r\n\r\n", ForwardError.BadResponse },
        { "HTTP/1.1 1000 High\r\n\r\n", ForwardError.BadResponse },
        { "HTTP/1.1 600 High\r\n\r\n", ForwardError.BadResponse },
        { "HTTP/2.0 200 OK\r\n\r\n", ForwardError.BadResponse },
        { "SSH-2.0-OpenSSH_9.2\r\n", ForwardError.BadResponse },
        // C12
        { Ok + "Name: a\0b\r\n\r\n", ForwardError.BadResponse },
        { Ok + "Name: a\rb\r\n\r\n", ForwardError.BadResponse },
        { Ok + "Name: a\nContent-Length: 0\r\n\r\n", ForwardError.BadResponse },
        // C9
        { Ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", ForwardError.BadResponse },
        { Ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ForwardError.BadResponse },
        { Ok + "Content-Length: -5\r\n\r\nhello", ForwardError.BadResponse },
        { Ok + "Content-Length: 99999999999999999999\r\n\r\nhello", ForwardError.BadResponse },
        // C10
        { Ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", ForwardError.BadTransferCoding },
        { Ok + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", ForwardError.BadTransferCoding },
        { "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ForwardError.BadTransferCoding },
        // C13: RFC 9110 s.15.2.2, only to what was asked for
        { "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n", ForwardError.UnaskedUpgrade },
        { string.Concat(Enumerable.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 1000)), ForwardError.BadResponse },
        // C14
        { Ok + "Name: " + new string('x', 1 << 20), ForwardError.HeadTooLarge },
        { Ok + string.Concat(Enumerable.Repeat("a: b\r\n", 101)) + "\r\n", ForwardError.HeadTooLarge },
    };

    [Theory]
    [MemberData(nameof(BrokenHeads))]
    public async Task BrokenHead_IsRefusedAndItsConnectionClosed(string said, ForwardError error)
    {
        await using var origin = ScriptedOrigin.Saying(said);
        using var asking = new Asking();
        var answer = await asking.WholeAsync(Asking.Request(origin));
        Assert.Equal((0, error), (answer.Status, answer.Error));
        Assert.Equal(0, asking.Pool.Connections);
        Assert.Equal(1, origin.Connections);
    }

    public enum End
    {
        Fin,
        Reset,
    }

    public static TheoryData<string, End, int, string, ForwardError> CutAnswers => new()
    {
        // C6, C7; RFC 9112 s.8
        { "", End.Fin, 0, "", ForwardError.Terminated },
        { "", End.Reset, 0, "", ForwardError.Terminated },
        { "HTTP/1.1 2", End.Fin, 0, "", ForwardError.Incomplete },
        { "HTTP/1.1 2", End.Reset, 0, "", ForwardError.Incomplete },
        { "HTTP/1.1 103 Early Hints\r\n\r\n", End.Fin, 0, "", ForwardError.Incomplete },
        { Ok + "Content-Length: 9\r\n\r\nhello", End.Fin, 200, "hello", ForwardError.Incomplete },
        { Ok + "Content-Length: 9\r\n\r\nhello", End.Reset, 200, "hello", ForwardError.Incomplete },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", End.Fin, 200, "hello", ForwardError.Incomplete },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", End.Fin, 200, "hello", ForwardError.Incomplete },
        { Ok + "\r\nhello", End.Reset, 200, "hello", ForwardError.Incomplete },
        { Ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n", End.Fin, 200, "hello", ForwardError.BadTransferCoding },
        // RFC 9112 s.6.3(8): there FIN is the end
        { Ok + "\r\nhello", End.Fin, 200, "hello", ForwardError.None },
        { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nhello", End.Fin, 200, "hello", ForwardError.None },
    };

    [Theory]
    [MemberData(nameof(CutAnswers))]
    public async Task CutAnswer_IsNotTakenForWhole(string said, End end, int status, string body, ForwardError error)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync(said);
            if (end == End.Fin)
            {
                await x.CloseAsync();
                return;
            }
            // A reset may overtake what was sent before it.
            if (status != 0)
                await read.Task.Within();
            x.Reset();
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        var text = "";
        if (status != 0)
        {
            Assert.Equal(status, reply.Head.Status);
            text = await Asking.PieceAsync(reply);
            read.SetResult();
            text += await Asking.ReadAsync(reply);
        }
        if (end == End.Reset && status == 0)
            Assert.True(reply.Error is ForwardError.Terminated || reply.Error == error);
        else
            Assert.Equal(error, reply.Error);
        Assert.Equal(body, text);
        Assert.Equal(0, asking.Pool.Connections);
    }

    [Fact]
    public async Task Trailers_AreGivenAfterTheEnd()
    {
        await using var origin = ScriptedOrigin.Saying(Ok + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 42\r\nContent-Length: 7\r\n\r\n");
        using var asking = new Asking();
        var answer = await asking.WholeAsync(Asking.Request(origin));
        Assert.Equal("42", answer.Trailers?.Get("X-Sum"));
        // RFC 9110 s.6.5.1
        Assert.False(answer.Trailers!.Contains("Content-Length"));
    }

    [Fact]
    public async Task InterimAnswers_ArePassedInOrderWithout100()
    {
        await using var origin = ScriptedOrigin.Saying(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + Ok + "Content-Length: 0\r\n\r\n");
        using var asking = new Asking();
        var seen = new List<int>();
        var answer = await asking.WholeAsync(Asking.Request(origin, interim: head =>
        {
            seen.Add(head.Status);
            return ValueTask.CompletedTask;
        }));
        Assert.Equal(200, answer.Status);
        Assert.Equal([103, 102], seen);
    }

    [Fact]
    public async Task LargeBodies_AreWholeInEveryFraming()
    {
        var body = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"{i:x8}"));
        string[] heads =
        [
            $"{Ok}Content-Length: {body.Length}\r\n\r\n{body}",
            $"{Ok}Transfer-Encoding: chunked\r\n\r\n{string.Concat(body.Chunk(7777).Select(c => $"{c.Length:x}\r\n{new string(c)}\r\n"))}0\r\n\r\n",
            $"{Ok}Connection: close\r\n\r\n{body}",
        ];
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync(heads[x.Target[1] - '0']);
            if (x.Target == "/2")
                await x.CloseAsync();
        });
        using var asking = new Asking();
        for (var i = 0; i < heads.Length; i++)
        {
            var answer = await asking.WholeAsync(Asking.Request(origin, target: $"/{i}"));
            Assert.Equal(ForwardError.None, answer.Error);
            Assert.Equal(body, answer.Body);
        }
    }

    [Fact]
    public async Task Upgrade_HandsOutTheConnectionAndWhatCameEarly()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\nearly");
            await x.WaitUntilGoneAsync();
        });
        using var asking = new Asking();
        await using var reply = await asking.AskAsync(Asking.Request(origin, upgrade: "chat")).Within();
        Assert.Equal((ForwardError.None, 101), (reply.Error, reply.Head.Status));
        var (socket, tls, early) = ((Http1Reply)reply).TakeOver();
        // It is no longer the pool's, and no deadline closes it.
        asking.Time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, asking.Pool.Connections);
        Assert.Null(tls);
        Assert.Equal("early"u8, early.Span);
        Assert.True(socket.RemoteEndPoint is not null && socket.IsQuiet(surely: true));
        socket.Dispose();
    }

    [Fact]
    public async Task UpgradeInTheMiddleOfTheRequest_IsRefused()
    {
        // RFC 9110 s.7.8
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            await x.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
            await x.WaitUntilGoneAsync();
        });
        using var asking = new Asking();
        var body = new SilentBody("be");
        var answer = await asking.WholeAsync(Asking.Request(origin, "POST", upgrade: "chat", body: new RequestBody(body, 9, () => null)));
        Assert.Equal(ForwardError.BadResponse, answer.Error);
        Assert.Equal((0, 0), (body.Open, asking.Pool.Connections));
    }
}
