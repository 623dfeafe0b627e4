using Sluice.Records;
using Sluice.Tests.Cache;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>A policy on trial (<c>mode: report</c>) says of the same traffic what it will do when it is in force.</summary>
public sealed class TrialTests : IDisposable
{
    private const int Requests = 3000;

    // Rules of every kind of condition; the first one sends all to the one origin there is. It is Thursday, midnight, at all of them.
    private const string Rules = """
              - { id: there, dialAs: 127.0.0.1 }
              - { id: staff, tag: staff, clients: [127.0.0.0/8], headers: { X-Staff: "yes" } }
              - { id: health, allow: true, paths: [/health] }
              - { id: ads, deny: true, hosts: { file: ads.txt } }
              - { id: trackers, deny: true, hosts: [.tracker.test, "*.spy.test", peek.test], status: 404 }
              - { id: banners, deny: true, filters: [filters.txt], refusal: empty }
              - { id: mirror, allow: true, hosts: [mirror.test], methods: [GET, HEAD] }
              - { id: writes, deny: true, methods: [PUT, DELETE], reason: Nothing is changed from here. }
              - { id: tunnels, deny: true, schemes: [connect], hosts: [vpn.test] }
              - { id: ports, deny: true, ports: [1-1023] }
              - { id: secrets, deny: true, paths: [/secret*, "regex:/\\.git(/|$)"] }
              - { id: installers, deny: true, hosts: ["file:*.exe", /pirated/] }
              - { id: long, deny: true, urls: ["*://*/deep/*/*"], redirect: "http://why.test/" }
              - { id: session, deny: true, query: { sid: "*" } }
              - { id: debug, tag: debug, bypassCache: true, query: { debug: "1" } }
              - { id: robots, deny: true, headers: { User-Agent: "*bot*" }, refusal: reset }
              - { id: trial, deny: true, mode: report, paths: [/news*, /film] }
              - { id: night, deny: true, hosts: [.games.test], times: [{ days: thu, from: "22:00", to: "06:00", zone: UTC }, { days: wed, from: "22:00", to: "06:00", zone: UTC }] }
              - { id: noon, deny: true, hosts: [.news.test], times: [{ days: mon-sun, from: "11:00", to: "13:00", zone: UTC }] }
              - { id: elsewhere, deny: true, listeners: [other] }
              - { id: films, deny: true, reply: { types: [video/*] } }
              - { id: errors, tag: error, reply: { status: [5xx] } }
              - { id: large, deny: true, reply: { larger: 2KiB } }
              - { id: known, allow: true, hosts: [.shop.test, .games.test, .news.test], listeners: [web] }
        """;

    private static readonly string[] Hosts =
    [
        "www.shop.test", "shop.test", "img.shop.test", "api.shop.test", "text.shop.test", "a.b.shop.test", "blue.news.test", "chess.news.test", "red.shop.test", "tea.shop.test",
        "ad.shop.test", "mirror.test", "ads.test", "x.ads.test", "deep.x.ads.test", "tracker.test", "a.tracker.test", "spy.test", "i.spy.test", "peek.test",
        "a.peek.test", "www.games.test", "cards.games.test", "news.test", "local.news.test", "vpn.test", "other.test", "WWW.Shop.TEST", "ads.test.",
    ];

    private static readonly string[] Paths =
    [
        "/", "/health", "/page", "/page/2", "/page/3", "/about", "/cart", "/style.css", "/script.js", "/search", "/secret/plan", "/%73ecret/plan", "/a/../secret", "/src/.git/config", "/setup.exe", "/get/pirated/x", "/deep/a/b", "/banner-ad.gif", "/news/1",
        "/film", "/big", "/broken", "/image.png",
    ];

    private static readonly string[] Queries = ["", "", "", "?sid=1", "?debug=1", "?q=x&debug=1", "?q=secret"];

    private static readonly string[] Fields = ["", "", "", "X-Staff: yes\r\n", "X-Staff: no\r\n", "User-Agent: a bot of sorts\r\n", "Sec-Fetch-Dest: image\r\n"];

    private readonly TempFolder _folder = new();

    [Fact]
    public async Task SameRules_MatchTheSame_InReportAsInForce()
    {
        await using var origin = ScriptedOrigin.Start(AnswerAsync);
        var reported = await RunAsync("report", origin);
        var enforced = await RunAsync("enforce", origin);
        Assert.Equal(enforced.Hits, reported.Hits);
        Assert.Equal(enforced.Rules, reported.Rules);
        // And it was not about nothing: each rule but those that cannot match has had its turn, and only one of the runs has refused.
        Assert.Equal(["noon", "elsewhere"], enforced.Hits.Where(hits => hits.Hits == 0).Select(hits => hits.Rule));
        Assert.DoesNotContain("deny", reported.Outcomes);
        Assert.InRange(enforced.Outcomes.Count(outcome => outcome == "deny"), Requests / 4, Requests * 9 / 10);
        Assert.Equal(enforced.Outcomes.Select(outcome => outcome == "deny" ? "report" : outcome), reported.Outcomes);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<Run> RunAsync(string mode, ScriptedOrigin origin)
    {
        await File.WriteAllTextAsync(_folder.File("ads.txt"), "# what nobody asks for\n.ads.test\nad.shop.test\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.File("filters.txt"), "[Adblock Plus 2.0]\n||shop.test/banner$image\n/banner-ad.\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.File("sluice.yaml"), $$"""
            listeners: [{ name: web, kind: forward, bind: 127.0.0.1:0, policy: p }, { name: other, kind: forward, bind: 127.0.0.1:0 }]
            limits: { connectPorts: [1-65535] }
            logs: { access: off }
            policies:
              p:
                default: deny
                mode: {{mode}}
                rules:
            {{Rules}}
            """, TestContext.Current.CancellationToken);
        await using var proxy = await RunningProxy.OfSourceAsync(_folder.File("sluice.yaml"), new ManualTime());
        await AskAsync(proxy, origin.Port);
        var records = await proxy.RecordsAsync(Requests);
        return new Run(
            [.. proxy.Hits.Select(hits => (hits.Rule, hits.Hits))],
            [.. records.Select(record => $"{record.Method} {record.Url}: {record.Verdict.Rule} {record.Verdict.List} {record.Verdict.Line} {record.Verdict.Tags}")],
            [.. records.Select(record => record.Verdict.Outcome)]);
    }

    /// <summary>The same requests each time, one after the other.</summary>
    private static async Task AskAsync(RunningProxy proxy, int port)
    {
        var random = new Random(13_108);
        RawConnection? client = null;
        for (var i = 0; i < Requests; i++)
        {
            var method = Pick(["GET", "GET", "GET", "GET", "HEAD", "POST", "PUT", "CONNECT"]);
            var host = $"{Pick(Hosts)}:{(random.Next(20) == 0 ? 1 : port)}";
            var target = method == "CONNECT" ? host : $"http://{host}{Pick(Paths)}{Pick(Queries)}";
            client ??= await proxy.ConnectAsync();
            await client.SendAsync($"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{Pick(Fields)}{(method is "POST" or "PUT" ? "Content-Length: 0\r\n" : "")}\r\n");
            if (await IsKeptAsync(client, method))
                continue;
            await client.DisposeAsync();
            client = null;
        }
        await (client?.DisposeAsync() ?? ValueTask.CompletedTask);

        string Pick(string[] values) => values[random.Next(values.Length)];
    }

    private static async Task<bool> IsKeptAsync(RawConnection client, string method)
    {
        try
        {
            var response = await client.ReadResponseAsync(method);
            return method != "CONNECT" && response["Connection"] != "close";
        }
        catch (IOException)
        {
            // Reset by a rule
            return false;
        }
    }

    private static Task AnswerAsync(OriginExchange x) => x.Target.Split('?')[0] switch
    {
        "/film" => x.ReplyAsync(200, "moving", "Content-Type: video/mp4", "Cache-Control: max-age=60"),
        "/big" => x.ReplyAsync(200, new string('x', 4096), "Cache-Control: max-age=60"),
        "/broken" => x.ReplyAsync(503),
        _ => x.ReplyAsync(200, "page", "Content-Type: text/html", "Cache-Control: max-age=60"),
    };

    private sealed record Run(IReadOnlyList<(string Rule, long Hits)> Hits, IReadOnlyList<string> Rules, IReadOnlyList<string> Outcomes);
}
