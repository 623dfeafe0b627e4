using System.Net;
using Sluice.Cache;
using Sluice.Forwarding;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Poisoning by what is not in the key: what a client says of its side goes into links and redirects, and Vary does not say so.</summary>
public class ReflectedFieldTests
{
    private const string Fresh = "Cache-Control: max-age=600";

    [Theory]
    [InlineData("X-Forwarded-Host")]
    [InlineData("X-Forwarded-Scheme")]
    [InlineData("X-Forwarded-Proto")]
    [InlineData("X-Forwarded-Port")]
    [InlineData("X-Forwarded-Prefix")]
    [InlineData("X-Forwarded-Server")]
    [InlineData("X-Host")]
    [InlineData("X-Original-Host")]
    [InlineData("Forwarded", "host=evil")]
    public async Task ReflectedField_PoisonsNobodyElse(string name, string value = "evil")
    {
        await using var origin = ScriptedOrigin.Start(x => x.Head["If-None-Match"] is null
            ? x.ReplyAsync(200, $"link to {x.Head[name] ?? "good"}", Fresh, "ETag: \"same\"")
            : x.ReplyAsync(304, "", "ETag: \"same\"", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal($"link to {value}", (await proxy.GetAsync(origin, "/", $"{name}: {value}")).Text);
        // The tag of the poisoned answer is that of the good one: it must not be asked about.
        Assert.Equal("link to good", (await proxy.GetAsync(origin)).Text);
        Assert.Contains("; hit", (await proxy.GetAsync(origin))["Cache-Status"]);
        // Nor is it the attacker's when his request has it confirmed.
        await proxy.GetAsync(origin, "/", $"{name}: other", "Cache-Control: no-cache");
        var others = await proxy.GetAsync(origin);
        Assert.Equal("link to good", others.Text);
        Assert.Contains("; hit", others["Cache-Status"]);
    }

    [Fact]
    public async Task ReflectedField_TakesNoPlaceOfWhatIsForAll()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"link to {x.Head["X-Host"] ?? "good"}", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("link to good", (await proxy.GetAsync(origin)).Text);
        Assert.Equal("link to evil", (await proxy.GetAsync(origin, "/", "X-Host: evil", "Cache-Control: no-cache")).Text);
        var others = await proxy.GetAsync(origin);
        Assert.Equal("link to good", others.Text);
        Assert.Contains("; hit", others["Cache-Status"]);
    }

    [Fact]
    public async Task ReflectedField_IsInNoRefreshForAll()
    {
        var time = new ManualTime();
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"link to {x.Head["X-Host"] ?? "good"}", "Cache-Control: max-age=10, stale-while-revalidate=600"));
        await using var proxy = await RunningProxy.OfAsync(time, new CacheOptions { MemoryBytes = 16 << 20 },
            new ListenerOptions { Name = "forward", Kind = ListenerKind.Forward, Bind = new(IPAddress.Loopback, 0) });
        await proxy.GetAsync(origin);
        time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("link to good", (await proxy.GetAsync(origin, "/", "X-Host: evil")).Text);
        while (proxy.Cache.Stores < 2)
            await Task.Yield();
        Assert.False(origin.Requests[1].Head.Has("X-Host"));
        var others = await proxy.GetAsync(origin);
        Assert.Equal(("link to good", "0"), (others.Text, others["Age"]));
    }

    [Fact]
    public async Task ReflectedField_IsInNoPartOfWhatIsForAll()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Head["Range"] is { } range
            ? x.ReplyAsync(206, x.Head.Has("X-Host") ? "evil" : "good", $"Content-Range: {range.Replace("bytes=", "bytes ", StringComparison.Ordinal)}/8", "ETag: \"v\"", Fresh)
            : x.ReplyAsync(200, x.Head.Has("X-Host") ? "evilevil" : "goodgood", "ETag: \"v\"", Fresh));
        await using var proxy = await RunningProxy.ForwardAsync();
        Assert.Equal("good", (await proxy.GetAsync(origin, "/", "Range: bytes=0-3")).Text);
        Assert.Equal("evil", (await proxy.GetAsync(origin, "/", "Range: bytes=4-7", "X-Host: evil")).Text);
        Assert.Equal("goodgood", (await proxy.GetAsync(origin)).Text);
    }

    [Fact]
    public async Task ReflectedField_PoisonsNoFollower()
    {
        var came = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Head.Has("X-Host"))
            {
                came.SetResult();
                await goOn.Task;
            }
            await x.ReplyAsync(200, $"link to {x.Head["X-Host"] ?? "good"}", Fresh);
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var attacker = proxy.GetAsync(origin, "/", "X-Host: evil");
        await came.Task.Within();
        var victim = proxy.GetAsync(origin);
        await Task.Yield();
        goOn.SetResult();
        Assert.Equal("link to evil", (await attacker).Text);
        Assert.Equal("link to good", (await victim).Text);
    }
}
