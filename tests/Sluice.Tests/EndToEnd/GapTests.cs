using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Sluice.Cache;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Answers of which a part is held: what the origin is asked for, and what the client gets.</summary>
public class GapTests
{
    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task RangePartlyHeld_AsksForTheGapOnlyAndBecomesWhole(bool reverse)
    {
        // RFC 9111 s.3.4; a representation below a block is one: the gap is all up to what is held.
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Digits);
        await scene.GetRangeAsync(2, 4);
        var partly = await scene.GetRangeAsync(3, 7);
        Assert.Contains("fwd=partial; fwd-status=206; ", partly["Cache-Status"]);
        Assert.Contains("; stored", partly["Cache-Status"]);
        RangeScene.AssertHit(await scene.GetRangeAsync(2, 9));
        Assert.Equal(["bytes=2-4", "bytes=5-9 \"v1\""], scene.Origin.Asked);

        var whole = await scene.GetAsync();
        Assert.Equal((200, "0123456789", (string?)"10", (string?)null), (whole.Status, whole.Text, whole["Content-Length"], whole["Content-Range"]));
        Assert.Equal("bytes=0-1 \"v1\"", scene.Origin.Asked[2]);
        RangeScene.AssertHit(await scene.GetAsync());
        RangeScene.AssertHit(await scene.AskAsync("HEAD"));
        Assert.Equal(3, scene.Origin.Asked.Count);
        Assert.Equal("partial", (await scene.Proxy.RecordsAsync(2))[1].CacheReason);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task DisjointRanges_AreCombinedAndTheWholeAsksForEachGap(bool reverse)
    {
        // Several gaps: one request after the other. A block is a MiB.
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Random(5 << 20), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(100, 199);
        await scene.GetRangeAsync(3 << 20, (3 << 20) + 9);
        Assert.Equal(["bytes=100-199", $"bytes={3 << 20}-{(4 << 20) - 1} \"v1\""], scene.Origin.Asked);
        var whole = await scene.GetAsync();
        Assert.True(scene.Origin.Content.AsSpan().SequenceEqual(whole.Body));
        Assert.Equal(["bytes=0-99 \"v1\"", $"bytes=200-{(3 << 20) - 1} \"v1\"", $"bytes={4 << 20}-{(5 << 20) - 1} \"v1\""], scene.Origin.Asked.Skip(2));
        RangeScene.AssertHit(await scene.GetAsync());
        Assert.Equal(5 << 20, scene.Origin.Sent);
    }

    [Theory]
    [MemberData(nameof(RangeScene.Forms), MemberType = typeof(RangeScene))]
    public async Task ScatteredRangesOfALargeObject_AreFetchedByBlocks(bool reverse)
    {
        await using var scene = await RangeScene.StartAsync(reverse, RangeScene.Random(6_000_000), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(5_999_990, 5_999_999);
        await scene.GetRangeAsync(2_500_000, 2_500_099);
        RangeScene.AssertHit(await scene.GetRangeAsync(2_100_000, 3_145_727));
        await scene.GetRangeAsync(2_097_000, 2_097_200);
        RangeScene.AssertHit(await scene.GetRangeAsync(1_048_576, 3_145_727));
        // Over a border the two blocks are asked for at once; at the end up to what is held.
        await scene.GetRangeAsync(4_194_300, 4_194_310);
        await scene.GetRangeAsync(5_999_000, 5_999_995);
        Assert.Equal(
        [
            "bytes=5999990-5999999", "bytes=2097152-3145727 \"v1\"", "bytes=1048576-2097151 \"v1\"",
            "bytes=3145728-5242879 \"v1\"", "bytes=5242880-5999989 \"v1\"",
        ], scene.Origin.Asked);
    }

    [Fact]
    public async Task LessThanTheGap_IsGoneOnWith()
    {
        // RFC 9110 s.15.3.7: "might send only a subset of the data requested"
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
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
        RangeScene.AssertHit(await scene.GetAsync());
    }

    [Fact]
    public async Task LastModified_CombinesWhereItIsStrong()
    {
        // RFC 9110 s.8.8.2.2, s.13.1.5
        const string modified = "Thu, 01 Jan 2015 00:00:00 GMT";
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
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

    [Fact]
    public async Task SeveralRanges_AreServedAndCompleted()
    {
        // RFC 9110 s.14.6
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Random(3 << 20), new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(0, 99);
        var held = await scene.GetAsync("Range: bytes=5-9, 0-1");
        RangeScene.AssertHit(held);
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

    [Fact]
    public async Task EntryBeyondItsLimit_HoldsTheNewestOctets()
    {
        var cache = new CacheOptions { MemoryBytes = 32 << 20, MaxEntryBytes = 2 << 20 };
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Random(8 << 20), cache);
        await scene.GetRangeAsync(0, 99);
        for (var block = 1; block < 8; block++)
        {
            await scene.GetRangeAsync(block << 20, (block << 20) + 99);
            await scene.Proxy.RecordsAsync(block + 1);
            Assert.InRange(scene.Proxy.Cache.Bytes, 0, (2 << 20) + (256 << 10));
        }
        RangeScene.AssertHit(await scene.GetRangeAsync(6 << 20, (6 << 20) + 99));
        RangeScene.AssertHit(await scene.GetRangeAsync(7 << 20, (7 << 20) + 99));
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
        var content = RangeScene.Random(3 << 20);
        var random = new Random(seed);
        await using var scene = await RangeScene.StartAsync(reverse, content, new() { MemoryBytes = 8 << 20, MaxEntryBytes = 4 << 20 });
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
                    (scene.Origin.Content, scene.Origin.Tag) = (content = RangeScene.Random(content.Length + 1), $"\"{i}\"");
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

    [Fact]
    public async Task RestOfABlockThatBreaksOff_IsNotTheClients()
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
        await scene.GetRangeAsync(2, 3);
        RangeScene.AssertHit(await scene.GetRangeAsync(0, 5));
        Assert.Null((await scene.Proxy.RecordsAsync(2))[1].Error);
    }

    [Fact]
    public async Task MoreThanWasAskedFor_IsNotReadToItsEnd()
    {
        var content = RangeScene.Random(8 << 20);
        await using var scene = await RangeScene.StartAsync(reverse: false, content, new() { MemoryBytes = 64 << 20 });
        await scene.GetRangeAsync(0, 9);
        var gone = new TaskCompletionSource();
        scene.Origin.Instead = async x =>
        {
            if (x.Number != 2)
                return false;
            // What is sent beyond the block has no end.
            await x.WriteAsync($"HTTP/1.1 206 P\r\nCache-Control: max-age=600\r\nETag: \"v1\"\r\nContent-Range: bytes 10-{content.Length - 1}/{content.Length}\r\nContent-Length: {content.Length - 10}\r\n\r\n");
            // The proxy may be gone before the kernel has taken all of it.
            if (await Record.ExceptionAsync(() => x.WriteAsync(content.AsMemory(10, 2 << 20))) is null)
                await x.WaitUntilGoneAsync();
            gone.SetResult();
            return true;
        };
        await scene.GetRangeAsync(5, 20);
        await gone.Task.Within();
        RangeScene.AssertHit(await scene.GetRangeAsync(0, (1 << 20) - 1));
        Assert.Equal(["bytes=0-9", "bytes=10-1048575 \"v1\""], scene.Origin.Asked);
    }

    [Fact]
    public async Task CookieOnAGap_IsForTheOneWhoAsked()
    {
        // RFC 9111 s.7.3
        await using var scene = await RangeScene.StartAsync(reverse: false, RangeScene.Digits);
        await scene.GetRangeAsync(0, 4);
        scene.Origin.Fields.Add("Set-Cookie: a=b");
        Assert.Equal("a=b", (await scene.GetRangeAsync(3, 6))["Set-Cookie"]);
        scene.Origin.Fields.Remove("Set-Cookie: a=b");
        Assert.Null((await scene.GetRangeAsync(3, 6))["Set-Cookie"]);
        Assert.Null((await scene.GetAsync())["Set-Cookie"]);
    }

    [Fact]
    public async Task ServerOfAnotherHand_OverHttp2_IsAskedForTheGaps()
    {
        var content = RangeScene.Random(3 << 20);
        var asked = new ConcurrentQueue<string>();
        await using var origin = await Http2Origin.StartAsync(x =>
        {
            asked.Enqueue($"{x.Request.Headers.Range} {x.Request.Headers.IfRange}");
            x.Response.Headers.CacheControl = "max-age=600";
            return Results.Bytes(content, "text/plain", enableRangeProcessing: true, entityTag: new("\"v1\"")).ExecuteAsync(x);
        });
        await using var proxy = await RunningProxy.OfFileAsync(
            $"listeners: [{{ kind: reverse, bind: 127.0.0.1:0, to: \"http://127.0.0.1:{origin.Port}\", upstream: {{ http2: true }} }}]");
        await using var client = await proxy.ConnectAsync();
        foreach (var (first, last) in ((int, int)[])[(100, 199), (150, 1_100_000), (0, 99), (2_000_000, 2_000_001), (0, content.Length - 1), (5, content.Length - 5)])
        {
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: a.example\r\nRange: bytes={first}-{last}\r\n\r\n");
            var response = await client.ReadResponseAsync();
            Assert.True(content.AsSpan(first, last - first + 1).SequenceEqual(response.Body));
        }
        Assert.Equal(["bytes=100-199 ", "bytes=200-2097151 \"v1\"", "bytes=0-99 \"v1\"", "bytes=2097152-3145727 \"v1\""], asked);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
        RangeScene.AssertHit(await client.ReadResponseAsync());
    }

    [Fact]
    public async Task ManyClientsAtOnce_EachOctetIsRight()
    {
        var content = RangeScene.Random(3 << 20);
        await using var scene = await RangeScene.StartAsync(reverse: false, content, new() { MemoryBytes = 7 << 20, MaxEntryBytes = 4 << 20 });
        await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            var random = new Random(n);
            await using var client = await scene.Proxy.ConnectAsync();
            for (var i = 0; i < 40; i++)
            {
                var path = i % 10 == n ? $"/{n}" : "/";
                var first = random.Next(content.Length);
                var last = Math.Min(content.Length - 1, first + random.Next(1, 300_000));
                await client.SendAsync($"GET {scene.Origin.Origin.Url(path)} HTTP/1.1\r\nHost: {scene.Origin.Origin.Authority}\r\n"
                    + (path == "/" ? $"Range: bytes={first}-{last}\r\n\r\n" : "\r\n"));
                var response = await client.ReadResponseAsync();
                var expected = path == "/" ? content.AsMemory(first, last - first + 1) : content;
                Assert.True(expected.Span.SequenceEqual(response.Body));
            }
        }));
        Assert.InRange(scene.Proxy.Cache.Bytes, 0, 7 << 20);
    }
}
