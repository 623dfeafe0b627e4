using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Destinations that clients may not name, however they name them.</summary>
public class GuardTests
{
    private const string Guarded = """
        listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, policy: p }]
        policies:
          p:
            default: allow
            destinations: { deny: [loopback, this-network, private, link-local, metadata, shared, multicast, documentation, benchmarking, reserved] }
        """;

    /// <summary>By class; each on a line of its own is asked for by GET and by CONNECT.</summary>
    public static TheoryData<string> Hosts() =>
    [
        // This machine
        "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0X7F000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "0177.0.0.1", "0177.1", "017700000001",
        "00000177.0.0.1", "127.0.0.01", "127.0.0.1.", "[::1]", "[0:0:0:0:0:0:0:1]", "[::0001]", "[::ffff:127.0.0.1]", "[::FFFF:7F00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
        "[::7f00:1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]", "[2001:0:4136:e378:8000:63bf:80ff:fffe]",
        "[fe80::5efe:127.0.0.1]", "localhost", "LOCALHOST", "localhost.", "db.localhost", "loc%61lhost", "%6c%6f%63alhost", "127%2e0%2e0%2e1", "%31%32%37.1", "0", "0.0.0.0", "0x0", "00", "000.000.000.000",
        "[::]", "[0::0]", "0.1.2.3", "127.0.0.1%00", "127.0.0.1%20", "user@127.0.0.1", "user:pass@[::1]", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1", "127.0.0.1%2f", "127.0.0.1%23.example",
        // Clouds' metadata, link-local
        "169.254.169.254", "169.254.43518", "169.16689662", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "0xA9.0xFE.0xA9.0xFE", "169.254.169.254.", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "169.254.170.2", "[fd00:ec2::254]", "[FD00:0EC2:0:0::254]", "[fd20:ce::254]", "168.63.129.16", "100.100.100.200", "192.0.0.192", "[fe80::1]", "[fe80::1%25eth0]",
        "[fe80::1%eth0]", "[febf::1]",
        // Private networks
        "10.0.0.1", "10.1", "0xa.1", "012.0.0.1", "167772161", "172.16.0.1", "172.31.255.255", "192.168.1.1", "192.168.257", "3232235777", "[fc00::1]", "[fd12:3456::1]", "[fec0::1]", "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]", "[2002:a00:1::]", "100.64.0.1", "100.127.255.255",
        // Nobody's
        "224.0.0.1", "239.255.255.250", "[ff02::1]", "240.0.0.1", "255.255.255.255", "192.88.99.1", "[100::1]", "192.0.2.1", "198.51.100.1", "203.0.113.1", "[2001:db8::1]", "[3fff::1]", "198.18.0.1", "[2001:2::1]",
    ];

    [Theory]
    [MemberData(nameof(Hosts))]
    public async Task ForbiddenDestination_IsReachedInNoSpelling(string host)
    {
        await using var origin = ScriptedOrigin.With("reached");
        await using var proxy = await RunningProxy.OfFileAsync(Guarded);
        string[] asked =
        [
            $"GET http://{host}:{origin.Port}/ HTTP/1.1\r\nHost: {host}:{origin.Port}\r\n\r\n",
            // RFC 9112 s.3.2.2: the target counts, whatever Host says.
            $"GET http://{host}:{origin.Port}/ HTTP/1.1\r\nHost: innocent.test\r\n\r\n",
            $"CONNECT {host}:{origin.Port} HTTP/1.1\r\nHost: {host}:{origin.Port}\r\n\r\n",
        ];
        foreach (var request in asked)
        {
            var response = await proxy.AskAsync(request);
            Assert.True(response.Status is 403 or 400 || response.Status == 502 && response["Proxy-Status"]!.Contains("dns", StringComparison.Ordinal), $"{request}{response.Status} {response["Proxy-Status"]}");
        }
        Assert.Equal(0, origin.Connections);
        Assert.All(await proxy.EndAsync(asked.Length), record => Assert.Null(record.Upstream));
    }

    [Fact]
    public async Task WhatThePolicyAllows_IsReachedAllTheSame()
    {
        await using var origin = ScriptedOrigin.With("reached");
        await using var proxy = await RunningProxy.OfFileAsync(Guarded.Replace("reserved]", "reserved], allow: [127.0.0.1]", StringComparison.Ordinal));
        Assert.Equal("reached", (await proxy.GetAsync(origin)).Text);
        Assert.Equal(403, (await proxy.AskAsync($"GET http://127.0.0.2:{origin.Port}/ HTTP/1.1\r\nHost: x\r\n\r\n")).Status);
    }

    [Fact]
    public async Task ConfiguredUpstream_IsNotJudged()
    {
        await using var origin = ScriptedOrigin.With("reached");
        await using var proxy = await RunningProxy.OfFileAsync(Guarded.Replace("kind: forward,", $"kind: reverse, to: \"http://127.0.0.1:{origin.Port}\",", StringComparison.Ordinal));
        Assert.Equal("reached", (await proxy.AskAsync("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")).Text);
    }

    [Fact]
    public async Task ListenerThatOthersReach_KeepsThemFromThisMachine()
    {
        await using var origin = ScriptedOrigin.With("reached");
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners:
              - { name: others, kind: forward, bind: 0.0.0.0:0, allow: [127.0.0.0/8] }
              - { name: own, kind: forward, bind: 127.0.0.1:0 }
            """);
        foreach (var (endPoint, status) in proxy.EndPoints.Zip((int[])[403, 200]))
        {
            await using var client = await RawConnection.OpenAsync(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, endPoint.Port));
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(status, (await client.ReadResponseAsync()).Status);
        }
    }

    [Fact]
    public async Task StoredAnswerFromAForbiddenAddress_IsNotServed()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 6\r\n\r\nsecret"));
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners: [{ name: free, kind: forward, bind: 127.0.0.1:0 }, { name: guarded, kind: forward, bind: 127.0.0.1:0, policy: p }]
            policies: { p: { default: allow, destinations: { deny: [loopback] } } }
            """);
        foreach (var (endPoint, status) in proxy.EndPoints.Zip((int[])[200, 403]))
        {
            await using var client = await RawConnection.OpenAsync(endPoint);
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(status, (await client.ReadResponseAsync()).Status);
        }
        Assert.Equal(1, origin.Connections);
    }
}
