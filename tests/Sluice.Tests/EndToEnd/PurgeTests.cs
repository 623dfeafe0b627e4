using System.Net;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The method PURGE as clients see it, and the rules of the configuration with it.</summary>
public class PurgeTests
{
    private const string Open = "listeners: [{ kind: forward, bind: 127.0.0.1:0, purge: [127.0.0.0/8] }]\ncache: { memory: 16MiB }\n";

    [Fact]
    public async Task Purge_TakesAllVariantsOfTheUrlAndNoOther()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60", "Vary: Accept-Language"));
        await using var proxy = await RunningProxy.OfFileAsync(Open);
        Assert.Equal("1", (await proxy.GetAsync(origin, "/a", "Accept-Language: de")).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/a", "Accept-Language: fr")).Text);
        Assert.Equal("3", (await proxy.GetAsync(origin, "/b")).Text);
        var purged = await PurgeAsync(proxy, origin, "/a");
        Assert.Equal((200, "{\"entries\":2,\"soft\":false}\n", "application/json"), (purged.Status, purged.Text, purged["Content-Type"]));
        Assert.Equal("4", (await proxy.GetAsync(origin, "/a", "Accept-Language: de")).Text);
        Assert.Equal("5", (await proxy.GetAsync(origin, "/a", "Accept-Language: fr")).Text);
        Assert.Equal("3", (await proxy.GetAsync(origin, "/b")).Text);
        // It is an exchange like any other, and the origin has heard nothing of it.
        Assert.All(origin.Requests, r => Assert.Equal("GET", r.Method));
        var record = (await proxy.EndAsync(7)).Single(r => r.Method == "PURGE");
        Assert.Equal(("PURGE", 200, CacheUse.None), (record.Method, record.Status, record.Cache));
    }

    [Fact]
    public async Task PurgeOfWhatIsNotHeld_Is404()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.OfFileAsync(Open);
        var purged = await PurgeAsync(proxy, origin, "/");
        Assert.Equal((404, "{\"entries\":0,\"soft\":false}\n"), (purged.Status, purged.Text));
        Assert.Equal(0, origin.Heads);
    }

    [Fact]
    public async Task SoftPurge_HasTheAnswerValidated()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Head["If-None-Match"] == "\"v1\""
            ? x.ReplyAsync(304, "", "ETag: \"v1\"", "Cache-Control: max-age=60")
            : x.ReplyAsync(200, "hello", "ETag: \"v1\"", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.OfFileAsync(Open);
        await proxy.GetAsync(origin);
        Assert.Equal("{\"entries\":1,\"soft\":true}\n", (await PurgeAsync(proxy, origin, "/", "Fastly-Soft-Purge: 1")).Text);
        Assert.Equal("hello", (await proxy.GetAsync(origin)).Text);
        Assert.Equal("\"v1\"", origin.Requests[1].Head["If-None-Match"]);
        Assert.Contains("; hit", (await proxy.GetAsync(origin))["Cache-Status"]);
    }

    [Theory]
    [InlineData("listeners: [{ kind: forward, bind: 127.0.0.1:0 }]")]
    [InlineData("listeners: [{ kind: forward, bind: 127.0.0.1:0, purge: [10.0.0.0/8, \"::1\"] }]")]
    public async Task PurgeFromElsewhere_IsRefusedAndNotSentOn(string yaml)
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.OfFileAsync(yaml + "\ncache: { memory: 16MiB }\n");
        await proxy.GetAsync(origin);
        Assert.Equal(403, (await PurgeAsync(proxy, origin, "/")).Status);
        Assert.Contains("; hit", (await proxy.GetAsync(origin))["Cache-Status"]);
        Assert.Single(origin.Requests);
        var record = (await proxy.EndAsync(3)).Single(r => r.Method == "PURGE");
        Assert.Equal((true, "purge"), (record.Verdict.Denies, record.Verdict.Rule));
    }

    [Fact]
    public async Task PurgeOfOneRoute_LeavesTheOthers()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners:
              - { name: one, kind: reverse, bind: 127.0.0.1:0, to: "{{origin.Url("")}}", purge: [127.0.0.1] }
              - { name: two, kind: reverse, bind: 127.0.0.1:0, to: "{{origin.Url("")}}", purge: [127.0.0.1] }
            cache: { memory: 16MiB }
            """);
        Assert.Equal("1", (await AskAsync(proxy.EndPoints[0], "GET")).Text);
        Assert.Equal("2", (await AskAsync(proxy.EndPoints[1], "GET")).Text);
        Assert.Equal(200, (await AskAsync(proxy.EndPoints[1], "PURGE")).Status);
        Assert.Equal("1", (await AskAsync(proxy.EndPoints[0], "GET")).Text);
        Assert.Equal("3", (await AskAsync(proxy.EndPoints[1], "GET")).Text);

        static async Task<RawResponse> AskAsync(IPEndPoint to, string method)
        {
            await using var client = await RawConnection.OpenAsync(to);
            await client.SendAsync($"{method} / HTTP/1.1\r\nHost: a.test\r\n\r\n");
            return await client.ReadResponseAsync(method);
        }
    }

    [Fact]
    public async Task ConnectionAfterAPurgeWithABody_GoesOn()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var proxy = await RunningProxy.OfFileAsync(Open);
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync($"PURGE {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nContent-Length: 5\r\n\r\nhello");
        Assert.Equal(404, (await client.ReadResponseAsync("PURGE")).Status);
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }

    [Fact]
    public async Task IgnoredParameter_IsSentToTheOriginAndMakesNoDifference()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Cache-Control: max-age=60"));
        await using var proxy = await RunningProxy.OfFileAsync(Open.Replace("memory: 16MiB", "memory: 16MiB, rules: [{ id: t, ignoreQuery: [utm_*], sortQuery: true }]"));
        Assert.Equal("1", (await proxy.GetAsync(origin, "/?b=1&utm_id=7&a=2")).Text);
        Assert.Equal("/?b=1&utm_id=7&a=2", origin.Requests[0].Target);
        Assert.Equal("1", (await proxy.GetAsync(origin, "/?a=2&b=1")).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/?a=3&b=1")).Text);
        Assert.Equal(200, (await PurgeAsync(proxy, origin, "/?a=2&b=1&utm_x=1")).Status);
        Assert.Equal("3", (await proxy.GetAsync(origin, "/?a=2&b=1")).Text);
    }

    [Fact]
    public async Task Rule_KeepsWhatTheOriginSaysNothingOf()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}", "Content-Type: image/png"));
        await using var proxy = await RunningProxy.OfFileAsync(Open.Replace("memory: 16MiB", "memory: 16MiB, rules: [{ id: i, types: [image/*], ttl: 1h }, { id: n, paths: [/api/*], bypass: true }]"));
        Assert.Equal("1", (await proxy.GetAsync(origin, "/x")).Text);
        // Some seconds may have passed.
        Assert.Matches("; hit; ttl=35[0-9][0-9]$", (await proxy.GetAsync(origin, "/x"))["Cache-Status"]);
        Assert.Equal("2", (await proxy.GetAsync(origin, "/api/x")).Text);
        Assert.Contains("fwd=bypass", (await proxy.GetAsync(origin, "/api/x"))["Cache-Status"]);
    }

    private static Task<RawResponse> PurgeAsync(RunningProxy proxy, ScriptedOrigin origin, string path, params string[] fields) =>
        proxy.AskAsync($"PURGE {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");
}
