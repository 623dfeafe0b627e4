using System.Net;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Rules that say where a request goes.</summary>
public class RouteTests
{
    [Fact]
    public async Task Reverse_GoesWhereTheRuleSays_AndKeepsTheAnswersApart()
    {
        await using var site = ScriptedOrigin.With("site", "Cache-Control: max-age=60");
        await using var api = ScriptedOrigin.With("api", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: reverse, bind: "127.0.0.1:0", name: site, to: "{{site.Url("")}}", policy: p }]
            upstreams: { api: { to: "{{api.Url("")}}" } }
            policies: { p: { default: allow, rules: [{ id: api, route: api, headers: { X-Version: "2" } }] } }
            """);
        foreach (var use in new[] { CacheUse.Miss, CacheUse.Hit })
        {
            Assert.Equal("site", (await proxy.AskAsync("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n")).Text);
            Assert.Equal("api", (await proxy.AskAsync("GET /x HTTP/1.1\r\nHost: a.test\r\nX-Version: 2\r\n\r\n")).Text);
            Assert.Equal(use, (await proxy.RecordsAsync(use == CacheUse.Miss ? 2 : 4))[^1].Cache);
        }
        Assert.Equal(("a.test", "/x"), (Assert.Single(api.Requests).Head["Host"], api.Requests[0].Target));
        Assert.Single(site.Requests);
    }

    [Fact]
    public async Task Forward_RoutesToAnUpstreamThatClientsMayNotName()
    {
        await using var inner = ScriptedOrigin.With("inner");
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
            upstreams: { inner: { to: "{{inner.Url("")}}" } }
            policies: { p: { default: deny, destinations: { deny: [loopback] }, rules: [{ id: inner, allow: true, route: inner, hosts: [intranet.test] }, { id: rest, allow: true }] } }
            """);
        Assert.Equal("inner", (await proxy.AskAsync("GET http://intranet.test/x HTTP/1.1\r\nHost: intranet.test\r\n\r\n")).Text);
        Assert.Equal("intranet.test", Assert.Single(inner.Requests).Head["Host"]);
        Assert.Equal(403, (await proxy.GetAsync(inner)).Status);
        await using var tunnel = await proxy.ConnectAsync();
        await tunnel.SendAsync("CONNECT intranet.test:443 HTTP/1.1\r\nHost: intranet.test:443\r\n\r\n");
        Assert.Equal(200, (await tunnel.ReadResponseAsync("CONNECT")).Status);
        await tunnel.SendAsync("GET /tunnelled HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("inner", (await tunnel.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task DialAs_DialsAnotherHost_AndAsksForTheSame()
    {
        await using var safe = ScriptedOrigin.With("safe", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
            policies: { p: { default: allow, rules: [{ id: safe, dialAs: localhost, hosts: [search.test], headers: { X-Grown-Up: null } }] } }
            """);
        var asked = $"search.test:{safe.Port}";
        Assert.Equal("safe", (await proxy.AskAsync($"GET http://{asked}/?q HTTP/1.1\r\nHost: {asked}\r\n\r\n")).Text);
        Assert.Equal((asked, "/?q"), (Assert.Single(safe.Requests).Head["Host"], safe.Requests[0].Target));
        // The name itself does not exist: what was stored from elsewhere is not served as its own.
        Assert.Equal(502, (await proxy.AskAsync($"GET http://{asked}/?q HTTP/1.1\r\nHost: {asked}\r\nX-Grown-Up: yes\r\n\r\n")).Status);
        await using var tunnel = await proxy.ConnectAsync();
        await tunnel.SendAsync($"CONNECT {asked} HTTP/1.1\r\nHost: {asked}\r\n\r\n");
        Assert.Equal(200, (await tunnel.ReadResponseAsync("CONNECT")).Status);
        var records = await proxy.RecordsAsync(2);
        Assert.Equal(IPAddress.Loopback, records[0].Upstream!.Address);
    }

    [Fact]
    public async Task FirstRouteWins_AndARouteOfARuleAfterTheDecisionIsNotAsked()
    {
        await using var one = ScriptedOrigin.With("one");
        await using var two = ScriptedOrigin.With("two");
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
            upstreams: { one: { to: "{{one.Url("")}}" }, two: { to: "{{two.Url("")}}" } }
            policies: { p: { default: allow, rules: [{ id: a, route: one, hosts: [a.test] }, { id: b, route: two, hosts: [a.test, b.test] }, { id: c, allow: true, hosts: [c.test], route: one }, { id: d, route: two }] } }
            """);
        foreach (var (host, body) in new[] { ("a", "one"), ("b", "two"), ("c", "one"), ("d", "two") })
            Assert.Equal(body, (await proxy.AskAsync($"GET http://{host}.test/ HTTP/1.1\r\nHost: {host}.test\r\n\r\n")).Text);
    }
}
