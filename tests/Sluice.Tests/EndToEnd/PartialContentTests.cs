using System.Globalization;
using System.Text;
using Sluice.Cache;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Ranges and partial content between a real client and a real origin, by a forward and by a reverse proxy.</summary>
public class PartialContentTests
{
    public static readonly TheoryData<bool> Forms = [false, true];

    private static readonly byte[] Digits = "0123456789"u8.ToArray();

    /// <summary>A proxy, an origin behind it, and one kept connection: what a request has brought is stored when the next is read.</summary>
    private sealed class Scene(RangeOrigin origin, RunningProxy proxy, bool reverse) : IAsyncDisposable
    {
        private RawConnection? _client;

        public RangeOrigin Origin => origin;

        public RunningProxy Proxy => proxy;

        public static async Task<Scene> StartAsync(bool reverse, byte[] content, CacheOptions? cache = null)
        {
            var origin = new RangeOrigin(content);
            return new Scene(origin, reverse
                ? await RunningProxy.ReverseAsync(origin.Origin.EndPoint, cache: cache)
                : await RunningProxy.ForwardAsync(cache: cache), reverse);
        }

        public async Task<RawResponse> AskAsync(string method, params string[] fields)
        {
            _client ??= await proxy.ConnectAsync();
            await _client.SendAsync(
                $"{method} {(reverse ? Path : origin.Origin.Url(Path))} HTTP/1.1\r\nHost: {origin.Origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
            return await _client.ReadResponseAsync(method);
        }

        public string Path { get; set; } = "/";

        public Task<RawResponse> GetAsync(params string[] fields) => AskAsync("GET", fields);

        /// <summary>GET of a range; holds the octets, the status and Content-Range against the origin's content.</summary>
        public async Task<RawResponse> GetRangeAsync(int first, int last, params string[] fields)
        {
            var response = await GetAsync([$"Range: bytes={first}-{last}", .. fields]);
            Assert.Equal(206, response.Status);
            Assert.Equal($"bytes {first}-{last}/{origin.Content.Length}", response["Content-Range"]);
            Assert.True(origin.Content.AsSpan(first, last - first + 1).SequenceEqual(response.Body));
            return response;
        }

        /// <summary>The answer breaks off; what the client has until then is of one representation.</summary>
        public async Task<byte[]> ExpectBreakAsync(params string[] fields)
        {
            await using var client = await proxy.ConnectAsync();
            await client.SendAsync($"GET {(reverse ? Path : origin.Origin.Url(Path))} HTTP/1.1\r\nHost: {origin.Origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
            var head = await client.ReadHeadAsync();
            var got = new MemoryStream();
            try
            {
                while (await client.ReadSomeAsync() is { Length: > 0 } some)
                    got.Write(some);
            }
            catch (IOException)
            {
                // Reset.
            }
            Assert.True(got.Length < int.Parse(head["Content-Length"]!, CultureInfo.InvariantCulture));
            return got.ToArray();
        }

        public async ValueTask DisposeAsync()
        {
            if (_client is not null)
                await _client.DisposeAsync();
            await proxy.DisposeAsync();
            await origin.DisposeAsync();
        }
    }

    private static byte[] Random(int length)
    {
        var content = new byte[length];
        new Random(length).NextBytes(content);
        return content;
    }

    private static void AssertHit(RawResponse response) => Assert.Contains("; hit", response["Cache-Status"]);

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task FirstRange_GoesUpAsSentAndIsServedAgain(bool reverse)
    {
        // RFC 9111 s.3.3
        await using var scene = await Scene.StartAsync(reverse, Digits);
        var first = await scene.GetRangeAsync(2, 6);
        Assert.Contains("fwd=uri-miss; fwd-status=206; stored", first["Cache-Status"]);
        AssertHit(await scene.GetRangeAsync(2, 6));
        var within = await scene.GetRangeAsync(3, 5);
        AssertHit(within);
        Assert.Equal("3", within["Content-Length"]);
        Assert.NotNull(within["Age"]);
        Assert.Equal(["bytes=2-6"], scene.Origin.Asked);
        Assert.Equal([CacheUse.Miss, CacheUse.Hit, CacheUse.Hit], (await scene.Proxy.RecordsAsync(3)).Select(r => r.Cache));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task RangePartlyHeld_AsksForTheGapOnlyAndBecomesWhole(bool reverse)
    {
        // RFC 9111 s.3.4; a representation below a block is one: the gap is all up to what is held.
        await using var scene = await Scene.StartAsync(reverse, Digits);
        await scene.GetRangeAsync(2, 4);
        var partly = await scene.GetRangeAsync(3, 7);
        Assert.Contains("fwd=partial; fwd-status=206; ", partly["Cache-Status"]);
        Assert.Contains("; stored", partly["Cache-Status"]);
        AssertHit(await scene.GetRangeAsync(2, 9));
        Assert.Equal(["bytes=2-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);

        var whole = await scene.GetAsync();
        Assert.Equal((200, "0123456789", (string?)"10", (string?)null), (whole.Status, whole.Text, whole["Content-Length"], whole["Content-Range"]));
        Assert.Equal("bytes=0-1 \"v1\"", scene.Origin.Asked[2]);
        AssertHit(await scene.GetAsync());
        AssertHit(await scene.AskAsync("HEAD"));
        Assert.Equal(3, scene.Origin.Asked.Count);
        Assert.Equal("partial", (await scene.Proxy.RecordsAsync(2))[1].CacheReason);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task DisjointRanges_AreCombinedAndTheWholeAsksForEachGap(bool reverse)
    {
        // Several gaps: one request after the other. A block is a MiB.
        await using var scene = await Scene.StartAsync(reverse, Random(5 << 20), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(100, 199);
        await scene.GetRangeAsync(3 << 20, (3 << 20) + 9);
        Assert.Equal(["bytes=100-199", $"bytes={3 << 20}-{(4 << 20) - 1} \"v1\""], scene.Origin.Asked);
        var whole = await scene.GetAsync();
        Assert.True(scene.Origin.Content.AsSpan().SequenceEqual(whole.Body));
        Assert.Equal(["bytes=0-99 \"v1\"", $"bytes=200-{(3 << 20) - 1} \"v1\"", $"bytes={4 << 20}-{(5 << 20) - 1} \"v1\""], scene.Origin.Asked.Skip(2));
        AssertHit(await scene.GetAsync());
        Assert.Equal(5 << 20, scene.Origin.Sent);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ScatteredRangesOfALargeObject_AreFetchedByBlocks(bool reverse)
    {
        await using var scene = await Scene.StartAsync(reverse, Random(6_000_000), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(5_999_990, 5_999_999);
        await scene.GetRangeAsync(2_500_000, 2_500_099);
        AssertHit(await scene.GetRangeAsync(2_100_000, 3_145_727));
        await scene.GetRangeAsync(2_097_000, 2_097_200);
        AssertHit(await scene.GetRangeAsync(1_048_576, 3_145_727));
        // Over a border the two blocks are asked for at once; at the end up to what is held.
        await scene.GetRangeAsync(4_194_300, 4_194_310);
        await scene.GetRangeAsync(5_999_000, 5_999_995);
        Assert.Equal(
        [
            "bytes=5999990-5999999", "bytes=2097152-3145727 \"v1\"", "bytes=1048576-2097151 \"v1\"",
            "bytes=3145728-5242879 \"v1\"", "bytes=5242880-5999989 \"v1\"",
        ], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ChangeAtTheFirstGap_IsTakenAsTheNewWhole(bool reverse)
    {
        await using var scene = await Scene.StartAsync(reverse, Digits);
        await scene.GetRangeAsync(2, 4);
        (scene.Origin.Content, scene.Origin.Tag) = ("abcdefghijkl"u8.ToArray(), "\"v2\"");
        // The client's range of the new whole, which is stored.
        await scene.GetRangeAsync(3, 7);
        var whole = await scene.GetAsync();
        AssertHit(whole);
        Assert.Equal("abcdefghijkl", whole.Text);
        Assert.Equal(["bytes=2-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ChangeAtTheFirstGapOfAWhole_IsTheNewWhole(bool reverse)
    {
        await using var scene = await Scene.StartAsync(reverse, Digits);
        await scene.GetRangeAsync(0, 4);
        (scene.Origin.Content, scene.Origin.Tag) = ("abc"u8.ToArray(), "\"v2\"");
        Assert.Equal((200, "abc"), await scene.GetAsync() is var r ? (r.Status, r.Text) : default);
        AssertHit(await scene.GetAsync());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task ChangeAtALaterGap_BreaksTheAnswerAndDropsWhatIsHeld(bool reverse)
    {
        var old = Random(3 << 20);
        await using var scene = await Scene.StartAsync(reverse, old, new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(1 << 20, (1 << 20) + 99);
        await scene.GetRangeAsync(2 << 20, (2 << 20) + 9);
        scene.Origin.Instead = x =>
        {
            // After the first of the two gaps.
            if (x.Number == 4)
                (scene.Origin.Content, scene.Origin.Tag) = (Random(3 << 20)[..2000], "\"v2\"");
            return Task.FromResult(false);
        };
        var got = await scene.ExpectBreakAsync();
        Assert.Equal((1 << 20) + 100, got.Length);
        Assert.True(old.AsSpan(0, got.Length).SequenceEqual(got));
        var record = (await scene.Proxy.RecordsAsync(3))[2];
        Assert.Equal("http_response_incomplete", record.Error);
        var anew = await scene.GetAsync();
        Assert.Equal((200, 2000), (anew.Status, anew.Body.Length));
        Assert.Contains("fwd=uri-miss", anew["Cache-Status"]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task OriginFailsAtALaterGap_BreaksTheAnswerAndKeepsWhatCame(bool reverse)
    {
        await using var scene = await Scene.StartAsync(reverse, Random(3 << 20), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(1 << 20, (1 << 20) + 99);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 3)
                return false;
            await x.ReplyAsync(503);
            return true;
        };
        var got = await scene.ExpectBreakAsync();
        Assert.True(scene.Origin.Content.AsSpan(0, got.Length).SequenceEqual(got));
    }

    [Theory]
    [InlineData(416, "Content-Range: bytes */3", false)]
    [InlineData(304, "ETag: \"v1\"", false)]
    [InlineData(206, "Content-Range: bytes 5-9/10", true)]  // another validator in spite of If-Range
    [InlineData(206, "Content-Range: bytes 7-9/10", false)]
    [InlineData(206, "Content-Range: bytes 0-4/10", false)]
    [InlineData(206, "Content-Range: bytes 5-9/11", false)]
    [InlineData(206, "Content-Range: bytes */x", false)]
    [InlineData(206, "Content-Range: bytes 5-99999999999999999999/10", false)]
    [InlineData(206, "Content-Range: bytes 5-8/10", false)] // not of that length
    [InlineData(206, "Content-Type: multipart/byteranges; boundary=x", false)]
    public async Task AnswerThatDoesNotFitTheGap_IsAskedForAsTheClientDid(int status, string field, bool other)
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 2)
                return false;
            await x.ReplyAsync(status, status == 206 ? "xxxxx" : "", field, other ? "ETag: \"v2\"" : "Cache-Control: max-age=60", other ? "X: y" : "ETag: \"v1\"");
            return true;
        };
        await scene.GetRangeAsync(3, 7);
        Assert.Equal(["bytes=0-4", "bytes=5-9 \"v1\"", "bytes=3-7"], scene.Origin.Asked);
        AssertHit(await scene.GetRangeAsync(3, 7));
    }

    [Fact]
    public async Task LessThanTheGap_IsGoneOnWith()
    {
        // RFC 9110 s.15.3.7: "might send only a subset of the data requested"
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 1);
        scene.Origin.Instead = async x =>
        {
            if (x.Head["If-Range"] is null || x.Number > 3)
                return false;
            var first = x.Number * 2 - 2;
            await x.ReplyAsync(206, "0123456789"[first..(first + 2)], $"Content-Range: bytes {first}-{first + 1}/10", "ETag: \"v1\"", "Cache-Control: max-age=600");
            return true;
        };
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        Assert.Equal(["bytes=0-1", "bytes=2-9 \"v1\"", "bytes=4-9 \"v1\"", "bytes=6-9 \"v1\""], scene.Origin.Asked);
        AssertHit(await scene.GetAsync());
    }

    [Theory]
    [InlineData("W/\"v1\"")]
    [InlineData(null)]
    public async Task WithoutAStrongValidator_NothingIsCombined(string? tag)
    {
        // RFC 9111 s.3.4: "if they all share the same strong validator"
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Tag = tag;
        await scene.GetRangeAsync(0, 4);
        AssertHit(await scene.GetRangeAsync(1, 2));
        await scene.GetRangeAsync(3, 7);
        AssertHit(await scene.GetRangeAsync(4, 6));
        await scene.GetRangeAsync(1, 2);
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        Assert.Equal(["bytes=0-4", "bytes=3-7", "bytes=1-2", ""], scene.Origin.Asked);
    }

    [Fact]
    public async Task LastModified_CombinesWhereItIsStrong()
    {
        // RFC 9110 s.8.8.2.2, s.13.1.5
        const string modified = "Thu, 01 Jan 2015 00:00:00 GMT";
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Tag = null;
        scene.Origin.Fields.AddRange(["Last-Modified: " + modified, "Date: Thu, 01 Jan 2026 00:00:00 GMT"]);
        scene.Origin.Instead = async x =>
        {
            if (x.Head["If-Range"] is null)
                return false;
            await x.ReplyAsync(206, "56789", [.. scene.Origin.Fields, "Content-Range: bytes 5-9/10"]);
            return true;
        };
        scene.Origin.Fields[0] = "Cache-Control: max-age=999999999";
        await scene.GetRangeAsync(0, 4);
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        Assert.Equal(["bytes=0-4", "bytes=5-9 " + modified], scene.Origin.Asked);
    }

    [Theory]
    [InlineData("If-Range: \"v1\"", 206, true)]
    [InlineData("If-Range: \"v0\"", 200, false)]  // the whole, of which the rest is asked for
    [InlineData("If-Range: W/\"v1\"", 200, false)]
    [InlineData("If-None-Match: \"v1\"", 304, true)]
    [InlineData("If-None-Match: \"v0\"", 206, true)]
    public async Task ConditionOnARangeThatIsHeld_FollowsTheOrder(string condition, int status, bool hit)
    {
        // RFC 9110 s.13.2.2, RFC 9111 s.4.3.2
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        var response = await scene.GetAsync("Range: bytes=1-3", condition);
        Assert.Equal(status, response.Status);
        Assert.Equal(status switch { 200 => "0123456789", 206 => "123", _ => "" }, response.Text);
        Assert.Equal(hit, response["Cache-Status"]!.Contains("; hit", StringComparison.Ordinal));
        Assert.Equal(hit ? ["bytes=0-4"] : ["bytes=0-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task SeveralRanges_AreServedAndCompleted()
    {
        // RFC 9110 s.14.6
        await using var scene = await Scene.StartAsync(reverse: false, Random(3 << 20), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(0, 99);
        var held = await scene.GetAsync("Range: bytes=5-9, 0-1");
        AssertHit(held);
        Check(held, (5, 9), (0, 1));
        var partly = await scene.GetAsync("Range: bytes=2097152-2097160,-3,10-150");
        Assert.Contains("fwd=partial", partly["Cache-Status"]);
        Check(partly, (2_097_152, 2_097_160), (3_145_725, 3_145_727), (10, 150));
        // The first gap has brought the block in which the second range lies.
        Assert.Equal(["bytes=0-99", "bytes=2097152-3145727 \"v1\"", "bytes=100-1048575 \"v1\""], scene.Origin.Asked);

        void Check(RawResponse response, params (int First, int Last)[] ranges)
        {
            Assert.Equal(206, response.Status);
            var boundary = response["Content-Type"]!["multipart/byteranges; boundary=".Length..];
            var expected = new StringBuilder();
            foreach (var (first, last) in ranges)
                expected.Append(CultureInfo.InvariantCulture, $"\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes {first}-{last}/{3 << 20}\r\n\r\n")
                    .Append(Encoding.Latin1.GetString(scene.Origin.Content.AsSpan(first, last - first + 1)));
            Assert.Equal($"{expected}\r\n--{boundary}--\r\n"[2..], response.Text);
        }
    }

    [Theory]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=6-", 206, "6789", "bytes 6-9/10")]
    [InlineData("bytes=8-99", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=10-", 416, "", "bytes */10")]
    [InlineData("bytes=-0", 416, "", "bytes */10")]
    public async Task RangeAtTheEnd_IsResolvedByTheCompleteLength(string range, int status, string text, string contentRange)
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(5, 9);
        var response = await scene.GetAsync("Range: " + range);
        AssertHit(response);
        Assert.Equal((status, text, contentRange), (response.Status, response.Text, response["Content-Range"]));
        Assert.Single(scene.Origin.Asked);
    }

    [Fact]
    public async Task UnknownCompleteLength_ServesWhatIsWhollyHeldOnly()
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(206, "23456", "Content-Range: bytes 2-6/*", "ETag: \"v1\"", "Cache-Control: max-age=60");
            return true;
        };
        await scene.GetAsync("Range: bytes=2-6");
        scene.Origin.Instead = null;
        var held = await scene.GetAsync("Range: bytes=3-4");
        AssertHit(held);
        Assert.Equal(("34", "bytes 3-4/*"), (held.Text, held["Content-Range"]));
        foreach (var range in (string[])["bytes=99-", "bytes=-3"])
            Assert.DoesNotContain("hit", (await scene.GetAsync("Range: " + range))["Cache-Status"]);
        // The suffix has told the length, and the parts are combined.
        AssertHit(await scene.GetAsync("Range: bytes=2-"));
        Assert.Equal(["bytes=2-6", "bytes=99-", "bytes=-3"], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task StalePart_IsValidatedBeforeItIsServed(bool reverse)
    {
        // RFC 9111 s.4.3; where all is held by If-None-Match, else by the gap's If-Range
        await using var scene = await Scene.StartAsync(reverse, Digits);
        scene.Origin.Fields[0] = "Cache-Control: no-cache";
        await scene.GetRangeAsync(0, 4);
        Assert.Contains("fwd=stale; fwd-status=304", (await scene.GetRangeAsync(1, 3))["Cache-Status"]);
        await scene.GetRangeAsync(3, 7);
        (scene.Origin.Content, scene.Origin.Tag) = ("abcdefghij"u8.ToArray(), "\"v2\"");
        await scene.GetRangeAsync(1, 3);
        await scene.GetRangeAsync(1, 3);
        Assert.Equal(["bytes=0-4", "bytes=1-3 \"v1\"", "bytes=5-9 \"v1\"", "bytes=1-3 \"v1\"", "bytes=1-3 \"v2\""], scene.Origin.Asked);
        Assert.Equal(CacheUse.Revalidated, (await scene.Proxy.RecordsAsync(2))[1].Cache);
    }

    [Fact]
    public async Task HeadAndConditionOnTheWhole_AreNotAnsweredFromAPart()
    {
        // RFC 9111 s.3.3: "unless ... the request is partial and specifies a range wholly within the incomplete response"
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        var head = await scene.AskAsync("HEAD");
        Assert.Contains("fwd=partial; fwd-status=200", head["Cache-Status"]);
        Assert.Equal("10", head["Content-Length"]);
        var conditional = await scene.GetAsync("If-None-Match: \"v1\"");
        Assert.Equal(304, conditional.Status);
        Assert.Contains("fwd=partial; fwd-status=304", conditional["Cache-Status"]);
        // s.5.2.1.7
        Assert.Equal(504, (await scene.GetAsync("Cache-Control: only-if-cached")).Status);
        Assert.Equal(504, (await scene.GetAsync("Cache-Control: only-if-cached", "Range: bytes=0-5")).Status);
        AssertHit(await scene.GetRangeAsync(0, 4, "Cache-Control: only-if-cached"));
        Assert.Equal(["bytes=0-4", "", "\"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task AnswerThatBreaksOff_IsCompletedByTheNextRequest(bool reverse)
    {
        // RFC 9111 s.3.3
        await using var scene = await Scene.StartAsync(reverse, Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n0123");
            await x.CloseAsync();
            return true;
        };
        Assert.Equal("0123", Encoding.ASCII.GetString(await scene.ExpectBreakAsync()));
        AssertHit(await scene.GetRangeAsync(1, 3));
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        AssertHit(await scene.GetAsync());
        Assert.Equal(["", "bytes=4-9 \"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [InlineData("ETag: W/\"v1\"", "Content-Length: 10")]
    [InlineData("X: y", "Content-Length: 10")]
    [InlineData("ETag: \"v1\"", "Content-Length: 10\r\nAccept-Ranges: none")]
    [InlineData("ETag: \"v1\"", "Content-Length: 10\r\nCache-Control: no-store")]
    [InlineData("ETag: \"v1\"", "Transfer-Encoding: chunked")]
    public async Task AnswerThatBreaksOffAndCannotBeCompleted_IsNotKept(string validator, string length)
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n{validator}\r\n{length}\r\n\r\n{(length.StartsWith('T') ? "4\r\n" : "")}0123");
            await x.CloseAsync();
            return true;
        };
        await using (var client = await scene.Proxy.ConnectAsync())
        {
            await client.SendAsync($"GET {scene.Origin.Origin.Url()} HTTP/1.1\r\nHost: {scene.Origin.Origin.Authority}\r\n\r\n");
            await client.WaitUntilGoneAsync();
        }
        Assert.DoesNotContain("hit", (await scene.GetRangeAsync(1, 3))["Cache-Status"]);
    }

    [Fact]
    public async Task PartThatBreaksOff_IsKeptAsFarAsItCame()
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 1)
                return false;
            await x.WriteAsync("HTTP/1.1 206 P\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Range: bytes 2-8/10\r\nContent-Length: 7\r\n\r\n234");
            await x.CloseAsync();
            return true;
        };
        await scene.ExpectBreakAsync("Range: bytes=2-8");
        AssertHit(await scene.GetRangeAsync(2, 4));
        await scene.GetRangeAsync(2, 8);
        Assert.Equal("bytes=5-9 \"v1\"", scene.Origin.Asked[^1]);
    }

    [Fact]
    public async Task ClientThatLeaves_LeavesWhatCameAsAPart()
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        var gone = new TaskCompletionSource();
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 1)
                return false;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n01234");
            await x.WaitUntilGoneAsync();
            gone.SetResult();
            return true;
        };
        await using var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync($"GET {scene.Origin.Origin.Url()} HTTP/1.1\r\nHost: {scene.Origin.Origin.Authority}\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.Equal("01234", await client.ReadTextAsync(5));
        client.Reset();
        await scene.Proxy.RecordsAsync(1);
        await gone.Task.Within();
        AssertHit(await scene.GetRangeAsync(0, 4));
    }

    [Theory]
    [InlineData("Cache-Control: no-store")]
    [InlineData("Cache-Control: private")]
    [InlineData("Vary: *")]
    [InlineData("Set-Cookie: a=b")]
    public async Task PartThatMayNotBeStored_IsNot(string field)
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Fields.Add(field);
        await scene.GetRangeAsync(0, 4);
        Assert.DoesNotContain("hit", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
    }

    [Fact]
    public async Task AuthorizedPart_IsNotForOthers()
    {
        // RFC 9111 s.3.5
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4, "Authorization: Basic eDp5");
        Assert.DoesNotContain("hit", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
        // Nor does the gap of one who is authorized become everybody's; it is not widened then.
        await scene.GetRangeAsync(3, 6, "Authorization: Basic eDp5");
        await scene.GetRangeAsync(3, 6);
        Assert.Equal(["bytes=0-4", "bytes=0-4", "bytes=5-6 \"v1\"", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task GapThatMayNotBeStored_IsSentAndWhatIsHeldIsDropped()
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Fields[0] = "Cache-Control: no-store";
        await scene.GetRangeAsync(2, 7);
        Assert.Contains("fwd=uri-miss", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
    }

    [Fact]
    public async Task Vary_KeepsPartsApart()
    {
        // RFC 9111 s.4.1
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Fields.Add("Vary: Accept-Language");
        await scene.GetRangeAsync(0, 4, "Accept-Language: de");
        await scene.GetRangeAsync(5, 9, "Accept-Language: fr");
        AssertHit(await scene.GetRangeAsync(0, 4, "Accept-Language: de"));
        AssertHit(await scene.GetRangeAsync(5, 9, "Accept-Language: fr"));
        await scene.GetRangeAsync(5, 9, "Accept-Language: de");
        Assert.Equal(3, scene.Origin.Asked.Count);
    }

    [Fact]
    public async Task UnsafeMethod_MakesPartsDoubtful()
    {
        // RFC 9111 s.4.4
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        await scene.AskAsync("POST", "Content-Length: 0");
        Assert.Contains("detail=invalidated", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
        AssertHit(await scene.GetRangeAsync(0, 4));
    }

    [Theory]
    // None of it is stored; the client gets what it is.
    [InlineData("Range: bytes=0-4", "Content-Range: bytes */x")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes */10")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes -5--1/10")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 0-4/4")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 4-0/10")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 0-4/99999999999999999999")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 18446744073709551616-18446744073709551620/*")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 0-9/10")] // 5 octets came
    [InlineData("Range: bytes=0-4", "Content-Range: lines 0-4/10")]
    [InlineData("Range: bytes=0-4", "X: y")]
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 0-4/10\r\nContent-Range: bytes 0-4/10")]
    [InlineData("Range: bytes=0-1,3-4", "Content-Type: multipart/byteranges; boundary=x")]
    [InlineData("X-No: range", "Content-Range: bytes 0-4/10")]
    public async Task HostilePart_PassesAndIsNotStored(string ask, string field)
    {
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.ReplyAsync(206, "01234", "Cache-Control: max-age=60", "ETag: \"v1\"", field);
            return true;
        };
        var response = await scene.GetAsync(ask);
        Assert.Equal((206, "01234"), (response.Status, response.Text));
        Assert.DoesNotContain("stored", response["Cache-Status"]);
        Assert.Contains("fwd=uri-miss", (await scene.GetAsync())["Cache-Status"]);
    }

    [Fact]
    public async Task RangeThatWasNotAskedFor_PassesAndIsStoredAsWhatItSays()
    {
        // RFC 9110 s.15.3.7
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.ReplyAsync(206, "56789", "Cache-Control: max-age=60", "ETag: \"v1\"", "Content-Range: bytes 5-9/10");
            return true;
        };
        Assert.Equal("bytes 5-9/10", (await scene.GetAsync("Range: bytes=0-1"))["Content-Range"]);
        AssertHit(await scene.GetRangeAsync(6, 7));
        await scene.GetRangeAsync(0, 1);
    }

    [Theory]
    [InlineData("bytes=0-4,3-6")]
    [InlineData("bytes=x")]
    [InlineData("lines=0-4")]
    [InlineData("ten thousand")]
    public async Task RangesThatWeDoNotServe_GoUpAsSent(string range)
    {
        // RFC 9110 s.17.15. The whole of a large file is not fetched for them.
        if (range == "ten thousand")
            range = "bytes=" + string.Join(',', Enumerable.Range(0, 10_000).Select(_ => "0-"));
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(416);
            return true;
        };
        Assert.Equal(416, (await scene.GetAsync("Range: " + range)).Status);
        Assert.Equal(range, scene.Origin.Asked[^1]);
    }

    [Fact]
    public async Task WholeInPlaceOfAFirstRange_IsSentAndStoredWhole()
    {
        // RFC 9110 s.14.2: a server may ignore Range.
        await using var scene = await Scene.StartAsync(reverse: false, Digits);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(200, "0123456789", "Cache-Control: max-age=60");
            return true;
        };
        var response = await scene.GetAsync("Range: bytes=0-1");
        Assert.Equal((200, "0123456789"), (response.Status, response.Text));
        AssertHit(await scene.GetRangeAsync(2, 3));
    }

    [Fact]
    public async Task EntryBeyondItsLimit_HoldsTheNewestOctets()
    {
        var cache = new CacheOptions { MemoryBytes = 32 << 20, MaxEntryBytes = 2 << 20 };
        await using var scene = await Scene.StartAsync(reverse: false, Random(8 << 20), cache);
        await scene.GetRangeAsync(0, 99);
        for (var block = 1; block < 8; block++)
        {
            await scene.GetRangeAsync(block << 20, (block << 20) + 99);
            await scene.Proxy.RecordsAsync(block + 1);
            Assert.InRange(scene.Proxy.Cache.Bytes, 0, (2 << 20) + (256 << 10));
        }
        AssertHit(await scene.GetRangeAsync(6 << 20, (6 << 20) + 99));
        AssertHit(await scene.GetRangeAsync(7 << 20, (7 << 20) + 99));
        // A whole of which more is missing than is kept streams through.
        var whole = await scene.GetAsync();
        Assert.True(scene.Origin.Content.AsSpan().SequenceEqual(whole.Body));
        await scene.Proxy.RecordsAsync(11);
        Assert.InRange(scene.Proxy.Cache.Bytes, 0, (2 << 20) + (256 << 10));
    }

    [Theory]
    [InlineData(false, 11)]
    [InlineData(true, 12)]
    public async Task RandomRangesAndEvictions_EachOctetIsRight(bool reverse, int seed)
    {
        // The tier holds less than two such entries: others push this one out now and then.
        var content = Random(3 << 20);
        var random = new Random(seed);
        await using var scene = await Scene.StartAsync(reverse, content, new() { MemoryBytes = 8 << 20, MaxEntryBytes = 4 << 20 });
        var hits = 0;
        for (var i = 0; i < 150; i++)
        {
            var first = random.Next(content.Length);
            var last = random.Next(4) == 0 ? content.Length - 1 : Math.Min(content.Length - 1, first + random.Next(1, 1 << random.Next(1, 21)));
            if (random.Next(15) == 0)
            {
                var whole = await scene.GetAsync();
                Assert.True(content.AsSpan().SequenceEqual(whole.Body));
            }
            else if ((await scene.GetRangeAsync(first, last))["Cache-Status"]!.Contains("; hit", StringComparison.Ordinal))
                hits++;
            if (random.Next(10) == 0)
            {
                // What is held must be validated then, whether there was a change or not.
                if (random.Next(2) == 0)
                    (scene.Origin.Content, scene.Origin.Tag) = (content = Random(content.Length + 1), $"\"{i}\"");
                await scene.AskAsync("POST", "Content-Length: 0");
            }
            if (random.Next(8) == 0)
            {
                scene.Path = $"/{i}";
                await scene.GetAsync();
                scene.Path = "/";
            }
        }
        Assert.True(hits > 10 && scene.Proxy.Cache.Evictions > 0);
    }
}
