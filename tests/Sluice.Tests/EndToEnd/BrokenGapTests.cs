using System.Text;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Gaps that are not answered as they should be: a change, a failure, octets of something else.</summary>
public class BrokenGapTests
{
    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task ChangeAtTheFirstGap_IsTakenAsTheNewWhole(bool reverse)
    {
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
        await scene.GetRangeAsync(2, 4);
        (scene.Origin.Content, scene.Origin.Tag) = ("abcdefghijkl"u8.ToArray(), "\"v2\"");
        // The client's range of the new whole, which is stored.
        await scene.GetRangeAsync(3, 7);
        var whole = await scene.GetAsync();
        RangeScene.AssertHit(whole);
        Assert.Equal("abcdefghijkl", whole.Text);
        Assert.Equal(["bytes=2-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task ChangeAtTheFirstGapOfAWhole_IsTheNewWhole(bool reverse)
    {
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        (scene.Origin.Content, scene.Origin.Tag) = ("abc"u8.ToArray(), "\"v2\"");
        Assert.Equal((200, "abc"), await scene.GetAsync() is var r ? (r.Status, r.Text) : default);
        RangeScene.AssertHit(await scene.GetAsync());
    }

    [Theory]
    [InlineData("Cache-Control: max-age=600")]
    [InlineData("Cache-Control: no-cache")]
    public async Task ChangeAtTheFirstGap_IsSentWholeToWhoAskedUnderIfRange(string field)
    {
        // RFC 9110 s.13.1.5: "if the representation is unchanged, send me the part(s) ...; otherwise, send me the entire representation"
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Fields[0] = field;
        await scene.GetRangeAsync(2, 4);
        await scene.GetRangeAsync(4, 6, "If-Range: \"v1\"");
        (scene.Origin.Content, scene.Origin.Tag) = ("abcdefghijkl"u8.ToArray(), "\"v2\"");
        var whole = await scene.GetAsync("Range: bytes=0-3", "If-Range: \"v1\"");
        Assert.Equal((200, "abcdefghijkl"), (whole.Status, whole.Text));
        Assert.Equal(["bytes=2-4", "bytes=5-9 \"v1\"", "bytes=0-1 \"v1\""], scene.Origin.Asked);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task ChangeAtALaterGap_BreaksTheAnswerAndDropsWhatIsHeld(bool reverse)
    {
        var old = RangeScene.Random(3 << 20);
        await using var scene = await RangeScene.StartAsync(reverse, old, new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(1 << 20, (1 << 20) + 99);
        await scene.GetRangeAsync(2 << 20, (2 << 20) + 9);
        scene.Origin.Instead = x =>
        {
            // After the first of the two gaps.
            if (x.Number == 4)
                (scene.Origin.Content, scene.Origin.Tag) = (RangeScene.Random(3 << 20)[..2000], "\"v2\"");
            return Task.FromResult(false);
        };
        var got = await scene.ExpectBreakAsync();
        // A reset may overtake what was sent.
        Assert.InRange(got.Length, 1, (1 << 20) + 100);
        Assert.True(old.AsSpan(0, got.Length).SequenceEqual(got));
        var record = (await scene.Proxy.RecordsAsync(3))[2];
        Assert.Equal("http_response_incomplete", record.Error);
        var anew = await scene.GetAsync();
        Assert.Equal((200, 2000), (anew.Status, anew.Body.Length));
        Assert.Contains("fwd=uri-miss", anew["Cache-Status"]);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task OriginFailsAtALaterGap_BreaksTheAnswerAndKeepsWhatCame(bool reverse)
    {
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Random(3 << 20), new() { MemoryBytes = 64 << 20 });
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
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
        RangeScene.AssertHit(await scene.GetRangeAsync(3, 7));
    }

    [Fact]
    public async Task GapThatMayNotBeStored_IsSentAndWhatIsHeldIsDropped()
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Fields[0] = "Cache-Control: no-store";
        await scene.GetRangeAsync(2, 7);
        Assert.Contains("fwd=uri-miss", (await scene.GetRangeAsync(0, 4))["Cache-Status"]);
    }

    [Fact]
    public async Task GapThatBreaksOff_IsKeptAsFarAsItCame()
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 1);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 2)
                return false;
            await x.WriteAsync("HTTP/1.1 206 P\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Range: bytes 2-9/10\r\nContent-Length: 8\r\n\r\n2345");
            await x.CloseAsync();
            return true;
        };
        Assert.Equal("012345", Encoding.ASCII.GetString(await scene.ExpectBreakAsync()));
        Assert.Equal("http_response_incomplete", (await scene.Proxy.RecordsAsync(2))[1].Error);
        Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        Assert.Equal(["bytes=0-1", "bytes=2-9 \"v1\"", "bytes=6-9 \"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task GapThatFailsBeforeItsFirstOctet_IsAnError()
    {
        // No time passes between head and end, however late that comes: the head does not go alone.
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits, time: new ManualTime());
        await scene.GetRangeAsync(0, 1);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 2)
                return false;
            await x.WriteAsync("HTTP/1.1 206 P\r\nETag: \"v1\"\r\nContent-Range: bytes 2-9/10\r\nContent-Length: 8\r\n\r\n");
            await x.CloseAsync();
            return true;
        };
        Assert.Equal(502, (await scene.GetAsync("Range: bytes=2-3")).Status);
        await scene.GetRangeAsync(0, 1);
    }

    [Fact]
    public async Task OriginThatIsGone_IsAnErrorForWhatIsMissingOnly()
    {
        // RFC 9111 s.4.2.4
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Fields[0] = "Cache-Control: max-age=0";
        await scene.GetRangeAsync(0, 4);
        await scene.Origin.DisposeAsync();
        Assert.Contains("detail=stale-if-error", (await scene.GetRangeAsync(1, 3))["Cache-Status"]);
        Assert.Equal(502, (await scene.GetAsync("Range: bytes=3-7")).Status);
        Assert.Equal(502, (await scene.GetAsync()).Status);
    }

    [Theory]
    [InlineData("5\r\n56789\r\n0\r\n\r\n", true)]
    [InlineData("2\r\n56\r\n3\r\n789\r\n0\r\n\r\n", true)]
    [InlineData("2\r\n56\r\n0\r\n\r\n", true)] // the rest is another gap
    [InlineData("0\r\n\r\n", false)]
    [InlineData("6\r\n56789!\r\n0\r\n\r\n", false)]
    [InlineData("5\r\n56789\r\n1\r\n!\r\n0\r\n\r\n", false)]
    public async Task GapInChunks_IsOfTheLengthThatContentRangeSays(string chunks, bool fits)
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 2)
                return false;
            await x.WriteAsync("HTTP/1.1 206 P\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Range: bytes 5-9/10\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
            return true;
        };
        if (fits)
            Assert.Equal("0123456789", (await scene.GetAsync()).Text);
        else
            await scene.ExpectBreakOrWholeAsync("0123456789");
        await scene.Proxy.RecordsAsync(2);
        var after = await scene.GetAsync();
        Assert.Equal("0123456789", after.Text);
        Assert.Equal(fits, after["Cache-Status"]!.Contains("; hit", StringComparison.Ordinal));
    }
}
