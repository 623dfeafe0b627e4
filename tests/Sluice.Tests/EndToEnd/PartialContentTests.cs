using System.Text;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Parts that are stored and served again, by a forward and by a reverse proxy.</summary>
public class PartialContentTests
{
    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task FirstRange_GoesUpAsSentAndIsServedAgain(bool reverse)
    {
        // RFC 9111 s.3.3
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
        var first = await scene.GetRangeAsync(2, 6);
        Assert.Contains("fwd=uri-miss; fwd-status=206; stored", first["Cache-Status"]);
        RangeScene.AssertHit(await scene.GetRangeAsync(2, 6));
        var within = await scene.GetRangeAsync(3, 5);
        RangeScene.AssertHit(within);
        Assert.Equal("3", within["Content-Length"]);
        Assert.NotNull(within["Age"]);
        Assert.Equal(["bytes=2-6"], scene.Origin.Asked);
        Assert.Equal([CacheUse.Miss, CacheUse.Hit, CacheUse.Hit], (await scene.Proxy.RecordsAsync(3)).Select(r => r.Cache));
    }

    [Theory]
    [InlineData("W/\"v1\"")]
    [InlineData(null)]
    public async Task WithoutAStrongValidator_NothingIsCombined(string? tag)
    {
        // RFC 9111 s.3.4: "if they all share the same strong validator"
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Tag = tag;
        await scene.GetRangeAsync(0, 4);
        RangeScene.AssertHit(await scene.GetRangeAsync(1, 2));
        await scene.GetRangeAsync(3, 7);
        RangeScene.AssertHit(await scene.GetRangeAsync(4, 6));
        await scene.GetRangeAsync(1, 2);
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        Assert.Equal(["bytes=0-4", "bytes=3-7", "bytes=1-2", ""], scene.Origin.Asked);
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        var response = await scene.GetAsync("Range: bytes=1-3", condition);
        Assert.Equal(status, response.Status);
        Assert.Equal(status switch { 200 => "0123456789", 206 => "123", _ => "" }, response.Text);
        Assert.Equal(hit, response["Cache-Status"]!.Contains("; hit", StringComparison.Ordinal));
        Assert.Equal(hit ? ["bytes=0-4"] : ["bytes=0-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [InlineData("bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=6-", 206, "6789", "bytes 6-9/10")]
    [InlineData("bytes=8-99", 206, "89", "bytes 8-9/10")]
    [InlineData("bytes=10-", 416, "", "bytes */10")]
    [InlineData("bytes=-0", 416, "", "bytes */10")]
    public async Task RangeAtTheEnd_IsResolvedByTheCompleteLength(string range, int status, string text, string contentRange)
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(5, 9);
        var response = await scene.GetAsync("Range: " + range);
        RangeScene.AssertHit(response);
        Assert.Equal((status, text, contentRange), (response.Status, response.Text, response["Content-Range"]));
        Assert.Single(scene.Origin.Asked);
    }

    [Fact]
    public async Task UnknownCompleteLength_ServesWhatIsWhollyHeldOnly()
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(206, "23456", "Content-Range: bytes 2-6/*", "ETag: \"v1\"", "Cache-Control: max-age=60");
            return true;
        };
        await scene.GetAsync("Range: bytes=2-6");
        scene.Origin.Instead = null;
        var held = await scene.GetAsync("Range: bytes=3-4");
        RangeScene.AssertHit(held);
        Assert.Equal(("34", "bytes 3-4/*"), (held.Text, held["Content-Range"]));
        foreach (var range in (string[])["bytes=99-", "bytes=-3"])
            Assert.DoesNotContain("hit", (await scene.GetAsync("Range: " + range))["Cache-Status"]);
        // The suffix has told the length, and the parts are combined.
        RangeScene.AssertHit(await scene.GetAsync("Range: bytes=2-"));
        Assert.Equal(["bytes=2-6", "bytes=99-", "bytes=-3"], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task StalePart_IsValidatedBeforeItIsServed(bool reverse)
    {
        // RFC 9111 s.4.3; where all is held by If-None-Match, else by the gap's If-Range
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        var head = await scene.AskAsync("HEAD");
        Assert.Contains("fwd=partial; fwd-status=200", head["Cache-Status"]);
        Assert.Equal("10", head["Content-Length"]);
        Assert.DoesNotContain("hit", (await scene.AskAsync("HEAD", "Range: bytes=1-2"))["Cache-Status"]);
        var conditional = await scene.GetAsync("If-None-Match: \"v1\"");
        Assert.Equal(304, conditional.Status);
        Assert.Contains("fwd=partial; fwd-status=304", conditional["Cache-Status"]);
        // s.5.2.1.7
        Assert.Equal(504, (await scene.GetAsync("Cache-Control: only-if-cached")).Status);
        Assert.Equal(504, (await scene.GetAsync("Cache-Control: only-if-cached", "Range: bytes=0-5")).Status);
        RangeScene.AssertHit(await scene.GetRangeAsync(0, 4, "Cache-Control: only-if-cached"));
        Assert.Equal(["bytes=0-4", "", "bytes=1-2", "\"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task ClientWithANewerCopy_IsAnsweredByTheOrigin()
    {
        // RFC 9111 s.4.3.2
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Fields[0] = "Cache-Control: no-cache";
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Tag = "\"v2\"";
        Assert.Equal(304, (await scene.GetAsync("If-None-Match: \"v2\"")).Status);
        Assert.Equal(304, (await scene.GetAsync("If-None-Match: \"v2\"", "Range: bytes=2-7")).Status);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task AnswerThatBreaksOff_IsCompletedByTheNextRequest(bool reverse)
    {
        // RFC 9111 s.3.3
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Length: 10\r\n\r\n0123");
            await x.CloseAsync();
            return true;
        };
        Assert.Equal("0123", Encoding.ASCII.GetString(await scene.ExpectBreakAsync()));
        RangeScene.AssertHit(await scene.GetRangeAsync(1, 3));
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        RangeScene.AssertHit(await scene.GetAsync());
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 1)
                return false;
            await x.WriteAsync("HTTP/1.1 206 P\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Range: bytes 2-8/10\r\nContent-Length: 7\r\n\r\n234");
            await x.CloseAsync();
            return true;
        };
        await scene.ExpectBreakAsync("Range: bytes=2-8");
        RangeScene.AssertHit(await scene.GetRangeAsync(2, 4));
        await scene.GetRangeAsync(2, 8);
        Assert.Equal("bytes=5-9 \"v1\"", scene.Origin.Asked[^1]);
    }

    [Fact]
    public async Task PartBeyondTheLimit_IsKeptUpToIt()
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Random(6 << 20), new() { MemoryBytes = 32 << 20, MaxEntryBytes = 3 << 20 });
        await scene.GetRangeAsync(0, (5 << 20) - 1);
        RangeScene.AssertHit(await scene.GetRangeAsync(0, (1 << 20) - 1));
        Assert.InRange(scene.Proxy.Cache.Bytes, 1 << 20, (3 << 20) + (64 << 10));
    }

    [Fact]
    public async Task ClientThatLeaves_LeavesWhatCameAsAPart()
    {
        // Of so much the rest is not fetched for nobody.
        await using var scene = await RangeScene.StartAsync(reverse: false, [.. "01234"u8, .. RangeScene.Random(299_995)]);
        var gone = new TaskCompletionSource();
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 1)
                return false;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Length: 300000\r\n\r\n01234");
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
        // What came is kept when the fetch has ended, which the origin may see before.
        await Task.Run(async () =>
        {
            while (scene.Proxy.Cache.Stores == 0)
                await Task.Yield();
        }, TestContext.Current.CancellationToken).Within();
        RangeScene.AssertHit(await scene.GetRangeAsync(0, 4));
    }

    [Theory]
    [InlineData("Cache-Control: no-store")]
    [InlineData("Cache-Control: private")]
    [InlineData("Vary: *")]
    [InlineData("Set-Cookie: a=b")]
    public async Task PartThatMayNotBeStored_IsNot(string field)
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Fields.Add(field);
        await scene.GetRangeAsync(0, 4);
        Assert.DoesNotContain("hit", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
    }

    [Fact]
    public async Task AuthorizedPart_IsNotForOthers()
    {
        // RFC 9111 s.3.5
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4, "Authorization: Basic eDp5");
        Assert.DoesNotContain("hit", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
        // Nor does the gap of one who is authorized become everybody's; it is not widened then.
        await scene.GetRangeAsync(3, 6, "Authorization: Basic eDp5");
        await scene.GetRangeAsync(3, 6);
        Assert.Equal(["bytes=0-4", "bytes=0-4", "bytes=5-6 \"v1\"", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task Vary_KeepsPartsApart()
    {
        // RFC 9111 s.4.1
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Fields.Add("Vary: Accept-Language");
        await scene.GetRangeAsync(0, 4, "Accept-Language: de");
        await scene.GetRangeAsync(5, 9, "Accept-Language: fr");
        RangeScene.AssertHit(await scene.GetRangeAsync(0, 4, "Accept-Language: de"));
        RangeScene.AssertHit(await scene.GetRangeAsync(5, 9, "Accept-Language: fr"));
        await scene.GetRangeAsync(5, 9, "Accept-Language: de");
        Assert.Equal(3, scene.Origin.Asked.Count);
    }

    [Fact]
    public async Task UnsafeMethod_MakesPartsDoubtful()
    {
        // RFC 9111 s.4.4
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        await scene.AskAsync("POST", "Content-Length: 0");
        Assert.Contains("detail=invalidated", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
        RangeScene.AssertHit(await scene.GetRangeAsync(0, 4));
    }
}
