using System.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Names of destinations, over a name server of the tests.</summary>
public class NamesTests
{
    [Fact]
    public async Task ConfiguredServer_IsAsked()
    {
        await using var names = new NameServer { Script = question => question.Type == DnsRecord.A ? new DnsReply(DnsRecord.Address(question.Name, 60, "127.0.0.1")) : DnsReply.NoName(60) };
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync(names, "[multicast]");
        Assert.Equal("page", (await AskAsync(proxy, $"inner.test:{origin.Port}")).Text);
        Assert.Equal(IPAddress.Loopback, (await proxy.OnlyRecordAsync()).Upstream!.Address);
    }

    [Fact]
    public async Task NameThatIsRebound_IsJudgedByTheAddressThatIsDialled()
    {
        var asked = 0;
        await using var names = new NameServer
        {
            Script = question => question.Type != DnsRecord.A ? DnsReply.NoName(0)
                : new DnsReply(DnsRecord.Address(question.Name, 0, Interlocked.Increment(ref asked) == 1 ? "127.0.0.1" : "169.254.169.254")),
        };
        await using var origin = ScriptedOrigin.With("page", "Cache-Control: no-store", "Connection: close");
        await using var proxy = await StartAsync(names, "[link-local, metadata]");
        Assert.Equal(200, (await AskAsync(proxy, $"turns.test:{origin.Port}")).Status);
        var refused = await AskAsync(proxy, $"turns.test:{origin.Port}");
        Assert.Equal(403, refused.Status);
        Assert.Contains("destination_ip_prohibited", refused["Proxy-Status"]);
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task OfSeveralAddresses_OnlyThoseThatMayBeAreDialled()
    {
        await using var names = new NameServer
        {
            Script = question => question.Type != DnsRecord.A ? DnsReply.NoName(60)
                : new DnsReply(DnsRecord.Address(question.Name, 60, "10.255.255.1"), DnsRecord.Address(question.Name, 60, "127.0.0.1")),
        };
        await using var origin = ScriptedOrigin.With("page");
        await using var proxy = await StartAsync(names, "[private]");
        Assert.Equal(200, (await AskAsync(proxy, $"both.test:{origin.Port}")).Status);
        Assert.Equal(IPAddress.Loopback, (await proxy.OnlyRecordAsync()).Upstream!.Address);
    }

    private static Task<RunningProxy> StartAsync(NameServer names, string deny) => RunningProxy.OfFileAsync($$"""
        listeners: [{ kind: forward, bind: "127.0.0.1:0", policy: p }]
        policies: { p: { default: allow, destinations: { deny: {{deny}} } } }
        resolver: ["127.0.0.1:{{names.Port}}"]
        """);

    private static Task<RawResponse> AskAsync(RunningProxy proxy, string authority) => proxy.AskAsync($"GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n");
}
