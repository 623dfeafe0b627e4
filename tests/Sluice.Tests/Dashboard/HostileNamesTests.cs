using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard;

/// <summary>What strangers send, and what links bring along, stands in the pages as text.</summary>
public class HostileNamesTests
{
    private const string Markup = "<script>alert(1)</script>";

    private const string Escape = "%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E%27";

    private const string Rest = """
        listeners: [{ name: "<b>main</b>", kind: forward, bind: 127.0.0.1:0, policy: p }]
        logs: { access: off, history: { path: history.db } }
        policies:
          p:
            default: allow
            rules:
              - { id: "<i>rule</i>", deny: true, hosts: { file: "<u>list.txt" }, reason: "<s>why</s>" }

        """;

    [Fact]
    public async Task WhatWasAsked_IsTextOnEveryPage()
    {
        await using var scene = await StartAsync();
        await scene.Proxy.AskAsync($"GET http://ads.test/{Markup} HTTP/1.1\r\nHost: ads.test\r\n\r\n");
        await scene.Proxy.AskAsync("GET http://ads.test/\"onload=\"alert(1)\u0080\u00ff HTTP/1.1\r\nHost: ads.test\r\n\r\n");
        await scene.Proxy.AskAsync($"<b>GET http://ads.test/ HTTP/1.1\r\nHost: ads.test\r\n\r\n");
        await scene.Proxy.AskAsync("GET http://ads.test/it's&lt; HTTP/1.1\r\nHost: ads.test\r\n\r\n");
        await scene.Proxy.AskAsync("GET http://anna:secret@ads.test/x HTTP/1.1\r\nHost: ads.test\r\n\r\n");
        await scene.Proxy.RecordsAsync(5);
        foreach (var path in new[] { "/", "/traffic", "/blocked", "/history", "/lists", "/configuration", "/explain?url=http%3A%2F%2Fads.test%2F", "/upstreams", "/tunnels", "/cache" })
        {
            var page = await scene.GetAsync(path);
            Assert.Equal(200, page.Status);
            foreach (var raw in new[] { Markup, "<i>rule", "<b>main", "<u>list", "<s>why", "<b>GET", "\"onload=\"", "secret" })
                Assert.False(page.Text.Contains(raw, StringComparison.Ordinal), $"{path} has {raw}");
        }
    }

    [Theory]
    [InlineData("/" + Escape)]
    [InlineData("/traffic?host=" + Escape)]
    [InlineData("/traffic?url=" + Escape + "&" + Escape + "=1")]
    [InlineData("/history?status=" + Escape)]
    [InlineData("/history?url=" + Escape + "&before=" + Escape)]
    [InlineData("/cache?host=" + Escape + "&prefix=" + Escape + "&tag=" + Escape)]
    [InlineData("/cache/entry?url=" + Escape + "&field=" + Escape)]
    [InlineData("/explain?url=" + Escape + "&listener=" + Escape)]
    [InlineData("/explain?url=http%3A%2F%2Fads.test%2F&user=" + Escape + "&field=X:" + Escape)]
    [InlineData("/configuration?note=" + Escape)]
    public async Task WhatALinkBrings_IsText(string path)
    {
        await using var scene = await StartAsync();
        var page = await scene.GetAsync(path);
        Assert.DoesNotContain("\"><img", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatTheLoginIsToLeadTo_IsText()
    {
        await using var scene = await DashboardScene.StartAsync(DashboardScene.WithLogin);
        Assert.DoesNotContain("<img", (await scene.GetAsync("/login?to=" + Escape)).Text, StringComparison.Ordinal);
    }

    private static Task<DashboardScene> StartAsync() => DashboardScene.StartAsync(DashboardScene.Open, Rest, files: ("<u>list.txt", "ads.test\n"));
}
