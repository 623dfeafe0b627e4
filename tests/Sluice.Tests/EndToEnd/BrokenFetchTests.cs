using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Records;
using Sluice.Tests.Kit;
using static Sluice.Tests.EndToEnd.SharedFetchScene;

namespace Sluice.Tests.EndToEnd;

/// <summary>A fetch that many share, and its readers, the origin or the room for it go away.</summary>
public class BrokenFetchTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task FirstOneLeaves_OthersHaveTheirAnswer(bool reset)
    {
        var begin = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Target == "/alone")
            {
                await x.WaitUntilGoneAsync();
                return;
            }
            await begin.Task;
            await x.ReplyAsync(200, Large, "Cache-Control: max-age=60");
        });
        await using var proxy = await RunningProxy.ForwardAsync(new LimitOptions { HalfClosed = TimeSpan.FromMilliseconds(1) });
        var first = await AskAsync(proxy, origin, 1);
        await UntilAsync(() => origin.Requests.Count == 1);
        var others = await AskAsync(proxy, origin, 20);
        await AllWaitAsync(proxy, origin, 21);
        if (reset)
        {
            first[0].Reset();
            Assert.Single(await proxy.RecordsAsync(1), r => r.ClientGone);
        }
        else
        {
            first[0].HalfClose();
            // Who waits alone gets no more time: when that has ended, the first one's would have, too.
            await using var lone = await proxy.ConnectAsync();
            await lone.SendAsync($"GET {origin.Url("/alone")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            lone.HalfClose();
            Assert.Equal(504, (await lone.ReadResponseAsync()).Status);
        }
        begin.SetResult();
        foreach (var client in others)
            Assert.Equal(Large, (await client.ReadResponseAsync()).Body);
        Assert.Single(origin.Requests, r => r.Target == "/");
        await EndAsync(others);
        await first[0].DisposeAsync();
    }

    [Fact]
    public async Task AllLeave_FetchEnds()
    {
        var gone = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WaitUntilGoneAsync();
            gone.SetResult();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, 5);
        await AllWaitAsync(proxy, origin, 5);
        foreach (var client in clients)
            client.Reset();
        await gone.Task.Within();
    }

    [Fact]
    public async Task MostHasCome_IsFetchedToTheEndForTheCache()
    {
        var end = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {Large.Length}\r\n\r\n");
            await x.WriteAsync(Large.AsMemory(0, 400_000));
            await end.Task;
            await x.WriteAsync(Large.AsMemory(400_000));
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var client = (await AskAsync(proxy, origin, 1))[0];
        await client.ReadHeadAsync();
        await client.ReadExactlyAsync(400_000);
        client.Reset();
        await proxy.RecordsAsync(1);
        end.SetResult();
        var next = await proxy.GetAsync(origin);
        Assert.Equal(Large, next.Body);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task BodyBreaksOff_BreaksForAll_AndIsNotStored()
    {
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
            await go.Task;
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var clients = await AskAsync(proxy, origin, 10);
        foreach (var client in clients)
        {
            await client.ReadHeadAsync();
            Assert.Equal("5\r\nhello\r\n", await client.ReadTextAsync(10));
        }
        go.SetResult();
        foreach (var client in clients)
            await client.WaitUntilGoneAsync();
        Assert.Single(origin.Requests);
        Assert.All(await proxy.RecordsAsync(10), r => Assert.Equal("http_response_incomplete", r.Error));
        await EndAsync(clients);
        var again = (await AskAsync(proxy, origin, 1))[0];
        await again.ReadHeadAsync();
        Assert.Equal(2, origin.Requests.Count);
        await EndAsync([again]);
    }

    [Fact]
    public async Task BodyThatOutgrowsTheCache_GoesOnToItsReadersAlone()
    {
        var body = MakeBody(4 << 20);
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await go.Task;
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nConnection: close\r\n\r\n");
            await x.WriteAsync(body);
            await x.CloseAsync();
        });
        await using var proxy = await RunningProxy.ForwardAsync(cache: new CacheOptions { MemoryBytes = 16 << 20, MaxEntryBytes = 1 << 20 });
        var clients = await AskAsync(proxy, origin, 5);
        await AllWaitAsync(proxy, origin, 5);
        go.SetResult();
        foreach (var answer in clients.Select(client => client.ReadResponseAsync()).ToList())
            Assert.Equal(body, (await answer).Body);
        Assert.Single(origin.Requests);
        await EndAsync(clients);
    }

    [Fact]
    public async Task HungOrigin_FailsForAllAtOnce()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WaitUntilGoneAsync());
        var time = new ManualTime();
        await using var proxy = await RunningProxy.ForwardAsync(time: time);
        var clients = await AskAsync(proxy, origin, 50);
        await AllWaitAsync(proxy, origin, 50);
        var answers = Task.WhenAll(clients.Select(client => client.ReadResponseAsync()));
        await time.AdvanceUntilAsync(answers, TimeSpan.FromSeconds(1), pause: 5);
        Assert.All(await answers, answer => Assert.Equal(504, answer.Status));
        Assert.Equal(1, origin.Heads);
        await EndAsync(clients);
    }

    [Fact]
    public async Task OriginDies_StaleForThoseWhoTakeIt()
    {
        var go = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number == 1)
            {
                await x.ReplyAsync(200, "old", "ETag: \"1\"", "Cache-Control: max-age=60", "Age: 10");
                return;
            }
            await go.Task;
            x.Reset();
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        await proxy.GetAsync(origin);
        var lenient = await AskAsync(proxy, origin, 10, "Cache-Control: max-age=5, max-stale=600");
        var strict = await AskAsync(proxy, origin, 10, "Cache-Control: max-age=5");
        await UntilAsync(() => origin.Heads == 2);
        await AllWaitAsync(proxy, origin, 20);
        go.SetResult();
        foreach (var client in lenient)
            Assert.Equal("old", (await client.ReadResponseAsync()).Text);
        foreach (var client in strict)
            Assert.Equal(502, (await client.ReadResponseAsync()).Status);
        await EndAsync([.. lenient, .. strict]);
    }
}
