using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>What rules do to exchanges over sockets.</summary>
public class PolicyTests
{
    [Fact]
    public async Task AnswerOfADeniedType_IsRefusedBeforeItsBody_AlsoFromTheCache()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nsecret"));
        await using var proxy = await StartAsync("[{ id: free, allow: true, paths: [/free] }, { id: video, deny: true, reply: { types: [video/*] } }]");
        for (var i = 0; i < 2; i++)
        {
            var refused = await proxy.GetAsync(origin, "/film");
            Assert.Equal(403, refused.Status);
            Assert.DoesNotContain("secret", refused.Text);
            Assert.Contains("http_request_denied", refused["Proxy-Status"]);
        }
        Assert.Equal("secret", (await proxy.GetAsync(origin, "/free")).Text);
        var records = await proxy.EndAsync(3);
        Assert.Equal(["deny video", "deny video", "allow free"], records.Select(r => $"{r.Verdict.Outcome} {r.Verdict.Rule}"));
    }

    [Fact]
    public async Task Refusal_TakesTheFormThatTheRuleSays()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await StartAsync("""
            [{ id: to, deny: true, paths: [/to], redirect: "https://intranet.example/why" }, { id: empty, deny: true, paths: [/empty*], refusal: empty },
             { id: reset, deny: true, refusal: reset }]
            """);
        var sent = await proxy.GetAsync(origin, "/to");
        Assert.Equal((302, "https://intranet.example/why"), (sent.Status, sent["Location"]));
        var image = await proxy.GetAsync(origin, "/empty.png", "Sec-Fetch-Dest: image");
        Assert.Equal((200, "image/gif", "GIF89a"), (image.Status, image["Content-Type"], image.Text[..6]));
        var script = await proxy.GetAsync(origin, "/empty.js", "Sec-Fetch-Dest: script");
        Assert.Equal((200, "text/javascript", ""), (script.Status, script["Content-Type"], script.Text));
        var style = await proxy.GetAsync(origin, "/empty", "Accept: text/css,*/*;q=0.1");
        Assert.Equal((200, "text/css", ""), (style.Status, style["Content-Type"], style.Text));
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync($"GET {origin.Url("/x")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            await Assert.ThrowsAnyAsync<IOException>(() => client.ReadResponseAsync());
        }
        var records = await proxy.EndAsync(5);
        Assert.All(records, record => Assert.True(record.Verdict.Denies));
        Assert.Equal([302, 200, 200, 200, 0], records.Select(r => r.Status));
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task Page_SaysWhyAndWhomToAsk_InTheFormOfTheHouse()
    {
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
            policies: { p: { default: allow, rules: [{ id: games, deny: true, hosts: { file: games.txt }, reason: "Games <wait>." }] } }
            page: { contact: "it@school.test & room 12", template: page.html }
            """, ("games.txt", "play.test\n"), ("page.html", "<h1>{{reason}}</h1>\n{{error}}\n{{rule}}|{{list}}|{{contact}}|{{client}}|{{user}}|{{reference}}\n"));
        var refused = await proxy.AskAsync("GET http://play.test/ HTTP/1.1\r\nHost: play.test\r\n\r\n");
        await proxy.RecordsAsync(1);
        Assert.Equal($"<h1>Games &lt;wait&gt;.</h1>\ngames|games.txt, line 1|it@school.test &amp; room 12|127.0.0.1||{proxy.Records[0].Number}\n", refused.Text);
        var json = await proxy.AskAsync("CONNECT play.test:443 HTTP/1.1\r\nHost: play.test:443\r\nAccept: application/json\r\n\r\n");
        Assert.Equal("application/problem+json", json["Content-Type"]);
        Assert.Contains("\"detail\":\"Games \\u003Cwait\\u003E.\",", json.Text);
        Assert.Contains("\"rule\":\"games\",\"list\":\"games.txt\",\"line\":1,\"contact\":\"it@school.test \\u0026 room 12\",\"reference\":", json.Text);
    }

    [Fact]
    public async Task TunnelThatWouldBeRedirected_IsRefused()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await StartAsync("[{ id: to, deny: true, schemes: [connect], redirect: \"https://intranet.example/why\" }]");
        var refused = await proxy.AskAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal((403, null), (refused.Status, refused["Location"]));
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task PolicyOnTrial_LetsThroughAndNotes()
    {
        await using var origin = ScriptedOrigin.With("through");
        await using var proxy = await StartAsync("[{ id: t, tag: seen, methods: [GET] }, { id: no, deny: true, hosts: [127.0.0.1] }]", "mode: report, ");
        Assert.Equal("through", (await proxy.GetAsync(origin)).Text);
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("report", "no", "seen", 200), (record.Verdict.Outcome, record.Verdict.Rule, record.Verdict.Tags, record.Status));
    }

    [Fact]
    public async Task WhatBypassesTheCache_IsNeitherStoredNorServedFromIt()
    {
        var asked = 0;
        await using var origin = ScriptedOrigin.Start(x =>
        {
            var body = $"{Interlocked.Increment(ref asked)}";
            return x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        });
        await using var proxy = await StartAsync("[{ id: fresh, bypassCache: true, headers: { X-Fresh: \"*\" } }]");
        Assert.Equal("1", (await proxy.GetAsync(origin, "/", "X-Fresh: 1")).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin)).Text);
        Assert.Equal("2", (await proxy.GetAsync(origin)).Text);
        Assert.Equal("3", (await proxy.GetAsync(origin, "/", "X-Fresh: 1")).Text);
    }

    [Fact]
    public async Task ClientsAndListeners_HaveRulesOfTheirOwn()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners:
              - { name: open, kind: forward, bind: 127.0.0.1:0, policy: p }
              - { name: shut, kind: forward, bind: 127.0.0.1:0, policy: p }
            policies:
              p: { default: deny, rules: [{ id: lab, allow: true, listeners: [open], clients: [127.0.0.0/8] }] }
            """);
        foreach (var (endPoint, status) in proxy.EndPoints.Zip((int[])[200, 403]))
        {
            await using var client = await RawConnection.OpenAsync(endPoint);
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(status, (await client.ReadResponseAsync()).Status);
        }
    }

    private static Task<RunningProxy> StartAsync(string rules, string more = "") => RunningProxy.OfFileAsync(
        "listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, policy: p }]\n"
        + $"policies: {{ p: {{ default: allow, {more}rules: {rules.ReplaceLineEndings(" ")} }} }}\n");
}
