using System.Text;
using System.Text.Json;
using Sluice.Cli.Care;
using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Open tunnels and relays: shown with what has gone through them, and closed by an administrator.</summary>
public class OpenTunnelTests
{
    private const string Limits = "limits: { connectPorts: [1-65535], drain: 1s }\n";

    public static TheoryData<string, RecordKind, bool> Kinds => new()
    {
        { "a relay", RecordKind.Relay, false },
        { "a tunnel", RecordKind.Connect, false },
        { "a paced tunnel", RecordKind.Connect, false },
        { "a tunnel that was looked into", RecordKind.Connect, false },
        { "a tunnel that is being looked into", RecordKind.Connect, true },
        { "an upgrade", RecordKind.Upgrade, false },
        { "an upgrade to TLS", RecordKind.Upgrade, false },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task OpenTunnel_IsShownAndIsClosedOnce(string what, RecordKind kind, bool isSilent)
    {
        await using var origin = what.Contains("upgrade", StringComparison.Ordinal) ? Upgraded(what) : Echo();
        await using var scene = await AdminScene.StartAsync(Yaml(what, origin), ("ca.pem", TestCertificate.Localhost.ExportCertificatePem()));
        await using var client = await scene.Proxy.ConnectAsync();
        await OpenAsync(client, kind, origin);
        var hello = what.Contains("looked", StringComparison.Ordinal) ? Encoding.Latin1.GetString(Hello.For("good.localhost")) : "hello";
        if (!isSilent)
        {
            await client.SendAsync(hello);
            Assert.Equal(hello, await client.ReadTextAsync(hello.Length));
        }
        var octets = isSilent ? 0 : hello.Length;
        var shown = await scene.UntilAsync("/v1/tunnels", body => body.GetProperty("tunnels") is var all && all.GetArrayLength() == 1 && all[0].GetProperty("bytesDown").GetInt64() >= octets
            && all[0].GetProperty("bytesUp").GetInt64() >= octets);
        var tunnel = shown.GetProperty("tunnels")[0].Deserialize<TunnelFacts>(JsonSerializerOptions.Web)!;
        Assert.Equal((kind.ToString().ToLowerInvariant(), "it", "127.0.0.1"), (tunnel.Kind, tunnel.Listener, tunnel.Client));
        Assert.Contains($"{origin.Port}", tunnel.Target, StringComparison.Ordinal);

        var closed = await CloseAsync(scene, tunnel.Number);
        Assert.Equal(1, closed.Body.GetProperty("closed").GetInt32());
        await client.WaitUntilGoneAsync();
        var record = Assert.Single(await scene.Proxy.RecordsAsync(1));
        Assert.Equal((tunnel.Number, kind, "closed_by_administrator", "an administrator closed it", false), (record.Number, record.Kind, record.Error, record.ErrorDetail, record.Verdict.Denies));
        Assert.Equal((octets, octets), (record.RequestBytes, record.ResponseBytes));
        Assert.Equal(0, (await scene.GetAsync("/v1/tunnels")).GetProperty("tunnels").GetArrayLength());
        Assert.Equal($"number: no tunnel {tunnel.Number} is open", (await CloseAsync(scene, tunnel.Number)).Problem);
        // Their octets are in the series whether they came while it was open or at its end.
        await scene.UntilAsync("/v1/traffic?seconds=900", body => body.GetProperty("totals").GetProperty("bytesDown").GetInt64() == octets && body.GetProperty("totals").GetProperty("failed").GetInt64() == 1);
    }

    [Fact]
    public async Task TunnelThatEndsByItself_IsNotClosedByAnybody()
    {
        await using var origin = Echo();
        await using var scene = await AdminScene.StartAsync(Yaml("a tunnel", origin));
        await using (var client = await scene.Proxy.ConnectAsync())
            await OpenAsync(client, RecordKind.Connect, origin);
        var record = Assert.Single(await scene.Proxy.RecordsAsync(1));
        Assert.NotEqual("closed_by_administrator", record.Error);
        Assert.Equal(0, (await scene.GetAsync("/v1/tunnels")).GetProperty("tunnels").GetArrayLength());
    }

    [Fact]
    public async Task TunnelOfAListenerThatIsGone_IsShownWhileItDrains()
    {
        await using var origin = Echo();
        await using var scene = await AdminScene.StartAsync(Yaml("a tunnel", origin).Replace("drain: 1s", "drain: 60s", StringComparison.Ordinal));
        await using var client = await scene.Proxy.ConnectAsync();
        await OpenAsync(client, RecordKind.Connect, origin);
        await File.WriteAllTextAsync(scene.File("sluice.yaml"), $"listeners: [{{ name: other, kind: forward, bind: 127.0.0.2:0 }}]\nadmin: {{ socket: admin.sock }}\nlogs: {{ access: off }}\n{Limits}", TestContext.Current.CancellationToken);
        Assert.Empty((await scene.Proxy.ReloadAsync()).Problems);
        var tunnel = (await scene.GetAsync("/v1/tunnels")).GetProperty("tunnels")[0].Deserialize<TunnelFacts>(JsonSerializerOptions.Web)!;
        Assert.Equal("it", tunnel.Listener);
        Assert.Null((await CloseAsync(scene, tunnel.Number)).Problem);
        await client.WaitUntilGoneAsync();
        Assert.Equal("closed_by_administrator", (await scene.Proxy.RecordsAsync(1))[0].Error);
    }

    [Theory]
    [InlineData("""{"number":0}""")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task NoNumber_IsAskedWrongly(string order)
    {
        await using var origin = Echo();
        await using var scene = await AdminScene.StartAsync(Yaml("a tunnel", origin));
        using var body = JsonDocument.Parse(order);
        var answer = await scene.Client.PostAsync("/v1/tunnels/close", body.RootElement, TestContext.Current.CancellationToken);
        Assert.Equal(("number is missing: name a tunnel that /v1/tunnels shows", true), (answer.Problem, answer.IsOurFault));
    }

    private static Task<AdminAnswer> CloseAsync(AdminScene scene, long number) =>
        scene.Client.PostAsync("/v1/tunnels/close", new CloseOrder(number), TestContext.Current.CancellationToken);

    private static async Task OpenAsync(RawConnection client, RecordKind kind, ScriptedOrigin origin)
    {
        if (kind == RecordKind.Relay)
            return;
        await client.SendAsync(kind == RecordKind.Connect
            ? $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n"
            : $"GET /chat HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        Assert.Equal(kind == RecordKind.Connect ? 200 : 101, (await client.ReadResponseAsync("CONNECT")).Status);
    }

    private static string Yaml(string what, ScriptedOrigin origin) => Limits + what switch
    {
        "a relay" => $"listeners: [{{ name: it, kind: tcp, bind: 127.0.0.1:0, to: {origin.Authority} }}]",
        "an upgrade" => $"listeners: [{{ name: it, kind: reverse, bind: 127.0.0.1:0, to: \"http://{origin.Authority}\" }}]",
        "an upgrade to TLS" => $"listeners: [{{ name: it, kind: reverse, bind: 127.0.0.1:0, to: \"https://localhost:{origin.Port}\", upstream: {{ ca: ca.pem }} }}]",
        "a tunnel" => "listeners: [{ name: it, kind: forward, bind: 127.0.0.1:0 }]",
        "a paced tunnel" => "listeners: [{ name: it, kind: forward, bind: 127.0.0.1:0, policy: p }]\npolicies: { p: { default: allow, rules: [{ id: slow, limit: { bandwidth: 1MiB } }] } }",
        _ => "listeners: [{ name: it, kind: forward, bind: 127.0.0.1:0, policy: p }]\npolicies: { p: { default: allow, rules: [{ id: bad, deny: true, hosts: [.bad.localhost] }] } }",
    };

    private static ScriptedOrigin Upgraded(string what) => ScriptedOrigin.Start(async x =>
    {
        await x.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        while (await x.Connection.ReadSomeAsync() is { Length: > 0 } bytes)
            await x.Connection.SendAsync(bytes);
    }, certificate: what.Contains("TLS", StringComparison.Ordinal) ? TestCertificate.Localhost : null);

    private static ScriptedOrigin Echo() => ScriptedOrigin.StartRaw(async c =>
    {
        while (await c.ReadSomeAsync() is { Length: > 0 } bytes)
            await c.SendAsync(bytes);
    });
}
