using System.Buffers;
using System.Text;
using CsCheck;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Forwarding;

/// <summary>A request's content on its way in, whatever the segments in which it comes (RFC 9112 s.6, 7).</summary>
public class ClientBodyTests
{
    private const string Behind = "GET / HTTP/1.1\r\n";

    [Fact]
    public async Task AnyChunksInAnySegments_GiveTheContentTheTrailersAndWhatIsBehind() =>
        await Gen.Select(
            Gen.Select(Gen.Frequency((5, Gen.Int[1, 20]), (2, Gen.Int[1, 5000]), (1, Gen.Int[1, 200_000])), Gen.OneOf("", ";a", ";a=\"b\"")).Array[0, 12],
            Gen.OneOf("", "X-A: 1\r\n", "X-A: 1\r\nX-B: 2\r\n"),
            Gen.Int[1, 3000].Array[1, 20],
            Gen.Double[0.1, 1].Array[1, 5]).SampleAsync(async (chunks, trailers, segments, shares) =>
            {
                var content = Content(chunks.Sum(chunk => chunk.Item1));
                var sent = new MemoryStream();
                var at = 0;
                foreach (var (length, extension) in chunks)
                {
                    sent.Write(Encoding.Latin1.GetBytes($"{length:x}{extension}\r\n"));
                    sent.Write(content.AsSpan(at, length));
                    sent.Write("\r\n"u8);
                    at += length;
                }
                sent.Write(Encoding.Latin1.GetBytes($"0\r\n{trailers}\r\n{Behind}"));
                await using var end = await ClientEnd.ConnectAsync();
                end.Own.Body.Begin(BodyLength.Chunked, expectsContinue: false);
                var got = await ReadAsync(end, sent.ToArray(), segments, shares);
                Assert.True(content.AsSpan().SequenceEqual(got));
                Assert.Equal(trailers, string.Concat(end.Own.Body.Trailers?.Select(field => $"{field.Name}: {field.Value}\r\n") ?? []));
                Assert.Equal(Behind, await RestAsync(end, Behind.Length));
            }, iter: 100, threads: 1);

    [Fact]
    public async Task AnyLengthInAnySegments_GivesTheContentAndWhatIsBehind() =>
        await Gen.Select(Gen.Frequency((1, Gen.Int[1, 300]), (1, Gen.Int[1, 500_000])), Gen.Int[1, 3000].Array[1, 20], Gen.Double[0.1, 1].Array[1, 5])
            .SampleAsync(async (length, segments, shares) =>
            {
                var content = Content(length);
                await using var end = await ClientEnd.ConnectAsync();
                end.Own.Body.Begin(BodyLength.Of(length), expectsContinue: false);
                var got = await ReadAsync(end, [.. content, .. Encoding.Latin1.GetBytes(Behind)], segments, shares);
                Assert.True(content.AsSpan().SequenceEqual(got));
                Assert.Equal(Behind, await RestAsync(end, Behind.Length));
            }, iter: 100, threads: 1);

    [Theory]
    [InlineData("5\r\nhello\r\nZ\r\n0\r\n\r\n")]
    [InlineData("Z0\r\n\r\n")]
    [InlineData("5\r\nhello0\r\n\r\n0\r\n\r\n")]
    [InlineData("5;\n\r\nhello\r\n0\r\n\r\n")]
    [InlineData("0\r\nX : 1\r\n\r\n0\r\n\r\n")]
    [InlineData("0\r\nX: 1\r\n 2\r\n\r\n0\r\n\r\n")]
    public async Task Fault_IsTheEndOfTheBodyAndOfTheConnection(string body)
    {
        // RFC 9112 s.9.3: where the next message begins is no longer certain, not for a second reader either.
        await using var end = await ClientEnd.ConnectAsync();
        end.Own.Body.Begin(BodyLength.Chunked, expectsContinue: false);
        await end.Client.SendAsync(body + Behind);
        for (var i = 0; i < 2; i++)
            Assert.Equal(BadMessage.InvalidChunk, (await Assert.ThrowsAsync<BadBodyException>(() => ReadAllAsync(end))).Why);
        Assert.False(end.Own.Body.IsComplete);
        Assert.False(await end.Own.Body.DropRestAsync());
    }

    [Theory]
    [InlineData("400\r\n", 1024)]
    [InlineData("1\r\na\r\n3ff\r\n", 1023)]
    public async Task MoreThanTheLimit_IsAFault(string framing, int length)
    {
        await using var end = await ClientEnd.ConnectAsync(new LimitOptions { MaxBodyBytes = 1000 });
        end.Own.Body.Begin(BodyLength.Chunked, expectsContinue: false);
        await end.Client.SendAsync(framing + new string('x', length) + "\r\n0\r\n\r\n");
        for (var i = 0; i < 2; i++)
            Assert.Equal(BadMessage.BodyTooLarge, (await Assert.ThrowsAsync<BadBodyException>(() => ReadAllAsync(end))).Why);
        Assert.False(await end.Own.Body.DropRestAsync());
    }

    [Theory]
    [InlineData(false, "hel")]
    [InlineData(true, "5\r\nhel")]
    [InlineData(true, "5\r\nhello\r\n")]
    [InlineData(true, "5\r\nhello\r\n0\r\n")]
    [InlineData(true, "0\r\nX-A: 1\r\n")]
    public async Task FinBeforeItsEnd_IsAFault(bool chunked, string body)
    {
        await using var end = await ClientEnd.ConnectAsync();
        end.Own.Body.Begin(chunked ? BodyLength.Chunked : BodyLength.Of(5), expectsContinue: false);
        await end.Client.SendAsync(body);
        end.Client.HalfClose();
        for (var i = 0; i < 2; i++)
            Assert.Equal(BadMessage.Incomplete, (await Assert.ThrowsAsync<BadBodyException>(() => ReadAllAsync(end))).Why);
        Assert.False(await end.Own.Body.DropRestAsync());
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1000, true)]
    [InlineData(60 << 10, true)]
    [InlineData(1 << 20, false)] // cheaper to open another connection than to read this for nothing
    public async Task Rest_IsDroppedIfItIsLittle(int length, bool dropped)
    {
        foreach (var chunked in new[] { false, true })
        {
            await using var end = await ClientEnd.ConnectAsync();
            end.Own.Body.Begin(chunked ? BodyLength.Chunked : BodyLength.Of(length), expectsContinue: false);
            var framing = !chunked ? ("", "") : ($"{length:x}\r\n", length == 0 ? "\r\n" : "\r\n0\r\n\r\n");
            var sending = end.Client.SendAsync(framing.Item1 + new string('x', length) + framing.Item2 + Behind);
            Assert.Equal(dropped, await end.Own.Body.DropRestAsync().AsTask().Within());
            if (dropped)
                Assert.Equal(Behind, await RestAsync(end, Behind.Length));
            end.Own.Socket.Dispose();
            await Record.ExceptionAsync(() => sending);
        }
    }

    [Fact]
    public async Task CancelledRead_LosesNothing()
    {
        await using var end = await ClientEnd.ConnectAsync();
        end.Own.Body.Begin(BodyLength.Of(5), expectsContinue: false);
        var reading = end.Own.Body.ReadAsync(Token).AsTask();
        end.Own.Body.CancelPendingRead();
        var read = await reading.Within();
        Assert.True(read.IsCanceled);
        end.Own.Body.AdvanceTo(read.Buffer.Start);
        // Nobody reads just now: it is the next read that is cancelled.
        end.Own.Body.CancelPendingRead();
        read = await end.Own.Body.ReadAsync(Token).AsTask().Within();
        Assert.True(read.IsCanceled);
        end.Own.Body.AdvanceTo(read.Buffer.Start);
        await end.Client.SendAsync("hello");
        Assert.Equal("hello"u8.ToArray(), await ReadAllAsync(end));
        Assert.True(end.Own.Body.IsComplete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FirstRead_SendsContinueUnlessTheContentIsThere(bool isThere)
    {
        // RFC 9110 s.10.1.1
        await using var end = await ClientEnd.ConnectAsync();
        var x = end.Begin("POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.True(end.Own.Body.AwaitsContinue);
        Task<byte[]> reading;
        if (isThere)
        {
            await end.Client.SendAsync("he");
            await end.Own.FillAsync();
            reading = ReadAllAsync(end);
        }
        else
        {
            reading = ReadAllAsync(end);
            Assert.Equal("HTTP/1.1 100 Continue", (await end.Client.ReadHeadAsync()).StartLine);
            await end.Client.SendAsync("he");
        }
        await end.Client.SendAsync("llo");
        Assert.Equal("hello"u8.ToArray(), await reading.Within());
        Assert.False(end.Own.Body.AwaitsContinue);
        x.Answer.Head(200, null, new FieldList(), hasBody: false);
        await x.Answer.EndAsync();
        Assert.Empty((await end.Client.ReadResponseAsync()).Interim);
        Assert.False(x.Closes);
    }

    [Fact]
    public async Task ReadBehindTheFinalHead_SendsNoContinueAndTheConnectionEnds()
    {
        await using var end = await ClientEnd.ConnectAsync();
        var x = end.Begin("POST http://a.example/ HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        x.Answer.Head(413, null, new FieldList(), hasBody: false);
        var reading = ReadAllAsync(end);
        await x.Answer.EndAsync();
        var response = await end.Client.ReadResponseAsync();
        Assert.Empty(response.Interim);
        Assert.Equal("close", response["Connection"]);
        Assert.True(x.Closes);
        // It may come all the same; but what comes may also be the next request.
        Assert.False(await end.Own.Body.DropRestAsync());
        await end.Client.SendAsync("hello");
        Assert.Equal("hello"u8.ToArray(), await reading.Within());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static byte[] Content(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 >> 3))];

    /// <summary>Sends in these segments, and reads to the body's end, of each piece only this share at a time.</summary>
    private static async Task<byte[]> ReadAsync(ClientEnd end, byte[] sent, int[] segments, double[] shares)
    {
        var sending = Task.Run(async () =>
        {
            for (int at = 0, i = 0; at < sent.Length; i++)
            {
                var length = Math.Min(segments[i % segments.Length], sent.Length - at);
                await end.Client.SendAsync(sent.AsMemory(at, length));
                at += length;
            }
        }, Token);
        var content = await ReadAllAsync(end, shares);
        Assert.True(end.Own.Body.IsComplete);
        await sending;
        return content;
    }

    private static async Task<byte[]> ReadAllAsync(ClientEnd end, params double[] shares)
    {
        var content = new MemoryStream();
        for (var i = 0; ; i++)
        {
            var read = await end.Own.Body.ReadAsync(Token).AsTask().Within();
            var length = shares.Length == 0 ? read.Buffer.Length : (long)Math.Ceiling(read.Buffer.Length * shares[i % shares.Length]);
            foreach (var piece in read.Buffer.Slice(0, length))
                content.Write(piece.Span);
            var all = length == read.Buffer.Length;
            end.Own.Body.AdvanceTo(read.Buffer.GetPosition(length));
            if (read.IsCompleted && all)
                return content.ToArray();
        }
    }

    private static async Task<string> RestAsync(ClientEnd end, int length)
    {
        while (end.Own.Unread.Length < length)
            Assert.True(await end.Own.FillAsync().AsTask().Within() > 0);
        return Encoding.Latin1.GetString(end.Own.Unread.Span);
    }
}
