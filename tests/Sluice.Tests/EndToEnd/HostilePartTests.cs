using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>206 answers and Range fields that are not what they should be.</summary>
public class HostilePartTests
{
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
    [InlineData("Range: bytes=0-4", "Content-Range: bytes 0-4/10\r\nContent-Type: multipart/byteranges; boundary=x")]
    [InlineData("X-No: range", "Content-Range: bytes 0-4/10")]
    public async Task HostilePart_PassesAndIsNotStored(string ask, string field)
    {
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Number > 1)
                return false;
            await x.ReplyAsync(206, "56789", "Cache-Control: max-age=60", "ETag: \"v1\"", "Content-Range: bytes 5-9/10");
            return true;
        };
        Assert.Equal("bytes 5-9/10", (await scene.GetAsync("Range: bytes=0-1"))["Content-Range"]);
        RangeScene.AssertHit(await scene.GetRangeAsync(6, 7));
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
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(416);
            return true;
        };
        Assert.Equal(416, (await scene.GetAsync("Range: " + range)).Status);
        Assert.Equal(range, scene.Origin.Asked[^1]);
    }

    [Theory]
    [InlineData("bytes=99-")]
    [InlineData("bytes=-0")]
    public async Task OneClientsBadRange_IsNotEverybodysAnswer(string range)
    {
        await using var scene = await RangeScene.StartAsync(reverse: true, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            if (x.Head["Range"] is null)
                return false;
            await x.ReplyAsync(416, "", "Cache-Control: public, max-age=600", "Content-Range: bytes */10");
            return true;
        };
        Assert.Equal(416, (await scene.GetAsync("Range: " + range)).Status);
        Assert.Equal((200, "0123456789"), await scene.GetAsync() is var whole ? (whole.Status, whole.Text) : default);
    }

    [Fact]
    public async Task WholeInPlaceOfAFirstRange_IsSentAndStoredWhole()
    {
        // RFC 9110 s.14.2: a server may ignore Range.
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        scene.Origin.Instead = async x =>
        {
            await x.ReplyAsync(200, "0123456789", "Cache-Control: max-age=60");
            return true;
        };
        var response = await scene.GetAsync("Range: bytes=0-1");
        Assert.Equal((200, "0123456789"), (response.Status, response.Text));
        RangeScene.AssertHit(await scene.GetRangeAsync(2, 3));
    }
}
