using System.Diagnostics;
using System.Text;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The disk tier as clients and origins see it: over restarts, beside invalidation and purges, and when the disk fails.</summary>
public sealed class DiskCacheTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(50_000)]
    [InlineData(700_000)]
    [InlineData(3_000_000)]
    public async Task Answer_IsServedFromDiskAlsoAfterARestart(int length)
    {
        var body = BodyOf(length);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, body, "Cache-Control: max-age=600", "ETag: \"v1\""));
        await using (var proxy = await StartAsync())
            Assert.Equal(body, (await proxy.GetAsync(origin)).Body);
        for (var restarts = 0; restarts < 2; restarts++)
        {
            await using var proxy = await StartAsync();
            // The first time since the start it is compared with its checksums, then it goes straight from the file.
            for (var i = 0; i < 3; i++)
            {
                var hit = await proxy.GetAsync(origin);
                Assert.Contains("; hit", hit["Cache-Status"]);
                Assert.Equal(body, hit.Body);
                Assert.NotNull(hit["Age"]);
            }
            Assert.All(await proxy.EndAsync(3), record => Assert.Equal((CacheUse.Hit, length), (record.Cache, record.ResponseBytes)));
        }
        Assert.Single(origin.Requests);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(700_000)]
    [InlineData(3_000_000)]
    public async Task RangesHeadAndConditions_AreAnsweredFromTheFile(int length)
    {
        var body = BodyOf(length);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, body, "Cache-Control: max-age=600", "ETag: \"v1\"", "Content-Type: text/plain"));
        await using (var proxy = await StartAsync())
            await proxy.GetAsync(origin);
        await using var again = await StartAsync();
        for (var i = 0; i < 2; i++)
        {
            var range = await again.GetAsync(origin, "/", $"Range: bytes=40000-{length - 2}");
            Assert.Equal((206, $"bytes 40000-{length - 2}/{length}"), (range.Status, range["Content-Range"]));
            Assert.Equal(body[40_000..^1], range.Body);
            Assert.Equal(416, (await again.GetAsync(origin, "/", $"Range: bytes={length}-")).Status);
            var many = await again.GetAsync(origin, "/", "Range: bytes=0-0,-2");
            Assert.StartsWith("multipart/byteranges", many["Content-Type"], StringComparison.Ordinal);
            Assert.Contains($"Content-Range: bytes {length - 2}-{length - 1}/{length}\r\n\r\n{Encoding.Latin1.GetString(body[^2..])}\r\n", many.Text, StringComparison.Ordinal);
            Assert.Equal(304, (await again.GetAsync(origin, "/", "If-None-Match: \"v1\"")).Status);
            var head = await again.AskAsync($"HEAD {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal($"{length}", head["Content-Length"]);
            // Read through once, it is sent from the file.
            Assert.Equal(body, (await again.GetAsync(origin)).Body);
        }
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task StaleAnswerOnDisk_IsConfirmedAndFreshAgainAfterARestart()
    {
        // RFC 9111 s.4.3.4
        await using var origin = ScriptedOrigin.Start(x => x.Head["If-None-Match"] == "\"v1\""
            ? x.ReplyAsync(304, "", "Cache-Control: max-age=600", "ETag: \"v1\"", "X-Round: 2")
            : x.ReplyAsync(200, "hello", "Cache-Control: max-age=1", "Age: 5", "ETag: \"v1\""));
        await using (var proxy = await StartAsync())
            await proxy.GetAsync(origin);
        await using (var proxy = await StartAsync())
        {
            var confirmed = await proxy.GetAsync(origin);
            Assert.Equal(("hello", "2"), (confirmed.Text, confirmed["X-Round"]));
        }
        await using var again = await StartAsync();
        var hit = await again.GetAsync(origin);
        Assert.Contains("; hit", hit["Cache-Status"]);
        Assert.Equal(("hello", "2"), (hit.Text, hit["X-Round"]));
        Assert.Equal(2, origin.Requests.Count);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(3_000_000)]
    public async Task InvalidatedAnswer_DoesNotComeBackAfterARestart(int length)
    {
        // RFC 9111 s.4.4
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, BodyOf(length), "Cache-Control: max-age=600"));
        await using (var proxy = await StartAsync())
        {
            await proxy.GetAsync(origin);
            await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        }
        await using var again = await StartAsync();
        Assert.DoesNotContain("hit", (await again.GetAsync(origin))["Cache-Status"]);
        Assert.Equal(3, origin.Requests.Count);
    }

    [Fact]
    public async Task Variants_AreEachFoundAfterARestart()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Head["Accept-Language"]!, "Cache-Control: max-age=600", "Vary: Accept-Language"));
        await using (var proxy = await StartAsync())
            foreach (var language in (string[])["de", "fr"])
                await proxy.GetAsync(origin, "/", $"Accept-Language: {language}");
        await using var again = await StartAsync();
        foreach (var language in (string[])["fr", "de"])
            Assert.Equal(language, (await again.GetAsync(origin, "/", $"Accept-Language: {language}")).Text);
        Assert.Equal(2, origin.Requests.Count);
    }

    [Fact]
    public async Task BodyWithoutLength_GoesToDiskAndHasOneThere()
    {
        var body = BodyOf(2_500_000);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var at = 0; at < body.Length; at += 100_000)
            {
                await x.WriteAsync($"{100_000:x}\r\n");
                await x.WriteAsync(body.AsMemory(at, 100_000));
                await x.WriteAsync("\r\n");
            }
            await x.WriteAsync("0\r\n\r\n");
        });
        await using (var proxy = await StartAsync())
            Assert.Equal(body, (await proxy.GetAsync(origin)).Body);
        await using var again = await StartAsync();
        var hit = await again.GetAsync(origin);
        Assert.Equal($"{body.Length}", hit["Content-Length"]);
        Assert.Equal(body, hit.Body);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task BodyThatBreaksOff_IsNotOnDisk()
    {
        // RFC 9111 s.3.3
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 3000000\r\n\r\n");
            await x.WriteAsync(BodyOf(2_000_000));
            x.Reset();
        });
        await using (var proxy = await StartAsync())
            await Assert.ThrowsAnyAsync<Exception>(() => proxy.GetAsync(origin));
        Assert.Empty(Directory.EnumerateFiles(Store, "*.one"));
    }

    [Fact]
    public async Task PurgedAnswers_StayAwayAfterARestart()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "hello", "Cache-Control: max-age=600", x.Target.EndsWith('t') ? "Cache-Tag: news" : "X-No: 1"));
        await using (var proxy = await StartAsync())
        {
            foreach (var path in (string[])["/url", "/tagged-t", "/stays"])
                await proxy.GetAsync(origin, path);
            Assert.True(RequestTarget.TryParse(Methods.Get, origin.Url("/url"), null, "http", null, out var target, out _));
            await proxy.Care.PurgeAsync(target!, [""], soft: false);
            await proxy.Care.PurgeAsync(new EntrySelector { Tag = "news" }, soft: false);
        }
        await using var again = await StartAsync();
        Assert.Contains("hit", (await again.GetAsync(origin, "/stays"))["Cache-Status"]);
        foreach (var path in (string[])["/url", "/tagged-t"])
            Assert.DoesNotContain("hit", (await again.GetAsync(origin, path))["Cache-Status"]);
    }

    [Fact]
    public async Task DamagedStore_IsAskedForAgain()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, BodyOf(500_000), "Cache-Control: max-age=600"));
        await using (var proxy = await StartAsync())
            await proxy.GetAsync(origin);
        foreach (var file in Directory.EnumerateFiles(Store, "*.seg"))
        {
            using var handle = File.OpenHandle(file, access: FileAccess.ReadWrite);
            RandomAccess.Write(handle, new byte[100], 10_000);
        }
        await using var again = await StartAsync();
        Assert.Equal(BodyOf(500_000), (await again.GetAsync(origin)).Body);
        Assert.Equal(2, origin.Requests.Count);
    }

    [Fact]
    public async Task FolderThatGoes_CostsTheDiskButNoAnswer()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, BodyOf(3_000_000), "Cache-Control: max-age=600"));
        await using var proxy = await StartAsync();
        await proxy.GetAsync(origin, "/a");
        await proxy.Care.WrittenAsync();
        Directory.Delete(Store, recursive: true);
        for (var i = 0; i < 4; i++)
            Assert.Equal(BodyOf(3_000_000), (await proxy.GetAsync(origin, $"/{i}")).Body);
        await proxy.Care.WrittenAsync();
        Assert.True(proxy.Cache.Disk!.Value.WriteFaults > 0);
    }

    [Fact]
    public async Task NewerAnswerThatTheDiskDoesNotTake_LeavesNoOlderOne()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, BodyOf(2_000_000 + x.Number), "Cache-Control: max-age=600"));
        await using var proxy = await StartAsync();
        await proxy.GetAsync(origin);
        await proxy.Care.WrittenAsync();
        Directory.Delete(Store, recursive: true);
        Assert.Equal(BodyOf(2_000_002), (await proxy.GetAsync(origin, "/", "Cache-Control: no-cache")).Body);
        await proxy.Care.WrittenAsync();
        Assert.Equal(504, (await proxy.GetAsync(origin, "/", "Cache-Control: only-if-cached")).Status);
    }

    [Fact]
    public async Task DiskThatIsFull_CostsTheDiskButNoAnswer()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "mounting a small file system needs Linux and root");
        Directory.CreateDirectory(Store);
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", Store) == 0, "a tmpfs cannot be mounted here");
        try
        {
            await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, BodyOf(900_000), "Cache-Control: max-age=600"));
            await using var proxy = await StartAsync();
            for (var i = 0; i < 30; i++)
            {
                Assert.Equal(BodyOf(900_000), (await proxy.GetAsync(origin, $"/{i}")).Body);
                await proxy.Care.WrittenAsync();
            }
            Assert.True(proxy.Cache.Disk!.Value.WriteFaults > 0);
            // What was stored before is whole.
            var hits = 0;
            for (var i = 0; i < 30; i++)
            {
                var answer = await proxy.GetAsync(origin, $"/{i}", "Cache-Control: only-if-cached");
                if (answer.Status == 504)
                    continue;
                hits++;
                Assert.Equal(BodyOf(900_000), answer.Body);
            }
            Assert.True(hits > 0);
        }
        finally
        {
            Assert.Equal(0, await RunAsync("umount", "-l", Store));
        }
    }

    [Fact]
    public async Task FolderOfAnother_EndsTheStart()
    {
        await using var proxy = await StartAsync();
        var refused = await Assert.ThrowsAsync<DiskCacheException>(() => StartAsync());
        Assert.Contains(Store, refused.Message, StringComparison.Ordinal);
    }

    private string Store => _folder.File("store");

    /// <summary>Without memory: what is served is from the disk. Ready when what was stored before is found.</summary>
    private async Task<RunningProxy> StartAsync()
    {
        var proxy = await RunningProxy.ForwardAsync(cache: new CacheOptions { MemoryBytes = 0, Disk = new DiskOptions { Path = Store, SizeBytes = 256 << 20 } });
        while (proxy.Cache.Disk!.Value.Loads)
            await Task.Yield();
        return proxy;
    }

    private static byte[] BodyOf(int length)
    {
        var body = new byte[length];
        new Random(length).NextBytes(body);
        return body;
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
