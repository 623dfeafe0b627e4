using System.Net;
using Sluice.Records;
using Sluice.Tests.Cache;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Another configuration takes the place of the one in force, under traffic.</summary>
public sealed class ReloadTests : IDisposable
{
    private const string Ports = "limits: { connectPorts: [1-65535] }";
    private const string Listener = "{ kind: forward, bind: 127.0.0.1:0, name: web, policy: p }";
    private readonly TempFolder _folder = new();

    private string File => _folder.File("sluice.yaml");

    [Fact]
    public async Task NewRules_HoldForTheNextRequest_AlsoOnAnOpenConnection()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[]");
        await using var client = await proxy.ConnectAsync();
        Assert.Equal(200, await StatusAsync(client, origin));
        Write("[{ id: all, deny: true }]");
        Assert.Equal(2, (await proxy.ReloadAsync()).Generation);
        Assert.Equal(403, await StatusAsync(client, origin));
        var records = await proxy.EndAsync(2);
        Assert.Equal([(1, "allow"), (2, "deny")], records.Select(r => (r.Generation, r.Verdict.Outcome)));
    }

    [Fact]
    public async Task FileThatChanges_IsTakenByItself()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[]", TimeProvider.System);
        Write("[{ id: all, deny: true }]");
        await UntilAsync(() => proxy.State.Generation == 2);
        Assert.Equal(403, (await proxy.GetAsync(origin)).Status);
    }

    [Fact]
    public async Task WrongFile_ChangesNothing_AndIsTold()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[{ id: all, deny: true }]");
        Write("[{ id: all, dney: true }]");
        var state = await proxy.ReloadAsync();
        Assert.Equal(1, state.Generation);
        Assert.NotNull(state.Tried);
        Assert.Contains(state.Problems, problem => problem.EndsWith("unknown key 'dney', did you mean 'deny'?", StringComparison.Ordinal));
        Assert.Equal(403, (await proxy.GetAsync(origin)).Status);
        Write("[]");
        Assert.Empty((await proxy.ReloadAsync()).Problems);
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
    }

    [Theory]
    [InlineData("[{ id: no, deny: true, schemes: [connect] }]", Ports, "no")]
    [InlineData("[]", "limits: { connectPorts: [443] }", "connectPorts")]
    [InlineData("[]", Ports, "destinations", "destinations: { deny: [loopback] }, ")]
    public async Task OpenTunnelThatIsRefusedByNow_IsClosed(string rules, string more, string rule, string policy = "")
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await using var proxy = await StartAsync("[]");
        await using var tunnel = await TunnelAsync(proxy, origin);
        Write(rules, more: more, policy: policy);
        await proxy.ReloadAsync();
        await tunnel.WaitUntilGoneAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((200, true, rule, "http_request_denied"), (record.Status, record.Verdict.Denies, record.Verdict.Rule, record.Error));
    }

    [Fact]
    public async Task OpenTunnelThatIsStillAllowed_GoesOn()
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await using var proxy = await StartAsync("[]");
        await using (var tunnel = await TunnelAsync(proxy, origin))
        {
            Write("[{ id: no, deny: true, schemes: [http] }]");
            await proxy.ReloadAsync();
            await tunnel.SendAsync("more");
            Assert.Equal("more", await tunnel.ReadTextAsync(4));
        }
        Assert.Equal("allow", (await proxy.OnlyRecordAsync()).Verdict.Outcome);
    }

    [Fact]
    public async Task ListThatNamesAnOpenTunnel_ClosesIt()
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await System.IO.File.WriteAllTextAsync(_folder.File("list.txt"), "ads.test\n", TestContext.Current.CancellationToken);
        await using var proxy = await StartAsync("[{ id: list, deny: true, hosts: { file: list.txt } }]", TimeProvider.System);
        await using var tunnel = await TunnelAsync(proxy, origin);
        await System.IO.File.WriteAllTextAsync(_folder.File("list.txt"), "ads.test\n127.0.0.1\n", TestContext.Current.CancellationToken);
        await tunnel.WaitUntilGoneAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((true, "list", 2), (record.Verdict.Denies, record.Verdict.Rule, record.Verdict.Line));
    }

    [Theory]
    [InlineData("[{ id: no, deny: true, hosts: [.bad.test] }]")]
    [InlineData("[{ id: no, deny: true, tls: [by-address] }]")]
    public async Task OpenTunnelWhoseServerNameIsRefusedByNow_IsClosed(string rules)
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await using var proxy = await StartAsync("[{ id: other, deny: true, hosts: [other.test] }]");
        await using var tunnel = await TunnelAsync(proxy, origin, Hello.For("www.bad.test"));
        Write(rules);
        await proxy.ReloadAsync();
        await tunnel.WaitUntilGoneAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((200, true, "no", "http_request_denied"), (record.Status, record.Verdict.Denies, record.Verdict.Rule, record.Error));
    }

    [Fact]
    public async Task TunnelThatHasNotSaidAWordYet_IsJudgedByTheNewRules()
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await using var proxy = await StartAsync("[{ id: other, deny: true, hosts: [other.test] }]", TimeProvider.System);
        await using var client = await TunnelAsync(proxy, origin, []);
        Write("[{ id: no, deny: true, hosts: [.bad.test] }]");
        await proxy.ReloadAsync();
        await client.SendAsync(Hello.For("www.bad.test"));
        await client.WaitUntilGoneAsync();
        Assert.Equal("no", (await proxy.OnlyRecordAsync()).Verdict.Rule);
    }

    [Fact]
    public async Task TunnelThatHasNotSaidAWordYet_IsClosedByRulesOnItsConnect()
    {
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        await using var proxy = await StartAsync("[{ id: other, deny: true, hosts: [other.test] }]");
        await using var client = await TunnelAsync(proxy, origin, []);
        Write("[{ id: no, deny: true, schemes: [connect] }]");
        await proxy.ReloadAsync();
        await client.WaitUntilGoneAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("no", "http_request_denied"), (record.Verdict.Rule, record.Error));
    }

    [Fact]
    public async Task Listeners_ComeGoAndStay()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[]");
        var first = proxy.EndPoint;
        await using var client = await proxy.ConnectAsync();
        Assert.Equal(200, await StatusAsync(client, origin));
        Write("[]", "{ kind: reverse, bind: '[::1]:0', name: site, to: '" + origin.Url("") + "' }");
        await proxy.ReloadAsync();
        Assert.Equal(2, proxy.EndPoints.Count);
        Assert.Equal(first, proxy.EndPoints[0]);
        await using (var other = await RawConnection.OpenAsync(proxy.EndPoints[1]))
        {
            await other.SendAsync("GET / HTTP/1.1\r\nHost: site\r\n\r\n");
            Assert.Equal(200, (await other.ReadResponseAsync()).Status);
        }
        await System.IO.File.WriteAllTextAsync(File, "listeners: [{ kind: reverse, bind: '[::1]:0', name: site, to: '" + origin.Url("") + "' }]", TestContext.Current.CancellationToken);
        await proxy.ReloadAsync();
        Assert.Single(proxy.EndPoints);
        await client.WaitUntilGoneAsync();
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => RawConnection.OpenAsync(first));
    }

    [Fact]
    public async Task AddressInUse_RefusesTheWhole()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[]");
        Write("[{ id: all, deny: true }]", $"{{ kind: tcp, bind: '{origin.EndPoint}', to: 127.0.0.1:9 }}");
        var state = await proxy.ReloadAsync();
        Assert.Equal($"{origin.EndPoint} is in use: another process listens there.", Assert.Single(state.Problems));
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        Assert.Single(proxy.EndPoints);
    }

    [Fact]
    public async Task Relay_GoesOnUnlessItsClientIsNoLongerServed_AndNewOnesGoToTheNewUpstream()
    {
        await using var one = ScriptedOrigin.StartRaw(EchoAsync);
        await using var other = ScriptedOrigin.StartRaw(async c => await c.SendAsync("other"));
        Relay(one, "");
        await using var proxy = await RunningProxy.OfSourceAsync(File, new ManualTime());
        await using var relay = await proxy.ConnectAsync();
        await relay.SendAsync("a");
        Assert.Equal("a", await relay.ReadTextAsync(1));
        Relay(other, "");
        await proxy.ReloadAsync();
        await relay.SendAsync("b");
        Assert.Equal("b", await relay.ReadTextAsync(1));
        await using (var next = await proxy.ConnectAsync())
            Assert.Equal("other", await next.ReadTextAsync(5));
        Relay(other, ", allow: [10.0.0.0/8]");
        await proxy.ReloadAsync();
        await relay.WaitUntilGoneAsync();
        var records = await proxy.EndAsync(2);
        Assert.Equal((1, "allow", "http_request_denied"), (records[0].Generation, records[0].Verdict.Rule, records[0].Error));

        void Relay(ScriptedOrigin to, string allow) => System.IO.File.WriteAllText(File, $"listeners: [{{ kind: tcp, bind: 127.0.0.1:0, to: '{to.EndPoint}'{allow} }}]");
    }

    /// <summary>What open ones are judged by again has changed when its name is found.</summary>
    [Theory]
    [InlineData("tunnel", "rules")]
    [InlineData("tunnel", "list")]
    [InlineData("relay", "clients")]
    public async Task ConnectionThatIsDialledMeanwhile_IsJudgedByTheNewRules(string kind, string what)
    {
        using var found = new ManualResetEventSlim();
        await using var names = new NameServer
        {
            Script = asked =>
            {
                Assert.True(found.Wait(Waiting.Limit));
                return asked.Type == DnsRecord.A ? new DnsReply(DnsRecord.Address(asked.Name, 60, "127.0.0.1")) : DnsReply.NoName(60);
            },
        };
        await using var origin = ScriptedOrigin.StartRaw(EchoAsync);
        var list = _folder.File("list.txt");
        await System.IO.File.WriteAllTextAsync(list, "ads.test\n", TestContext.Current.CancellationToken);
        Configure("{ id: list, deny: true, hosts: { file: list.txt } }", "");
        var time = new ManualTime();
        await using var proxy = await RunningProxy.OfSourceAsync(File, time);
        await using var client = await proxy.ConnectAsync();
        if (kind == "tunnel")
            await client.SendAsync($"CONNECT slow.test:{origin.Port} HTTP/1.1\r\nHost: slow.test:{origin.Port}\r\n\r\n");
        await UntilAsync(() => names.Questions.Count > 0);
        if (what == "list")
        {
            await System.IO.File.WriteAllTextAsync(list, "ads.test\nslow.test\n127.0.0.1\n", TestContext.Current.CancellationToken);
            for (var status = 0; status != 403; time.Advance(TimeSpan.FromSeconds(1)))
                status = (await proxy.AskAsync("GET http://127.0.0.1:9/ HTTP/1.1\r\nHost: 127.0.0.1:9\r\n\r\n")).Status;
        }
        else
        {
            Configure("{ id: no, deny: true, schemes: [connect] }", ", allow: [10.0.0.0/8]");
            Assert.Empty((await proxy.ReloadAsync()).Problems);
        }
        found.Set();
        await client.WaitUntilGoneAsync();
        await proxy.DisposeAsync();
        var record = Assert.Single(proxy.Records, record => record.Kind != RecordKind.Http);
        Assert.Equal((what == "list" ? "list" : kind == "relay" ? "allow" : "no", "http_request_denied"), (record.Verdict.Rule, record.Error));

        void Configure(string rule, string allow) => System.IO.File.WriteAllText(File, $$"""
            listeners: [{{(kind == "tunnel" ? Listener : $"{{ kind: tcp, bind: 127.0.0.1:0, to: 'slow.test:{origin.Port}'{allow} }}")}}]
            {{(kind == "tunnel" ? $"policies: {{ p: {{ default: allow, rules: [{rule}] }} }}" : "")}}
            {{Ports}}
            resolver: ["127.0.0.1:{{names.Port}}"]
            logs: { access: off }
            """);
    }

    [Fact]
    public async Task CountersOfRulesThatStay_GoOn()
    {
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync("[{ id: all, deny: true }]");
        Assert.Equal(403, (await proxy.GetAsync(origin)).Status);
        Write("[{ id: other, tag: x }, { id: all, deny: true, ports: [1-65535] }]");
        await proxy.ReloadAsync();
        Assert.Equal(403, (await proxy.GetAsync(origin)).Status);
        Assert.Equal([("other", 1L), ("all", 2L)], proxy.Hits.Select(h => (h.Rule, h.Hits)));
    }

    [Fact]
    public async Task WhatIsTakenAtTheStartOnly_IsTold()
    {
        await using var proxy = await StartAsync("[]");
        Write("[]", more: "cache: { memory: 1MiB }\nresolver: system\nlimits: { connect: 3s, keepAlive: 5s }");
        Assert.Equal(["cache.memory", "resolver", "limits.connect"], (await proxy.ReloadAsync()).AtNextStart);
        Write("[]");
        Assert.Empty((await proxy.ReloadAsync()).AtNextStart);
    }

    [Fact]
    public async Task CacheRulesAndLog_AreTaken()
    {
        await using var origin = ScriptedOrigin.With("page", "Cache-Control: max-age=60");
        await using var proxy = await StartAsync("[]");
        await proxy.GetAsync(origin);
        Assert.Equal(CacheUse.Hit, await LastUseAsync(proxy, origin, 2));
        Write("[]", more: $"cache: {{ rules: [{{ id: none, bypass: true }}] }}\nlogs: {{ access: {{ format: json, to: {_folder.File("access.log")} }} }}");
        Assert.Empty((await proxy.ReloadAsync()).Problems);
        Assert.Equal(CacheUse.Bypass, await LastUseAsync(proxy, origin, 3));
        await proxy.DisposeAsync();
        Assert.Contains("\"generation\":2", Assert.Single(await System.IO.File.ReadAllLinesAsync(_folder.File("access.log"), TestContext.Current.CancellationToken)));
    }

    [Fact]
    public async Task ReloadsUnderTraffic_LoseNoRequestAndNoLineOfTheLog()
    {
        await using var origin = ScriptedOrigin.With("page");
        Write("[]", more: $"{Ports}\nlogs: {{ access: {{ format: json, to: {_folder.File("1.log")} }} }}");
        await using var proxy = await RunningProxy.OfSourceAsync(File, new ManualTime());
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var asked = 0;
            await using var client = await proxy.ConnectAsync();
            for (; !stop.IsCancellationRequested; asked++)
                Assert.Equal(200, await StatusAsync(client, origin));
            return asked;
        })).ToList();
        for (var i = 0; i < 20; i++)
        {
            Write($"[{{ id: rule{i}, tag: t{i} }}]", more: $"{Ports}\nlogs: {{ access: {{ format: json, to: {_folder.File($"{i % 2}.log")} }} }}");
            Assert.Equal(i + 2, (await proxy.ReloadAsync()).Generation);
        }
        await stop.CancelAsync();
        var asked = await Task.WhenAll(clients).Within();
        await proxy.EndAsync(asked.Sum());
        Assert.Equal(asked.Sum(), System.IO.File.ReadLines(_folder.File("0.log")).Count() + System.IO.File.ReadLines(_folder.File("1.log")).Count());
    }

    public void Dispose() => _folder.Dispose();

    /// <param name="time">By which files are looked at; null: they are not, so that each change is taken when the test says so.</param>
    private Task<RunningProxy> StartAsync(string rules, TimeProvider? time = null)
    {
        Write(rules);
        return RunningProxy.OfSourceAsync(File, time ?? new ManualTime());
    }

    private void Write(string rules, string listener = "", string more = Ports, string policy = "") => System.IO.File.WriteAllText(File, $$"""
        listeners:
          - {{Listener}}
          {{(listener.Length == 0 ? "" : $"- {listener}")}}
        policies: { p: { default: allow, {{policy}}rules: {{rules}} } }
        {{more}}
        {{(more.Contains("logs:") ? "" : "logs: { access: off }")}}
        """);

    private static Task<RawConnection> TunnelAsync(RunningProxy proxy, ScriptedOrigin origin) => TunnelAsync(proxy, origin, "ping"u8.ToArray());

    /// <param name="octets">That have gone through it and back.</param>
    private static async Task<RawConnection> TunnelAsync(RunningProxy proxy, ScriptedOrigin origin, byte[] octets)
    {
        var client = await proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        await client.SendAsync(octets);
        Assert.Equal(octets, await client.ReadExactlyAsync(octets.Length));
        return client;
    }

    private static async Task<int> StatusAsync(RawConnection client, ScriptedOrigin origin)
    {
        await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        return (await client.ReadResponseAsync()).Status;
    }

    private static async Task<CacheUse> LastUseAsync(RunningProxy proxy, ScriptedOrigin origin, int count)
    {
        await proxy.GetAsync(origin);
        return (await proxy.RecordsAsync(count))[^1].Cache;
    }

    private static async Task EchoAsync(RawConnection connection)
    {
        while (await connection.ReadSomeAsync() is { Length: > 0 } some)
            await connection.SendAsync(some);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(3 * Waiting.Limit);
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}
