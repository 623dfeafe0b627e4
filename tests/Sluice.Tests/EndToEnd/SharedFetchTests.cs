using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Records;
using Sluice.Tests.Kit;
using static Sluice.Tests.EndToEnd.SharedFetchScene;

namespace Sluice.Tests.EndToEnd;

/// <summary>Many ask for the same at once: one fetch, each its own answer. How a shared fetch ends before its time is in BrokenFetchTests.</summary>
public class SharedFetchTests
{
    [Fact]
    public async Task ManyClientsOfAColdKey_ShareOneFetch()
    {
        var (begin, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await begin.Task;
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {Large.Length}\r\n\r\n");
            await x.WriteAsync(Large.AsMemory(0, 1000));
            await end.Task;
            await x.WriteAsync(Large.AsMemory(1000));
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, 200);
        await AllWaitAsync(proxy, origin, 200);
        begin.SetResult();
        // The first octets reach all before the origin has sent the end.
        var heads = new List<RawHead>();
        foreach (var client in clients)
        {
            heads.Add(await client.ReadHeadAsync());
            Assert.Equal(Large[..1000], await client.ReadExactlyAsync(1000));
        }
        end.SetResult();
        // The first to have asked stops reading: nobody waits for it.
        foreach (var client in clients.Skip(1))
            Assert.Equal(Large[1000..], await client.ReadExactlyAsync(Large.Length - 1000));
        Assert.Single(origin.Requests);
        Assert.Equal(199, heads.Count(head => head["Cache-Status"]!.Contains("; collapsed")));
        Assert.All(heads, head => Assert.Contains("fwd=uri-miss; fwd-status=200", head["Cache-Status"]));
        await EndAsync(clients);
        Assert.Contains("; hit", (await proxy.GetAsync(origin))["Cache-Status"]);
    }

    [Fact]
    public async Task NotStorable_AllGoUpAtOnce_AndTheNextDoNotWait()
    {
        const int Clients = 30;
        var all = new TaskCompletionSource();
        var heads = 0;
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number == 1)
                await go.Task;
            // Answers the others only when all of them are here.
            else
            {
                if (Interlocked.Increment(ref heads) == Clients - 1)
                    all.SetResult();
                await all.Task;
            }
            await x.ReplyAsync(200, $"{x.Number}", "Cache-Control: no-store");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, Clients);
        await AllWaitAsync(proxy, origin, Clients);
        Assert.Equal(1, origin.Heads);
        go.SetResult();
        var texts = new HashSet<string>();
        foreach (var client in clients)
            Assert.True(texts.Add((await client.ReadResponseAsync()).Text));
        await EndAsync(clients);

        // Hit-for-miss: two more reach the origin together, neither waits for the other.
        (heads, all) = (Clients - 3, new TaskCompletionSource());
        var more = await AskAsync(proxy, origin, 2);
        foreach (var client in more)
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        await EndAsync(more);
    }

    [Fact]
    public async Task Revalidation_IsAskedOnceForMany()
    {
        var confirm = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Head["If-None-Match"] is null)
            {
                await x.ReplyAsync(200, "hello", "ETag: \"1\"", "Cache-Control: max-age=60", "Age: 10");
                return;
            }
            await confirm.Task;
            await x.ReplyAsync(304, "", "ETag: \"1\"", "Cache-Control: max-age=60");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var clients = await AskAsync(proxy, origin, 50, "Cache-Control: max-age=5");
        await UntilAsync(() => origin.Heads == 2);
        await AllWaitAsync(proxy, origin, 50);
        confirm.SetResult();
        foreach (var client in clients)
            Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        await EndAsync(clients);
        Assert.Equal(1, origin.Requests.Count(r => r.Head["If-None-Match"] is not null));
    }

    [Fact]
    public async Task OtherVariants_AreFetchedOnceEach()
    {
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await go.Task;
            await x.ReplyAsync(200, x.Head["Accept-Language"]!, "Cache-Control: max-age=60", "Vary: Accept-Language");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var german = await AskAsync(proxy, origin, 20, "Accept-Language: de");
        var french = await AskAsync(proxy, origin, 20, "Accept-Language: fr");
        await AllWaitAsync(proxy, origin, 40);
        go.SetResult();
        foreach (var client in german)
            Assert.Equal("de", (await client.ReadResponseAsync()).Text);
        foreach (var client in french)
            Assert.Equal("fr", (await client.ReadResponseAsync()).Text);
        Assert.Equal(2, origin.Requests.Count);
        await EndAsync([.. german, .. french]);
    }

    [Theory]
    [InlineData("Cache-Control: no-cache")]
    [InlineData("Cache-Control: max-age=0")]
    [InlineData("Cache-Control: no-store")]
    [InlineData("Pragma: no-cache")]
    [InlineData("Authorization: Basic eDp5")]
    [InlineData("Range: bytes=0-1")]
    [InlineData("If-Match: \"1\"")]
    public async Task WhatWasAskedForBefore_IsNotForTheseRequests(string field)
    {
        // RFC 9111 s.5.2.1.4: not without validation, and the fetch began before the request came.
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number == 1)
                await go.Task;
            await x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var first = await AskAsync(proxy, origin, 1);
        await UntilAsync(() => origin.Heads == 1);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/", field)).Text);
        go.SetResult();
        Assert.Equal("1", (await first[0].ReadResponseAsync()).Text);
        await EndAsync(first);
    }

    [Fact]
    public async Task OnlyIfCached_DoesNotWait()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WaitUntilGoneAsync());
        await using var proxy = await RunningProxy.ForwardAsync();
        var first = await AskAsync(proxy, origin, 1);
        await UntilAsync(() => origin.Heads == 1);
        Assert.Equal(504, (await proxy.GetAsync(origin, "/", "Cache-Control: only-if-cached")).Status);
        await EndAsync(first);
    }

    [Fact]
    public async Task InvalidatedMeanwhile_IsNotForWhoComesLater()
    {
        // RFC 9111 s.4.4
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number == 1)
                await go.Task;
            await x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var first = await AskAsync(proxy, origin, 1);
        await UntilAsync(() => origin.Heads == 1);
        await proxy.AskAsync($"POST {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 0\r\n\r\n");
        Assert.Equal("3", (await proxy.GetAsync(origin)).Text);
        go.SetResult();
        Assert.Equal("1", (await first[0].ReadResponseAsync()).Text);
        await EndAsync(first);
    }

    [Fact]
    public async Task ChunkedWithTrailers_ReachesAll()
    {
        var (go, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await go.Task;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (var at = 0; at < Large.Length; at += 1000)
            {
                await x.WriteAsync("3E8\r\n");
                await x.WriteAsync(Large.AsMemory(at, 1000));
                await x.WriteAsync("\r\n");
            }
            await end.Task;
            await x.WriteAsync("0\r\nX-End: yes\r\n\r\n");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, 10);
        await AllWaitAsync(proxy, origin, 10);
        go.SetResult();
        var answers = clients.Select(client => client.ReadResponseAsync()).ToList();
        end.SetResult();
        foreach (var answer in answers)
        {
            Assert.Equal(Large, (await answer).Body);
            Assert.Contains((await answer).Trailers, t => t is { Name: "X-End", Value: "yes" });
        }
        Assert.Single(origin.Requests);
        var later = await proxy.GetAsync(origin);
        Assert.Equal(Large, later.Body);
        Assert.Equal([new RawField("X-End", "yes")], later.Trailers);
        Assert.Single(origin.Requests);
        await EndAsync(clients);
    }

    [Fact]
    public async Task CollapsedRequest_HasItsRecord()
    {
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await go.Task;
            await x.ReplyAsync(200, "hello", "Cache-Control: max-age=60");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, 3);
        await AllWaitAsync(proxy, origin, 3);
        go.SetResult();
        foreach (var client in clients)
            Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
        await EndAsync(clients);
        var records = await proxy.EndAsync(3);
        Assert.All(records, r => Assert.Equal(CacheUse.Miss, r.Cache));
        Assert.Equal(2, records.Count(r => r.CacheReason == "collapsed"));
        Assert.Equal(5 * 3, records.Sum(r => r.ResponseBytes));
    }
}
