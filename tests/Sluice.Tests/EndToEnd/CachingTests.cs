using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The cache as clients and origins see it; its rules one by one are tested beside it.</summary>
public class CachingTests
{
    [Fact]
    public async Task FreshAnswer_IsServedAgainWithAgeAndCacheStatus()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        var first = await proxy.GetAsync(origin);
        Assert.DoesNotContain("hit", first["Cache-Status"]);
        Assert.Contains("fwd=uri-miss", first["Cache-Status"]);
        var second = await proxy.GetAsync(origin);
        Assert.Contains("; hit", second["Cache-Status"]);
        Assert.NotNull(second["Age"]);
        Assert.Equal(first.Body, second.Body);
        Assert.Equal("HTTP/1.1 200 OK", second.Head.StartLine);
        Assert.Single(origin.Requests);
        var records = await proxy.EndAsync(2);
        Assert.Equal([CacheUse.Miss, CacheUse.Hit], records.Select(r => r.Cache));
    }

    [Theory]
    [InlineData("Cache-Control: no-store")]
    [InlineData("Cache-Control: private")]
    [InlineData("Cache-Control: max-age=60", "Vary: *")]
    [InlineData("Cache-Control: max-age=0")]
    public async Task WhatMayNotBeServedAgain_IsFetchedAgain(params string[] fields)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", fields));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("1", (await proxy.GetAsync(origin)).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin)).Text);
    }

    [Fact]
    public async Task AuthorizedAnswer_IsNotForOthers()
    {
        // RFC 9111 s.3.5
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin, "/", "Authorization: Basic eDp5");
        Assert.Equal("2", (await proxy.GetAsync(origin)).Text);
    }

    [Fact]
    public async Task Vary_KeepsOneAnswerForEach()
    {
        // RFC 9111 s.4.1
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Head["Accept-Language"]!, "Cache-Control: max-age=60", "Vary: Accept-Language"));
        await using var proxy = await RunningProxy.ForwardAsync();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("de", (await proxy.GetAsync(origin, "/", "Accept-Language: de")).Text);
            Assert.Equal("fr", (await proxy.GetAsync(origin, "/", "Accept-Language: fr")).Text);
        }
        Assert.Equal(2, origin.Requests.Count);
    }

    [Fact]
    public async Task StaleAnswer_IsConfirmedByItsETag()
    {
        // RFC 9111 s.4.3
        await using var origin = ScriptedOrigin.Start(x => x.Head["If-None-Match"] == "\"v1\""
            ? x.ReplyAsync(304, "", "ETag: \"v1\"", "Cache-Control: no-cache", "X-New: 1")
            : x.ReplyAsync(200, "hello", "ETag: \"v1\"", "Cache-Control: no-cache"));
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var second = await proxy.GetAsync(origin);
        Assert.Equal(200, second.Status);
        Assert.Equal("hello", second.Text);
        // s.3.2: fields of the 304 replace those stored.
        Assert.Equal("1", second["X-New"]);
        Assert.Equal(2, origin.Requests.Count);
        Assert.Equal(CacheUse.Revalidated, (await proxy.EndAsync(2))[1].Cache);
    }

    [Fact]
    public async Task ClientsOwnCondition_IsAnsweredFromTheCache()
    {
        // RFC 9111 s.4.3.2
        await using var origin = ScriptedOrigin.With("hello", "ETag: \"v1\"", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        Assert.Equal(304, (await proxy.GetAsync(origin, "/", "If-None-Match: \"v1\"")).Status);
        Assert.Equal(200, (await proxy.GetAsync(origin, "/", "If-None-Match: \"v2\"")).Status);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task Head_IsAnsweredFromAStoredGet()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var response = await proxy.AskAsync($"HEAD {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal("5", response["Content-Length"]);
        Assert.Contains("; hit", response["Cache-Status"]);
        Assert.Single(origin.Requests);
    }

    [Theory]
    [InlineData("bytes=0-4", 206, "hello", "bytes 0-4/11")]
    [InlineData("bytes=6-", 206, "world", "bytes 6-10/11")]
    [InlineData("bytes=-5", 206, "world", "bytes 6-10/11")]
    [InlineData("bytes=50-", 416, null, "bytes */11")]
    public async Task Range_IsServedFromTheStoredWhole(string range, int status, string? text, string contentRange)
    {
        // RFC 9110 s.14.2, RFC 9111 s.3.3
        await using var origin = ScriptedOrigin.With("hello world", "ETag: \"v1\"", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var response = await proxy.GetAsync(origin, "/", "Range: " + range);
        Assert.Equal(status, response.Status);
        Assert.Equal(contentRange, response["Content-Range"]);
        if (text is not null)
            Assert.Equal(text, response.Text);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task OnlyIfCached_Is504WhereNothingIsHeld()
    {
        // RFC 9111 s.5.2.1.7
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal(504, (await proxy.GetAsync(origin, "/", "Cache-Control: only-if-cached")).Status);
        Assert.Equal(0, origin.Heads);
        await proxy.GetAsync(origin);
        Assert.Equal(200, (await proxy.GetAsync(origin, "/", "Cache-Control: only-if-cached")).Status);
        await proxy.EndAsync(3);
    }

    [Fact]
    public async Task UnsafeMethod_InvalidatesWhatIsHeld()
    {
        // RFC 9111 s.4.4
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("1", (await proxy.GetAsync(origin)).Text);
        await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal("3", (await proxy.GetAsync(origin)).Text);
    }

    [Fact]
    public async Task TruncatedAnswer_IsNotKept()
    {
        // RFC 9111 s.3.3
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number > 1)
            {
                await x.ReplyAsync(200, "whole", "Cache-Control: max-age=60");
                return;
            }
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\nhalf");
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await Record.ExceptionAsync(async () => _ = await proxy.GetAsync(origin));
        Assert.Equal("whole", (await proxy.GetAsync(origin)).Text);
    }

    [Fact]
    public async Task LargeAnswer_IsAHitByteForByte()
    {
        var body = new byte[1_500_000];
        new Random(3).NextBytes(body);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, body, "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.ForwardAsync(cache: new() { MemoryBytes = 16 << 20, MaxEntryBytes = 4 << 20 });
        for (var i = 0; i < 3; i++)
        {
            var response = await proxy.GetAsync(origin);
            Assert.True(body.AsSpan().SequenceEqual(response.Body));
        }
        Assert.Single(origin.Requests);
    }
}
