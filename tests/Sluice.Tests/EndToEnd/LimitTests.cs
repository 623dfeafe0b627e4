using System.Diagnostics;
using System.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Rules that say how much may be taken. They go by the machine's clock: bounds are one-sided where that may be slow.</summary>
public class LimitTests
{
    [Fact]
    public async Task RequestsBeyondTheLimit_AreRefusedWith429_ForTheClientThatMadeThem()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("{ id: slow, limit: { requests: 3, every: 1h }, paths: [/slow] }");
        var first = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => proxy.GetAsync(origin, "/slow")));
        Assert.Equal([200, 200, 200, 429, 429], first.Select(answer => answer.Status).Order());
        var refused = first.First(answer => answer.Status == 429);
        Assert.Equal("3600", refused["Retry-After"]);
        Assert.Contains("More than 3 requests in 3600 s are too many.", refused.Text);
        Assert.Equal(200, (await proxy.GetAsync(origin, "/other")).Status);
        using var other = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        await other.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken);
        await using var client = new RawConnection(other);
        await client.SendAsync($"GET {origin.Url("/slow")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        var records = await proxy.EndAsync(7);
        Assert.Equal(2, records.Count(r => r.Verdict is { Denies: true, Rule: "slow" }));
    }

    [Fact]
    public async Task WhatIsSharedByAll_IsSpentByAny()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("{ id: all, limit: { requests: 1, every: 1h, per: rule }, reason: Later. }");
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        using var other = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        await other.ConnectAsync(proxy.EndPoint, TestContext.Current.CancellationToken);
        await using var client = new RawConnection(other);
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var refused = await client.ReadResponseAsync();
        Assert.Equal(429, refused.Status);
        Assert.Contains("Later.", refused.Text);
    }

    [Fact]
    public async Task OnTrial_NothingIsRefused()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("{ id: few, mode: report, limit: { requests: 1, every: 1h } }");
        for (var i = 0; i < 3; i++)
            Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        Assert.Equal(["allow", "report", "report"], (await proxy.EndAsync(3)).Select(r => r.Verdict.Outcome));
    }

    [Fact]
    public async Task TimePasses_AndMoreIsLetThrough()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("{ id: few, limit: { requests: 1, every: 1s } }");
        // Before the first is counted.
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        while ((await proxy.GetAsync(origin)).Status == 429)
            Assert.True(Stopwatch.GetElapsedTime(began) < Waiting.Limit);
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromMilliseconds(500));
    }

    public static TheoryData<string> Ways => ["down", "up", "tunnel", "hit"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task OctetsBeyondTheBandwidth_Wait(string way)
    {
        // A burst of one second's, then as many each second.
        const int Rate = 64 << 10;
        const int Size = 2 * Rate;
        await using var origin = ScriptedOrigin.Start(x =>
            x.ReplyAsync(200, new string('x', x.Method == "POST" ? 0 : Size), way == "hit" ? "Cache-Control: max-age=60" : "Cache-Control: no-store"));
        await using var proxy = await StartAsync($"{{ id: few, limit: {{ bandwidth: 64KiB }}, headers: {{ X-Fast: null }} }}");
        if (way == "hit")
            Assert.Equal(Size, (await proxy.GetAsync(origin, "/", "X-Fast: yes")).Body.Length);
        await using var client = await proxy.ConnectAsync();
        if (way == "tunnel")
        {
            await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        }
        var began = Stopwatch.GetTimestamp();
        var target = way == "tunnel" ? "/" : origin.Url();
        await client.SendAsync(way == "up"
            ? $"POST {target} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: {Size}\r\n\r\n{new string('x', Size)}"
            : $"GET {target} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(way == "up" ? 0 : Size, (await client.ReadResponseAsync()).Body.Length);
        Assert.True(Stopwatch.GetElapsedTime(began) > TimeSpan.FromMilliseconds(500), $"{Stopwatch.GetElapsedTime(began)}");
    }

    private static Task<RunningProxy> StartAsync(string rule) => RunningProxy.OfFileAsync(
        $"{{ listeners: [{{ kind: forward, bind: '127.0.0.1:0', policy: p }}], policies: {{ p: {{ default: allow, rules: [{rule}] }} }} }}");
}
