using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Cli.Care;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.Cache;
using Sluice.Tests.House;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Dashboard;

/// <summary>The admin API over its real socket.</summary>
public sealed class AdminApiTests : IAsyncLifetime
{
    private readonly Captures _captures = new(TimeProvider.System, NullLogger.Instance);
    private readonly TempFolder _folder = new();
    private readonly TempFolder _lists = new();
    private readonly CacheScenario _scenario = new();
    private readonly LogLines _log = new();
    private readonly LoggerFactory _loggers;
    private readonly Censor _censor;
    private readonly UpstreamPool _upstream;
    private readonly ListSubscriptions _subscriptions;
    private readonly TrafficGauge _traffic = new(() => [], TimeProvider.System);
    private AdminApi? _api;

    public AdminApiTests()
    {
        _loggers = new LoggerFactory([_log]);
        File.WriteAllText(_lists.File("ads"), "0.0.0.0 ads.test\n0.0.0.0 more.test\nnonsense\n");
        _censor = Censor.Load(
            [new PolicyOptions { Name = "p", DefaultAllows = true, Rules = [new RuleOptions { Id = "ads", Action = RuleAction.Deny, HostsFile = _lists.File("ads") }] }],
            TimeProvider.System, NullLogger.Instance).Censor;
        _upstream = new UpstreamPool(new Dialer(TimeProvider.System), Proxy.UpstreamOptionsOf(new LimitOptions()), TimeProvider.System);
        // Nobody listens there.
        var subscribed = new SubscribedList(new Uri("http://127.0.0.1:1/ads"), _lists.File("ads"), Filters: false);
        _subscriptions = new ListSubscriptions(new SubscriptionOptions { Lists = [subscribed] }, _upstream, guard => new AddressRules([], [], guard), TimeProvider.System, NullLogger.Instance);
    }

    private string Socket => _folder.File("admin.sock");

    public async ValueTask InitializeAsync()
    {
        _api = await StartAsync();
        _scenario.Fetch("GET http://a.test/x", "200|Cache-Control: max-age=60|Content-Type: text/html|Cache-Tag: one");
        _scenario.Fetch("GET http://a.test/y?q", "200|Cache-Control: max-age=60|Cache-Tag: two");
        _scenario.Fetch("GET http://b.test/", "200|Cache-Control: max-age=60");
    }

    public async ValueTask DisposeAsync()
    {
        await (_api?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _traffic.DisposeAsync();
        await _subscriptions.DisposeAsync();
        _upstream.Dispose();
        await _censor.DisposeAsync();
        _loggers.Dispose();
        _folder.Dispose();
        _lists.Dispose();
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Configuration_IsShownAndReloaded()
    {
        using var client = new AdminClient(Socket);
        var shown = await client.GetAsync("/v1/configuration", TestContext.Current.CancellationToken);
        Assert.Equal((1, "cache.disk"), (shown.Body.GetProperty("generation").GetInt32(), shown.Body.GetProperty("atNextStart")[0].GetString()));
        var reloaded = await client.PostAsync<object?>("/v1/configuration/reload", null, TestContext.Current.CancellationToken);
        Assert.Equal((2, true), (reloaded.Body.GetProperty("generation").GetInt32(), reloaded.Body.GetProperty("isRefused").GetBoolean()));
    }

    [Fact]
    public async Task NoSocketConfigured_NoApi() =>
        Assert.Null(await AdminApi.StartAsync(new AdminOptions(), Administered(), NullLoggerFactory.Instance));

    [Fact]
    public async Task Socket_IsForItsUserAloneAndGoesAtTheEnd()
    {
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Socket));
        Assert.Equal(["admin.sock"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
        await _api!.DisposeAsync();
        _api = null;
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task SocketOfALivingProcess_IsAnError()
    {
        var e = await Assert.ThrowsAsync<AdminSocketException>(StartAsync);
        Assert.Equal($"{Socket}: another process serves there", e.Message);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/cache/stats")).Status);
    }

    [Fact]
    public async Task SocketOfADeadProcess_IsReplaced()
    {
        await _api!.DisposeAsync();
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // What stays of a socket when its process is killed: the name without anybody who listens.
            dead.Bind(new UnixDomainSocketEndPoint(_folder.File("dead")));
            File.Move(_folder.File("dead"), Socket);
        }
        Assert.True(File.Exists(Socket));
        _api = await StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/cache/stats")).Status);
    }

    [Fact]
    public async Task FileInItsPlace_IsLeftAlone()
    {
        await _api!.DisposeAsync();
        _api = null;
        await File.WriteAllTextAsync(Socket, "precious", TestContext.Current.CancellationToken);
        var e = await Assert.ThrowsAsync<AdminSocketException>(StartAsync);
        Assert.Equal($"{Socket}: this is a file and no socket, name another path", e.Message);
        Assert.Equal("precious", await File.ReadAllTextAsync(Socket, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task FolderThatIsGone_IsAnErrorThatNamesThePath()
    {
        var e = await Assert.ThrowsAsync<AdminSocketException>(() =>
            AdminApi.StartAsync(new AdminOptions { Socket = _folder.File("no/admin.sock") }, Administered(), NullLoggerFactory.Instance));
        Assert.StartsWith(_folder.File("no/admin.sock") + ": ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stats_AreTheCountersOfBothTiers()
    {
        _scenario.Find("GET http://a.test/x");
        var (status, body) = await AskAsync("/v1/cache/stats");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((1, 3, 0.25, 3), (body.GetProperty("hits").GetInt32(), body.GetProperty("misses").GetInt32(),
            body.GetProperty("hitRatio").GetDouble(), body.GetProperty("stores").GetInt32()));
        var memory = body.GetProperty("memory");
        Assert.Equal((3, _scenario.Cache.Counters.Bytes, 1 << 20, 0), (memory.GetProperty("entries").GetInt32(), memory.GetProperty("bytes").GetInt64(),
            memory.GetProperty("capacityBytes").GetInt64(), memory.GetProperty("faults").GetInt32()));
        Assert.Equal(JsonValueKind.Null, body.GetProperty("disk").ValueKind);
    }

    [Theory]
    [InlineData("", 3)]
    [InlineData("?host=a.test", 2)]
    [InlineData("?host=.test", 3)]
    [InlineData("?prefix=http://a.test/y", 1)]
    [InlineData("?tag=one", 1)]
    [InlineData("?tag=one&host=b.test", 0)]
    [InlineData("?route=", 3)]
    [InlineData("?route=app", 0)]
    public async Task Entries_AreThoseThatAreSelected(string query, int count)
    {
        var (_, body) = await AskAsync("/v1/cache/entries" + query);
        Assert.Equal((count, false), (body.GetProperty("entries").GetArrayLength(), body.GetProperty("more").GetBoolean()));
    }

    [Fact]
    public async Task Entries_AreAsManyAsAreAskedFor()
    {
        var (_, body) = await AskAsync("/v1/cache/entries?limit=2");
        Assert.Equal((2, true), (body.GetProperty("entries").GetArrayLength(), body.GetProperty("more").GetBoolean()));
        (_, body) = await AskAsync("/v1/cache/entries?prefix=http://a.test/x");
        var entry = body.GetProperty("entries")[0];
        Assert.Equal(("http://a.test/x", "", 200, "text/html", 5, 60, "memory"), (entry.GetProperty("url").GetString(), entry.GetProperty("route").GetString(),
            entry.GetProperty("status").GetInt32(), entry.GetProperty("type").GetString(), entry.GetProperty("bytes").GetInt32(),
            entry.GetProperty("freshFor").GetInt32(), entry.GetProperty("tier").GetString()));
    }

    [Fact]
    public async Task Entry_IsShownForTheRequestWithItsFields()
    {
        _scenario.Fetch("GET http://a.test/v|Accept-Language: de", "200|Cache-Control: max-age=60|Vary: Accept-Language");
        var (_, body) = await AskAsync($"/v1/cache/entry?url={Uri.EscapeDataString("http://a.test/v")}&field={Uri.EscapeDataString("Accept-Language: de")}&field=X:1&route=");
        var route = Assert.Single(body.GetProperty("routes").EnumerateArray());
        Assert.Equal("hit", route.GetProperty("verdict").GetString());
        Assert.Equal("max-age", route.GetProperty("variants")[0].GetProperty("freshness").GetProperty("lifetimeFrom").GetString());
        (_, body) = await AskAsync("/v1/cache/entry?url=http://a.test/v");
        Assert.Equal(["no stored variant fits this request", "nothing is stored for this URI"],
            body.GetProperty("routes").EnumerateArray().Select(r => r.GetProperty("reason").GetString()));
    }

    [Theory]
    [InlineData("""{"url":"http://a.test/x"}""", 1, 2)]
    [InlineData("""{"url":"http://a.test/x","route":"app"}""", 0, 3)]
    [InlineData("""{"url":"http://a.test/none"}""", 0, 3)]
    [InlineData("""{"prefix":"http://a.test/"}""", 2, 1)]
    [InlineData("""{"host":".test"}""", 3, 0)]
    [InlineData("""{"tag":"two"}""", 1, 2)]
    [InlineData("""{"all":true}""", 3, 0)]
    [InlineData("""{"all":true,"route":"app"}""", 0, 3)]
    [InlineData("""{"all":true,"soft":true}""", 3, 3)]
    public async Task Purge_TakesWhatItNames(string order, int taken, int left)
    {
        var (status, body) = await AskAsync("/v1/cache/purge", order);
        Assert.Equal((HttpStatusCode.OK, taken), (status, body.GetProperty("entries").GetInt32()));
        Assert.Equal(left, _scenario.Cache.Counters.Entries);
    }

    [Theory]
    [InlineData("/v1/cache/entries?hosts=a", null, 400, "unknown parameter 'hosts', known: host, prefix, tag, route, limit")]
    [InlineData("/v1/cache/stats?x", null, 400, "unknown parameter 'x', there is none")]
    [InlineData("/v1/cache/entries?host=a&host=b", null, 400, "host: is there more than once")]
    [InlineData("/v1/cache/entries?host=a:80", null, 400, "host: 'a:80' names a port: an entry is a host, on every port")]
    [InlineData("/v1/cache/entries?limit=0", null, 400, "limit: '0' is not a number from 1 to 100000")]
    [InlineData("/v1/cache/entries?limit=1e9", null, 400, "limit: '1e9' is not a number from 1 to 100000")]
    [InlineData("/v1/cache/entries?route=ap", null, 400, "route: no reverse listener is named 'ap', known: app")]
    [InlineData("/v1/cache/entries?prefix=/x", null, 400, "prefix: '/x' is not an absolute http or https URL as a request carries it, write for example http://example.com/path")]
    [InlineData("/v1/cache/entry", null, 400, "url is missing")]
    [InlineData("/v1/cache/entry?url=ftp://a/", null, 400, "url: 'ftp://a/' is not an absolute http or https URL as a request carries it, write for example http://example.com/path")]
    [InlineData("/v1/cache/entry?url=http://u@a/", null, 400, "url: 'http://u@a/' is not an absolute http or https URL as a request carries it, write for example http://example.com/path")]
    [InlineData("/v1/cache/entry?url=http://a/&field=x", null, 400, "field: 'x' is not a field line, write Name: value")]
    [InlineData("/v1/cache/purge", "{}", 400, "name exactly one of url, prefix, host, tag and all")]
    [InlineData("/v1/cache/purge", """{"all":false}""", 400, "name exactly one of url, prefix, host, tag and all")]
    [InlineData("/v1/cache/purge", """{"url":"http://a/","all":true}""", 400, "name exactly one of url, prefix, host, tag and all")]
    [InlineData("/v1/cache/purge", """{"tag":" "}""", 400, "tag: is empty")]
    [InlineData("/v1/cache/purge", "null", 400, "name exactly one of url, prefix, host, tag and all")]
    [InlineData("/v1/cache/purge", """{"all":true,"sofft":true}""", 400, "sofft")]
    [InlineData("/v1/cache/purge", """{"ALL":true}""", 400, "ALL")]
    [InlineData("/v1/cache/purge", """{"all":true,"all":true}""", 400, "")]
    [InlineData("/v1/cache/purge", """{"all":"yes"}""", 400, "$.all")]
    [InlineData("/v1/cache/purge", "{", 400, "")]
    [InlineData("/v1/cache/purge", "", 400, "")]
    [InlineData("/v1/policy/lists/update", """{"url":"http://elsewhere.test/"}""", 400, "url: no rule names a list 'http://elsewhere.test/'")]
    [InlineData("/v1/policy/lists/update", """{"urls":[]}""", 400, "urls")]
    [InlineData("/v1/policy/lists/update", null, 405, "The method is not known here.")]
    [InlineData("/v1/cache/stats", "{}", 405, "The method is not known here.")]
    [InlineData("/v1/cache/purge", null, 405, "The method is not known here.")]
    [InlineData("/v2/cache/stats", null, 404, "There is nothing here.")]
    [InlineData("/", null, 404, "There is nothing here.")]
    public async Task WrongRequest_IsAProblemThatSaysWhatIsWrong(string path, string? order, int status, string detail)
    {
        var (found, body) = await AskAsync(path, order);
        Assert.Equal((status, status), ((int)found, body.GetProperty("status").GetInt32()));
        Assert.Contains(detail, body.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, _scenario.Cache.Counters.Entries);
    }

    [Fact]
    public async Task BodyThatIsNoJson_IsRefused()
    {
        using var http = Client();
        using var response = await http.PostAsync("/v1/cache/purge", new StringContent("all=true", Encoding.ASCII, "application/x-www-form-urlencoded"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task LargeBody_IsRefused()
    {
        // Its head alone: whoever sends the rest may find the connection closed before it hears the answer.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), TestContext.Current.CancellationToken);
        await using var client = new RawConnection(socket);
        await client.SendAsync("POST /v1/cache/purge HTTP/1.1\r\nHost: admin\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n");
        var response = await client.ReadResponseAsync();
        Assert.Equal((413, "application/problem+json"), (response.Status, response["Content-Type"]));
        Assert.Contains("\"status\":413", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LongUrl_IsTaken()
    {
        // limits.maxRequestLine lets 8 KiB through, and each octet may need an escape here.
        var (status, _) = await AskAsync($"/v1/cache/entry?url={Uri.EscapeDataString("http://a.test/" + new string('[', 8000))}");
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task ListsAndRules_TellWhatTheyDo()
    {
        Assert.True(_censor.Judge("p", Sluice.Tests.Policy.Ask.Get("http://ads.test/")).Denies);
        var (_, lists) = await AskAsync("/v1/policy/lists");
        var list = lists.GetProperty("lists")[0];
        Assert.Equal(("hosts", 2, 1, 1L), (list.GetProperty("format").GetString(), list.GetProperty("entries").GetInt32(), list.GetProperty("unreadLines").GetInt32(), list.GetProperty("hits").GetInt64()));
        Assert.EndsWith("ads:3", list.GetProperty("unread")[0].GetProperty("where").GetString(), StringComparison.Ordinal);
        var (_, rules) = await AskAsync("/v1/policy/rules");
        var rule = rules.GetProperty("rules")[0];
        Assert.Equal(("p", "ads", 1L), (rule.GetProperty("policy").GetString(), rule.GetProperty("rule").GetString(), rule.GetProperty("hits").GetInt64()));
        Assert.NotEqual(JsonValueKind.Null, rule.GetProperty("lastHit").ValueKind);
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync("/v1/policy/rules?x=1")).Status);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"url":"http://127.0.0.1:1/ads"}""")]
    public async Task Update_AsksAndTheListTellsWhatCameOfIt(string order)
    {
        var (status, body) = await AskAsync("/v1/policy/lists/update", order);
        Assert.Equal((HttpStatusCode.OK, 1), (status, body.GetProperty("begun").GetInt32()));
        await _subscriptions.Settled.Within();
        var (_, lists) = await AskAsync("/v1/policy/lists");
        var subscription = lists.GetProperty("lists")[0].GetProperty("subscription");
        Assert.Equal(("http://127.0.0.1:1/ads", "The server refused the connection (127.0.0.1:1)", JsonValueKind.Null), (subscription.GetProperty("url").GetString(),
            subscription.GetProperty("error").GetString(), subscription.GetProperty("progress").ValueKind));
        Assert.All(["asked", "changed", "next"], member => Assert.Equal(JsonValueKind.String, subscription.GetProperty(member).ValueKind));
    }

    [Fact]
    public async Task Explain_SaysWhatWouldBecomeOfARequestAndCountsNothing()
    {
        var (_, denied) = await AskAsync("/v1/policy/explain?method=GET&url=http://ads.test/&client=10.0.0.1");
        Assert.Equal(("main", "p", "deny", "ads", 1), (Text(denied, "listener"), Text(denied, "policy"), Text(denied, "verdict"), Text(denied, "rule"), denied.GetProperty("line").GetInt32()));
        var rule = denied.GetProperty("rules")[0];
        Assert.Equal(("ads", "deny", "matched"), (Text(rule, "rule"), Text(rule, "action"), Text(rule, "outcome")));
        Assert.Equal($"ads.test is named by 'ads.test', {_lists.File("ads")}:1", Text(rule.GetProperty("conditions")[0], "text"));
        Assert.Equal("it is refused", Text(denied.GetProperty("dial"), "whyNot"));

        var (_, allowed) = await AskAsync("/v1/policy/explain?url=http://127.0.0.1:81/");
        var address = allowed.GetProperty("dial").GetProperty("addresses")[0];
        Assert.Equal(("allow", "127.0.0.1:81", "loopback", false), (Text(allowed, "verdict"), Text(address, "address"), address.GetProperty("classes")[0].GetString(), address.GetProperty("admitted").GetBoolean()));
        Assert.Equal(("miss", "nothing is stored for this URI"), (Text(allowed.GetProperty("cache"), "verdict"), Text(allowed.GetProperty("cache"), "reason")));

        var (_, foreign) = await AskAsync("/v1/policy/explain?url=http://a.test/x&client=192.0.2.1");
        Assert.Equal(("deny", "allow", 0), (Text(foreign, "verdict"), Text(foreign, "rule"), foreign.GetProperty("rules").GetArrayLength()));
        var (_, tunnel) = await AskAsync("/v1/policy/explain?method=CONNECT&url=a.test:25");
        Assert.Equal(("deny", "connectPorts", 1), (Text(tunnel, "verdict"), Text(tunnel, "rule"), tunnel.GetProperty("rules").GetArrayLength()));
        Assert.All(_censor.Hits(), hits => Assert.Equal(0, hits.Hits));
        Assert.All(_censor.Lists(), list => Assert.Equal(0, list.Hits));

        static string? Text(JsonElement of, string member) => of.GetProperty(member).GetString();
    }

    [Fact]
    public async Task ManyAtOnce_AreAllAnswered()
    {
        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var (status, _) = await AskAsync("/v1/cache/purge", $$"""{"tag":"t{{i.ToString(CultureInfo.InvariantCulture)}}"}""");
            Assert.Equal(HttpStatusCode.OK, status);
        }));
        Assert.Equal(3, _scenario.Cache.Counters.Entries);
    }

    private Task<AdminApi?> StartAsync() => AdminApi.StartAsync(new AdminOptions { Socket = Socket }, Administered("app"), _loggers);

    private IReadOnlyList<ListenerGate> Gates =>
    [
        new(new ListenerOptions { Name = "main", Kind = ListenerKind.Forward, Bind = new IPEndPoint(IPAddress.Any, 3128), Policy = "p", Allow = [IPNetwork.Parse("10.0.0.0/8")] },
            new AddressRules([], [], new AddressGuard(AddressSet.Empty, AddressGuard.OnlyThisMachines)), _censor, new LimitOptions()),
    ];

    private Administered Administered(params string[] routes) => new()
    {
        Cache = _scenario.Cache,
        Censor = () => _censor,
        Explainer = () => new Explainer(_censor, new Dialer(TimeProvider.System), Gates, null, _scenario.Cache),
        Lists = () => _subscriptions,
        Routes = () => routes,
        Captures = _captures,
        Traffic = _traffic,
        Tunnels = () => [],
        CloseTunnel = _ => false,
        Upstreams = () => _upstream.States,
        Program = () => new ProgramState { Started = DateTimeOffset.UnixEpoch, Phase = ProgramPhase.Serves, Listeners = [], Totals = new Totals(), Outputs = [] },
        Configuration = () => State,
        Reload = () => Task.FromResult(State with { Generation = 2 }),
    };

    private static ConfigurationState State => new(1, DateTimeOffset.UnixEpoch, null, ["sluice.yaml:1:1: no"], ["cache.disk"]);

    private async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(string path, string? order = null)
    {
        using var http = Client();
        using var content = order is null ? null : new StringContent(order, Encoding.UTF8, "application/json");
        using var response = await (content is null ? http.GetAsync(path) : http.PostAsync(path, content)).Within();
        if (!response.IsSuccessStatusCode)
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, body.RootElement.Clone());
    }

    private HttpClient Client() => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, stop) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), stop);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = new Uri("http://admin") };
}
