using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Forwarding;

/// <summary>How an answer's end is told (RFC 9112 s.6.3), and that it arrives as it was given.</summary>
public class AnswerWriterTests
{
    /// <summary>Method, version, status, the length that the fields give, the body that there is; what frames the answer, whether the
    /// connection is kept.</summary>
    public static TheoryData<string, string, int, int?, string?, string, bool> Framings => new()
    {
        { "GET", "1.1", 200, 5, "hello", "Content-Length: 5", true },
        { "GET", "1.1", 200, null, "hello", "Transfer-Encoding: chunked", true },
        { "GET", "1.1", 200, null, null, "Content-Length: 0", true },
        { "GET", "1.1", 200, 0, null, "Content-Length: 0", true },
        { "GET", "1.0", 200, 5, "hello", "Content-Length: 5", true },
        // RFC 9112 s.6.1, 6.3(8): no chunks for HTTP/1.0
        { "GET", "1.0", 200, null, "hello", "", false },
        { "GET", "1.0", 200, null, null, "Content-Length: 0", true },
        // RFC 9110 s.9.3.2: the fields that GET would have had, or none
        { "HEAD", "1.1", 200, 5, null, "Content-Length: 5", true },
        { "HEAD", "1.1", 200, null, null, "", true },
        { "HEAD", "1.0", 200, null, null, "", true },
        // RFC 9110 s.8.6: never in 204
        { "GET", "1.1", 204, null, null, "", true },
        { "DELETE", "1.0", 204, null, null, "", true },
        { "GET", "1.1", 304, null, null, "", true },
        { "GET", "1.1", 304, 5, null, "Content-Length: 5", true },
        // RFC 9110 s.15.3.6: 205 has no content, whatever came
        { "POST", "1.1", 205, null, null, "Content-Length: 0", true },
        { "POST", "1.1", 205, null, "hello", "Content-Length: 0", true },
        { "POST", "1.1", 205, 5, "hello", "Content-Length: 0", true },
        { "POST", "1.0", 205, 5, "hello", "Content-Length: 0", true },
    };

    [Theory]
    [MemberData(nameof(Framings))]
    public async Task Answer_IsFramed(string method, string version, int status, int? length, string? body, string framing, bool kept)
    {
        await using var end = await ClientEnd.ConnectAsync(kind: ListenerKind.Reverse);
        var x = end.Begin($"{method} / HTTP/{version}\r\nHost: a.example\r\n{(version == "1.0" ? "Connection: keep-alive\r\n" : "")}\r\n");
        var fields = new FieldList();
        if (length is { } octets)
            fields.Add("Content-Length", octets.ToString(CultureInfo.InvariantCulture));
        x.Answer.Head(status, null, fields, hasBody: body is not null);
        if (body is not null)
            Assert.True(await x.Answer.WriteAsync(Encoding.Latin1.GetBytes(body)));
        await x.Answer.EndAsync();
        Assert.Equal(kept, !x.Closes);
        Assert.True(end.Own.Socket.TryShutdownSend());
        var response = await end.Client.ReadResponseAsync(method);
        Assert.Equal(framing, string.Concat(response.Head.Fields.Where(field => field.Name is "Content-Length" or "Transfer-Encoding")
            .Select(field => $"{field.Name}: {field.Value}")));
        Assert.Equal(kept ? (version == "1.0" ? "keep-alive" : null) : "close", response["Connection"]);
        Assert.Equal(status == 205 ? "" : body ?? "", response.Text);
        Assert.Equal(response.Body.Length, x.Record.ResponseBytes);
        Assert.Empty(await end.Client.ReadToEndAsync());
    }

    [Fact]
    public async Task AnyPieces_ArriveByteForByteAnswerBehindAnswer() =>
        await
            // The pieces of each answer; whether its length is known; whether the pieces are given one by one.
            Gen.Select(Gen.Frequency((4, Gen.Int[1, 100]), (2, Gen.Int[4090, 4100]), (1, Gen.Int[1, 300_000])).Array[1, 12], Gen.Bool, Gen.Bool).Array[1, 4]
            .SampleAsync(async answers =>
            {
                await using var end = await ClientEnd.ConnectAsync();
                var seed = 0;
                foreach (var (pieces, isKnown, oneByOne) in answers)
                {
                    var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
                    var body = pieces.Select(length => Net.Wire.Noise(length, seed++)).ToArray();
                    var all = body.SelectMany(piece => piece).ToArray();
                    var fields = new FieldList();
                    if (isKnown)
                        fields.Add("Content-Length", all.Length.ToString(CultureInfo.InvariantCulture));
                    var reading = end.Client.ReadResponseAsync();
                    x.Answer.Head(200, null, fields, hasBody: true);
                    if (oneByOne)
                        foreach (var piece in body)
                        {
                            // A piece is free again as soon as it was taken.
                            var lent = piece.ToArray();
                            Assert.True(await x.Answer.WriteAsync(lent));
                            lent.AsSpan().Clear();
                        }
                    else
                        Assert.True(await x.Answer.WriteAsync(Sequence(body)));
                    await x.Answer.EndAsync(isKnown ? null : new FieldList([new("X-Sum", "1")]));
                    var response = await reading;
                    Assert.True(all.AsSpan().SequenceEqual(response.Body));
                    Assert.Equal(isKnown ? BodyEnd.Length : BodyEnd.Chunked, response.End);
                    Assert.Equal(isKnown ? [] : [new RawField("X-Sum", "1")], response.Trailers);
                    Assert.Equal(all.Length, x.Record.ResponseBytes);
                    Assert.False(x.Closes);
                }
            }, iter: 60, threads: 1);

    [Theory]
    [InlineData("1.1", true)]
    [InlineData("1.1", false)]
    [InlineData("1.0", true)]
    [InlineData("1.0", false)]
    public async Task BodyFromAFile_ArrivesAndIsCounted(string version, bool isKnown)
    {
        var content = Net.Wire.Noise(2 << 20);
        using var file = Net.SendFileTests.Made(Path.GetTempPath(), content);
        await using var end = await ClientEnd.ConnectAsync(kind: ListenerKind.Reverse);
        foreach (var length in (int[])[1, 1000, 64 << 10, 256 << 10, 1_500_000, 0])
        {
            var x = end.Begin($"GET / HTTP/{version}\r\nHost: a.example\r\n{(version == "1.0" ? "Connection: keep-alive\r\n" : "")}\r\n");
            var fields = new FieldList();
            if (isKnown)
                fields.Add("Content-Length", $"{length + 5}");
            x.Answer.Head(200, null, fields, hasBody: true);
            var reading = end.Client.ReadResponseAsync();
            // A piece from elsewhere may come before it.
            if (length % 2 == 1)
                Assert.True(await x.Answer.WriteAsync("hello"u8.ToArray()));
            Assert.Equal(FileOutcome.Sent, await x.Answer.WriteFileAsync(file, 10, length).AsTask().Within());
            if (length % 2 == 0)
                Assert.True(await x.Answer.WriteAsync("hello"u8.ToArray()));
            await x.Answer.EndAsync();
            if (!isKnown && version == "1.0")
                Assert.True(end.Own.Socket.TryShutdownSend());
            var part = content[10..(10 + length)];
            Assert.Equal(length % 2 == 1 ? [.. "hello"u8, .. part] : [.. part, .. "hello"u8], (await reading).Body);
            Assert.Equal(length + 5, x.Record.ResponseBytes);
            if (!isKnown && version == "1.0")
                break;
        }
    }

    [Fact]
    public async Task FileThatEndsBefore_IsKnownAndNotTakenBack()
    {
        using var file = Net.SendFileTests.Made(Path.GetTempPath(), Net.Wire.Noise(600_000));
        await using var end = await ClientEnd.ConnectAsync();
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        x.Answer.Head(200, null, new FieldList([new("Content-Length", "600001")]), hasBody: true);
        var reading = end.Client.ReadToEndAsync();
        Assert.Equal(FileOutcome.Unreadable, await x.Answer.WriteFileAsync(file, 0, 600_001).AsTask().Within());
        Assert.False(x.Answer.TryTakeBack());
        end.Own.Break();
        await Assert.ThrowsAsync<IOException>(() => reading);
    }

    [Fact]
    public async Task FileThatCannotBeReadAtAll_LeavesTheAnswerToBeTakenBack()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/mem");
        using var file = File.OpenHandle("/proc/self/mem");
        await using var end = await ClientEnd.ConnectAsync();
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        x.Answer.Head(200, null, new FieldList([new("Content-Length", "10")]), hasBody: true);
        Assert.Equal(FileOutcome.Unreadable, await x.Answer.WriteFileAsync(file, 0, 10).AsTask().Within());
        Assert.Null(x.Record.Error);
        Assert.True(x.Answer.TryTakeBack());
        x.Answer.Head(200, null, new FieldList([new("Content-Length", "2")]), hasBody: true);
        Assert.True(await x.Answer.WriteAsync("ok"u8.ToArray()));
        await x.Answer.EndAsync();
        Assert.Equal("ok", (await end.Client.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task ClientThatStandsStillInAFile_IsLeft()
    {
        using var file = Net.SendFileTests.Made(Path.GetTempPath(), Net.Wire.Noise(8 << 20));
        var limits = new LimitOptions();
        await using var end = await ClientEnd.ConnectAsync(limits, buffers: 64 << 10);
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        x.Answer.Head(200, null, new FieldList([new("Content-Length", $"{8 << 20}")]), hasBody: true);
        var writing = x.Answer.WriteFileAsync(file, 0, 8 << 20).AsTask();
        Assert.False(writing.IsCompleted);
        while (!writing.IsCompleted)
        {
            end.Time.Advance(limits.Body + TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Equal(FileOutcome.ClientLeft, await writing.Within());
    }

    [Fact]
    public async Task AnswerShorterThanItsLength_IsNoCleanEnd()
    {
        await using var end = await ClientEnd.ConnectAsync();
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        x.Answer.Head(200, null, new FieldList([new("Content-Length", "10")]), hasBody: true);
        await x.Answer.WriteAsync("hello"u8.ToArray());
        await x.Answer.EndAsync();
        await Assert.ThrowsAsync<IOException>(() => end.Client.ReadToEndAsync());
    }

    [Fact]
    public async Task InterimAnswers_ComeInOrderBeforeTheFinalHeadAndNoneBehindIt()
    {
        await using var end = await ClientEnd.ConnectAsync(buffers: 16 << 10);
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        // More than the kernel takes while nobody reads, so that they wait for one another.
        var filling = Enumerable.Range(0, 300).Select(i => x.Answer.InterimAsync(Hint(i)).AsTask()).ToList();
        Assert.False(filling[^1].IsCompleted);
        x.Answer.Head(200, null, new FieldList([new("Content-Length", "2")]), hasBody: true);
        var writing = x.Answer.WriteAsync("ok"u8.ToArray()).AsTask();
        Assert.False(await x.Answer.InterimAsync(Hint(300)));
        Assert.False(await x.Answer.ContinueAsync());
        var response = await end.Client.ReadResponseAsync();
        Assert.All(await Task.WhenAll(filling).Within(), Assert.True);
        Assert.True(await writing.Within());
        await x.Answer.EndAsync();
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"{i}"), response.Interim.Select(hint => hint["X-Hint"]));
        Assert.Equal("ok", response.Text);
    }

    [Fact]
    public async Task ClientThatReadsSlowly_IsWaitedForAsLongAsItComesForward()
    {
        // limits.body is how long it may take nothing at all.
        var limits = new LimitOptions();
        await using var end = await ClientEnd.ConnectAsync(limits, buffers: 64 << 10);
        var x = end.Begin("GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n");
        const int length = 8 << 20;
        x.Answer.Head(200, null, new FieldList([new("Content-Length", $"{length}")]), hasBody: true);
        var writing = x.Answer.WriteAsync(new byte[length]).AsTask();
        for (var i = 0; i < 4; i++)
        {
            Assert.False(writing.IsCompleted);
            var before = end.Own.Socket.BytesSent;
            while (end.Own.Socket.BytesSent == before)
                await end.Client.ReadSomeAsync();
            end.Time.Advance(limits.Body + TimeSpan.FromSeconds(1));
        }
        // Now it takes no more.
        for (var sent = -1L; sent != end.Own.Socket.BytesSent || !writing.IsCompleted;)
        {
            sent = end.Own.Socket.BytesSent;
            end.Time.Advance(limits.Body + TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.False(await writing.Within());
        await Assert.ThrowsAsync<IOException>(() => end.Client.ReadToEndAsync());
    }

    private static byte[] Hint(int i) => Encoding.Latin1.GetBytes($"HTTP/1.1 103 Early Hints\r\nX-Hint: {i}\r\nX-Long: {new string('x', 20_000)}\r\n\r\n");

    private static ReadOnlySequence<byte> Sequence(byte[][] pieces)
    {
        var first = new Segment(pieces[0], null);
        var last = pieces.Skip(1).Aggregate(first, (before, piece) => new Segment(piece, before));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] piece, Segment? before)
        {
            Memory = piece;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
