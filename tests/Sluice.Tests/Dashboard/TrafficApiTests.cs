using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Sluice.Cli.Care;
using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard;

/// <summary>What the admin API tells of a proxy that runs.</summary>
public class TrafficApiTests
{
    private const string Yaml = """
        limits: { connectPorts: [1-65535], drain: 1s }
        listeners: [{ name: web, kind: forward, bind: 127.0.0.1:0, policy: p }]
        policies: { p: { default: allow, rules: [{ id: ads, deny: true, hosts: [.ads.test] }] } }
        """;

    [Fact]
    public async Task Traffic_IsWhatHasPassed()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=600");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await scene.Proxy.GetAsync(origin, "/a");
        await scene.Proxy.GetAsync(origin, "/a");
        await scene.Proxy.AskAsync("GET http://x.ads.test/ HTTP/1.1\r\nHost: x.ads.test\r\n\r\n");
        var body = await scene.UntilAsync("/v1/traffic?seconds=60&top=1&by=denied", body => body.GetProperty("totals").GetProperty("exchanges").GetInt64() == 3);
        var report = body.Deserialize<TrafficReport>(JsonSerializerOptions.Web)!;
        Assert.Equal((60, 60, 60), (report.Seconds, report.Series.Time.Count, report.Series.P99.Count));
        Assert.Equal((1, 1, 2, 5), (report.Totals.Denied, report.Totals.Hits, report.Totals.Lookups, report.Totals.SavedBytes));
        Assert.Equal(["x.ads.test"], report.Hosts.Select(host => host.Name));
        Assert.Equal([new RuleTraffic("ads", 1, 1)], report.Rules);
        Assert.Equal("web", Assert.Single(report.Listeners).Name);
        Assert.InRange(report.Totals.P50!.Value, 0.001, 60_000);
    }

    [Theory]
    [InlineData("/v1/traffic?seconds=901", "seconds: '901' is not a number from 1 to 900")]
    [InlineData("/v1/traffic?top=0", "top: '0' is not a number from 1 to 500")]
    [InlineData("/v1/traffic?by=name", "by: 'name' is not known, write one of exchanges, bytes, denied, failed, hits")]
    [InlineData("/v1/traffic?by=1", "by: '1' is not known, write one of exchanges, bytes, denied, failed, hits")]
    [InlineData("/v1/traffic/recent?limit=4001", "limit: '4001' is not a number from 1 to 4000")]
    [InlineData("/v1/traffic/recent?status=9", "status: '9' is not a status, write for example 404, 4xx or 400-499, or 0: none was sent")]
    [InlineData("/v1/traffic/live?colour=red", "unknown parameter 'colour', known: since, until, host, client, user, listener, kind, method, url, status, verdict, cache, rule, error")]
    [InlineData("/v1/tunnels?all=1", "unknown parameter 'all', there is none")]
    public async Task AskedWrongly_IsToldWhatWouldBeRight(string path, string problem)
    {
        await using var scene = await AdminScene.StartAsync(Yaml);
        var answer = await scene.Client.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal((problem, true), (answer.Problem, answer.IsOurFault));
    }

    [Fact]
    public async Task Recent_AreTheObjectsOfTheAccessLogNewestFirst()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await scene.Proxy.GetAsync(origin, "/a?\"<\u00ff");
        // Who has the answer may be sooner than the record.
        await scene.Proxy.RecordsAsync(1);
        await scene.Proxy.GetAsync(origin, "/b");
        await scene.Proxy.AskAsync("GET http://x.ads.test/ HTTP/1.1\r\nHost: x.ads.test\r\n\r\n");
        var body = await scene.UntilAsync("/v1/traffic/recent?verdict=allow", body => body.GetProperty("records").GetArrayLength() == 2);
        var records = body.GetProperty("records").Deserialize<LoggedExchange[]>()!;
        Assert.Equal([origin.Url("/b"), origin.Url("/a?\"<\u00ff")], records.Select(record => record.Url));
        Assert.Equal(1, (await scene.GetAsync("/v1/traffic/recent?limit=1")).GetProperty("records").GetArrayLength());
        Assert.Equal(0, (await scene.GetAsync("/v1/traffic/recent?url=/c")).GetProperty("records").GetArrayLength());
    }

    [Fact]
    public async Task Live_TellsRecordsThatFitAndEachSecondAndEndsWithTheProxy()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var scene = await AdminScene.StartAsync(Yaml);
        var (stream, problem) = await scene.Client.FollowAsync("/v1/traffic/live?verdict=deny", TestContext.Current.CancellationToken).Within();
        Assert.Null(problem);
        await scene.Proxy.GetAsync(origin, "/a");
        await scene.Proxy.AskAsync("GET http://x.ads.test/ HTTP/1.1\r\nHost: x.ads.test\r\n\r\n");
        var (records, seconds) = (new List<LoggedExchange>(), 0);
        await using var events = SseParser.Create(stream!).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        while (records.Count == 0 || seconds == 0)
        {
            Assert.True(await events.MoveNextAsync().AsTask().Within());
            if (events.Current.EventType == "record")
                records.Add(JsonSerializer.Deserialize<LoggedExchange>(events.Current.Data)!);
            else if (JsonSerializer.Deserialize<TrafficSecond>(events.Current.Data, JsonSerializerOptions.Web)!.Denied == 1)
                seconds++;
        }
        Assert.Equal("http://x.ads.test/", Assert.Single(records).Url);
        // Ends as an answer ends, not torn off.
        await scene.Proxy.DisposeAsync();
        while (await events.MoveNextAsync().AsTask().Within())
            Assert.NotEqual("", events.Current.Data);
    }

    [Fact]
    public async Task Status_TellsHowItFares()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=600");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await scene.Proxy.GetAsync(origin, "/a");
        var body = await scene.UntilAsync("/v1/status", body => body.GetProperty("totals").GetProperty("exchanges").GetInt64() == 1);
        Assert.Equal((true, 1, 0), (body.GetProperty("ready").GetBoolean(), body.GetProperty("generation").GetInt32(), body.GetProperty("tunnels").GetInt32()));
        var listener = Assert.Single(body.GetProperty("listeners").Deserialize<ListenerFacts[]>(JsonSerializerOptions.Web)!);
        Assert.Equal(("web", "forward", scene.Proxy.EndPoint.ToString()), (listener.Name, listener.Kind, listener.Address));
        Assert.Equal(1, body.GetProperty("cache").GetProperty("memory").GetProperty("entries").GetInt32());
        Assert.Equal("0.1.0", body.GetProperty("version").GetString());
    }

    [Fact]
    public async Task Upstreams_AreToldWithTheirFailures()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await scene.Proxy.GetAsync(origin, "/a");
        await scene.Proxy.AskAsync("GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n");
        var upstreams = (await scene.GetAsync("/v1/upstreams")).GetProperty("upstreams").EnumerateArray()
            .ToDictionary(u => u.GetProperty("name").GetString()!, u => (u.GetProperty("connects").GetInt64(), u.GetProperty("failures").GetInt64(), u.GetProperty("lastError").GetString()));
        Assert.Equal((1, 0, null), upstreams[$"http://{origin.Authority}"]);
        Assert.Equal((0, 1, "connection_refused"), upstreams["http://127.0.0.1:1"]);
    }

    [Fact]
    public async Task Ready_IsNotWhoDrains()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c => await c.ReadToEndAsync());
        await using var scene = await AdminScene.StartAsync(Yaml.Replace("drain: 1s", "drain: 60s", StringComparison.Ordinal));
        using var http = Http(scene);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz?verbose", TestContext.Current.CancellationToken)).StatusCode);
        var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadResponseAsync("CONNECT");
        var ending = scene.Proxy.DisposeAsync().AsTask();
        using var drains = await http.GetAsync("/readyz", TestContext.Current.CancellationToken).Within();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, drains.StatusCode);
        Assert.Equal("""{"reasons":["it ends: what is open may end, nothing else begins"],"warnings":[],"ready":false}""", await drains.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        using var lives = await http.GetAsync("/healthz", TestContext.Current.CancellationToken).Within();
        Assert.Equal((HttpStatusCode.OK, """{"reasons":[],"healthy":true}"""), (lives.StatusCode, await lives.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
        await client.DisposeAsync();
        await ending.Within();
    }

    [Fact]
    public async Task RefusedConfiguration_IsAWarningAndNoReason()
    {
        await using var scene = await AdminScene.StartAsync(Yaml);
        await File.AppendAllTextAsync(scene.File("sluice.yaml"), "nonsense: 1\n", TestContext.Current.CancellationToken);
        Assert.NotEmpty((await scene.Proxy.ReloadAsync()).Problems);
        var ready = await scene.GetAsync("/readyz");
        Assert.True(ready.GetProperty("ready").GetBoolean());
        Assert.Contains("the last reload was refused: ", ready.GetProperty("warnings")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListThatWasNeverRead_IsAReasonUntilItIs()
    {
        var gate = new TaskCompletionSource();
        await using var lists = ScriptedOrigin.Start(async x =>
        {
            await gate.Task.Within();
            await x.ReplyAsync(200, "ads.test\n");
        });
        await using var scene = await AdminScene.StartAsync($$"""
            listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]
            lists: { folder: lists }
            policies: { p: { default: allow, rules: [{ id: ads, deny: true, hosts: { url: "{{lists.Url("/ads")}}" } }] } }
            """);
        using var http = Http(scene);
        using var first = await http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
        Assert.Contains("a rule needs the list ", await first.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        gate.SetResult();
        await scene.UntilAsync("/v1/status", body => body.GetProperty("ready").GetBoolean());
    }

    private static HttpClient Http(AdminScene scene) => AdminPlace.Of(scene.Socket).Open();
}
