using System.Text;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Tunnels whose first octets are looked at: who lies gets nothing through, and everybody else notices nothing.</summary>
public class TunnelLookTests
{
    private const string Blocks = "default: allow, rules: [{ id: bad, deny: true, hosts: [.bad.localhost] }]";
    private const string Lets = "default: deny, rules: [{ id: good, allow: true, hosts: [.good.localhost, 127.0.0.1] }]";
    private const string Strict = "default: allow, rules: [{ id: odd, deny: true, tls: [mismatch, no-sni, not-tls, malformed, ech] }]";

    // access_denied, fatal (RFC 8446 s.6.2).
    private static readonly byte[] Alert = [21, 3, 3, 0, 2, 2, 49];

    public static TheoryData<string, string, string, byte[], string> Evasions => new()
    {
        { "the truth", Blocks, "good.localhost", Hello.For("good.localhost"), "allow " },
        { "another name that is let through", Blocks, "good.localhost", Hello.For("other.example"), "allow " },
        { "a lie about a listed name", Blocks, "good.localhost", Hello.For("www.bad.localhost"), "deny bad" },
        { "the same in capitals", Blocks, "good.localhost", Hello.For("WWW.BAD.LocalHost"), "deny bad" },
        { "the same with a dot at its end, which servers pass over", Blocks, "good.localhost", Hello.For("bad.localhost."), "deny tls" },
        { "the same by address", Blocks, "127.0.0.1", Hello.For("bad.localhost"), "deny bad" },
        { "the same by an address in one number", Blocks, "2130706433", Hello.For("bad.localhost"), "deny bad" },
        { "the same behind a harmless one in a list", Blocks, "good.localhost",
            Hello.For(null, Hello.Extension(0, Hello.Vector16([.. Hello.HostName("good.localhost"), .. Hello.HostName("bad.localhost")]))), "deny tls" },
        { "the same in a second extension", Blocks, "good.localhost", Hello.For("good.localhost", Hello.Sni("bad.localhost")), "deny tls" },
        { "the same as a name of another type", Blocks, "good.localhost", Hello.For(null, Hello.Extension(0, Hello.Vector16(Hello.HostName("bad.localhost", 1)))), "deny tls" },
        { "the same behind a zero", Blocks, "good.localhost", Hello.For("good.localhost\0bad.localhost"), "deny tls" },
        { "the same behind other extensions", Blocks, "good.localhost", Hello.Record(Hello.Message([Hello.Extension(21, new byte[9_000]), Hello.Sni("bad.localhost")])), "deny bad" },
        { "the same in records of one octet", Blocks, "good.localhost", Hello.Records(Hello.Message([Hello.Sni("bad.localhost")]), 1), "deny bad" },
        { "the same beyond the first record", Blocks, "good.localhost", Hello.Records(Hello.Message([Hello.Extension(21, new byte[20_000]), Hello.Sni("bad.localhost")]), 1 << 14), "deny bad" },
        { "the same beyond 32 KiB", Blocks, "good.localhost", Hello.Records(Hello.Message([Hello.Extension(21, new byte[40_000]), Hello.Sni("bad.localhost")]), 1 << 14), "deny tls" },
        { "the same in a second hello of one record", Blocks, "good.localhost", Hello.Record([.. Hello.Message([Hello.Sni("good.localhost")]), .. Hello.Message([Hello.Sni("bad.localhost")])]), "deny tls" },
        { "the same behind an alert", Blocks, "good.localhost", [.. Hello.Record([1, 0], 21), .. Hello.For("bad.localhost")], "deny tls" },
        { "the same behind change_cipher_spec", Blocks, "good.localhost", [.. Hello.Record([1], 20), .. Hello.For("bad.localhost")], "deny tls" },
        { "the same behind an empty record", Blocks, "good.localhost", [.. Hello.Record([]), .. Hello.For("bad.localhost")], "deny tls" },
        { "a permission borrowed from CONNECT", Lets, "good.localhost", Hello.For("elsewhere.example"), "deny " },
        { "a permission borrowed from the TLS", Lets, "elsewhere.localhost", Hello.For("good.localhost"), "deny 403" },
        { "a permission borrowed from an address", Lets, "127.0.0.1", Hello.For("elsewhere.example"), "deny " },
        { "two names, both let through", Lets, "good.localhost", Hello.For("www.good.localhost"), "allow good" },
        { "no name", Lets, "good.localhost", Hello.For(null), "allow good" },
        { "an address as name", Lets, "good.localhost", Hello.For("127.0.0.1"), "deny tls" },
        { "a lie, where lies are denied", Strict, "good.localhost", Hello.For("other.localhost"), "deny odd" },
        { "no name, where that is denied", Strict, "good.localhost", Hello.For(null), "deny odd" },
        { "no name, by SSL 2", Strict, "good.localhost", [0x80, 46, 1, 3, 1, 0, 21, 0, 0, 0, 16, .. new byte[37]], "deny odd" },
        { "ECH, true or GREASE, where that is denied", Strict, "good.localhost", Hello.For("good.localhost", Hello.GreaseEch()), "deny odd" },
        { "HTTP, where only TLS is let through", Strict, "good.localhost", "GET / HTTP/1.1\r\nHost: bad.localhost\r\n\r\n"u8.ToArray(), "deny odd" },
        { "HTTP elsewhere", Blocks, "good.localhost", "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), "allow " },
        { "ECH elsewhere", Blocks, "good.localhost", Hello.For("good.localhost", Hello.GreaseEch()), "allow " },
    };

    [Theory]
    [MemberData(nameof(Evasions))]
    public async Task WhoLies_GetsNothingThrough(string what, string policy, string host, byte[] octets, string expected)
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(policy);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Connect(host, origin));
            var answer = await client.ReadResponseAsync("CONNECT");
            if (expected == "deny 403")
            {
                Assert.Equal(403, answer.Status);
                return;
            }
            Assert.Equal(200, answer.Status);
            await client.SendAsync(octets);
            if (expected.StartsWith("allow", StringComparison.Ordinal))
                Assert.Equal(octets, await client.ReadExactlyAsync(octets.Length));
            else
            {
                Assert.Equal(octets[0] == 'G' ? Array.Empty<byte>() : Alert, await client.ReadToEndAsync());
                Assert.Empty(await origin.Received);
            }
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((what, expected, 200), (what, $"{record.Verdict.Outcome} {record.Verdict.Rule}", record.Status));
        Assert.Equal(record.Verdict.Denies ? 0 : octets.Length, record.RequestBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task HelloInSmallSegments_PassesUnchanged(int each)
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Strict);
        await using var client = await OpenAsync(proxy, "good.localhost", origin);
        byte[] octets = [.. Hello.For("good.localhost"), .. "more"u8];
        foreach (var segment in octets.Chunk(each))
            await client.SendAsync(segment);
        Assert.Equal(octets, await client.ReadExactlyAsync(octets.Length));
    }

    [Fact]
    public async Task HelloBehindTheConnect_PassesUnchanged()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Strict);
        await using var client = await proxy.ConnectAsync();
        var hello = Hello.Records(Hello.Message([Hello.Extension(21, new byte[20_000]), Hello.Sni("good.localhost")]), 9_999);
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(Connect("good.localhost", origin)), .. hello]);
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        Assert.Equal(hello, await client.ReadExactlyAsync(hello.Length));
    }

    [Fact]
    public async Task LieInTwoHalves_TheFirstBehindTheConnect_IsDenied()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks);
        await using var client = await proxy.ConnectAsync();
        var hello = Hello.For("bad.localhost");
        await client.SendAsync((byte[])[.. Encoding.ASCII.GetBytes(Connect("good.localhost", origin)), .. hello[..20]]);
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        await client.SendAsync(hello.AsMemory(20));
        Assert.Equal(Alert, await client.ReadToEndAsync());
        Assert.Empty(await origin.Received);
    }

    [Theory]
    [InlineData(Blocks, true)]
    [InlineData(Strict, false)]
    public async Task UpstreamThatSpeaksFirst_IsNoTls(string policy, bool passes)
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.SendAsync("SSH-2.0-x\r\n");
            while (await c.ReadSomeAsync() is { Length: > 0 } bytes)
                await c.SendAsync(bytes);
        });
        await using var proxy = await StartAsync(policy);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Connect("good.localhost", origin.Port));
            Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
            if (passes)
            {
                Assert.Equal("SSH-2.0-x\r\n", await client.ReadTextAsync(11));
                await client.SendAsync("SSH-2.0-y\r\n");
                Assert.Equal("SSH-2.0-y\r\n", await client.ReadTextAsync(11));
                client.HalfClose();
            }
            Assert.Empty(await client.ReadToEndAsync());
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((TlsFacts.NotTls, !passes), (record.Tls, record.Verdict.Denies));
    }

    [Fact]
    public async Task ClientThatWaitsLongBeforeItLies_IsDenied()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks, "limits: { head: 300ms }");
        await using var client = await OpenAsync(proxy, "good.localhost", origin);
        // Another's time runs out meanwhile.
        await using var other = await OpenAsync(proxy, "good.localhost", origin);
        await other.SendAsync(Hello.For("good.localhost").AsMemory(0, 50));
        Assert.Equal(Alert, await other.ReadToEndAsync());
        await client.SendAsync(Hello.For("bad.localhost"));
        Assert.Equal(Alert, await client.ReadToEndAsync());
    }

    [Fact]
    public async Task HelloThatDoesNotEnd_IsDeniedAtItsTime()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks, "limits: { head: 300ms }");
        await using (var client = await OpenAsync(proxy, "good.localhost", origin))
        {
            await client.SendAsync(Hello.For("good.localhost").AsMemory(0, 50));
            Assert.Equal(Alert, await client.ReadToEndAsync());
            Assert.Empty(await origin.Received);
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((TlsFacts.Malformed, "tls"), (record.Tls, record.Verdict.Rule));
        Assert.Contains("not been ended", record.ErrorDetail);
    }

    [Fact]
    public async Task SilentTunnel_EndsAtItsLimit()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks, "limits: { tunnelIdle: 300ms }");
        await using var client = await OpenAsync(proxy, "good.localhost", origin);
        await client.WaitUntilGoneAsync();
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("connection_read_timeout", TlsFacts.None), (record.Error, record.Tls));
    }

    [Fact]
    public async Task ClientsFinBeforeAWord_ReachesTheOrigin()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c => await c.SendAsync($"got {(await c.ReadToEndAsync()).Length}"));
        await using var proxy = await StartAsync(Blocks);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(Connect("good.localhost", origin.Port));
            await client.ReadResponseAsync("CONNECT");
            client.HalfClose();
            Assert.Equal("got 0", Encoding.ASCII.GetString(await client.ReadToEndAsync()));
        }
        Assert.Equal(TlsFacts.NotTls, (await proxy.OnlyRecordAsync()).Tls);
    }

    [Fact]
    public async Task ClientsFinWithinItsHello_IsMalformed()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks);
        await using (var client = await OpenAsync(proxy, "good.localhost", origin))
        {
            await client.SendAsync(Hello.For("good.localhost").AsMemory(0, 50));
            client.HalfClose();
            Assert.Equal(Alert, await client.ReadToEndAsync());
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((TlsFacts.Malformed, true), (record.Tls, record.Verdict.Denies));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50)]
    public async Task ClientsResetWhileItIsWaitedFor_EndsTheTunnel(int said)
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync(Blocks);
        var client = await OpenAsync(proxy, "good.localhost", origin);
        await client.SendAsync(Hello.For("good.localhost").AsMemory(0, said));
        client.Reset();
        await origin.Received;
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("client_left", true), (record.Error, record.ClientGone));
    }

    [Fact]
    public async Task ServerThatStops_EndsTheWait()
    {
        await using var origin = Echo();
        var proxy = await StartAsync(Blocks);
        await using var client = await OpenAsync(proxy, "good.localhost", origin);
        await proxy.DisposeAsync();
        Assert.Equal("stopped", Assert.Single(proxy.Records).Error);
    }

    [Fact]
    public async Task Refusal_MayBeAReset()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync("default: allow, rules: [{ id: lie, deny: true, tls: [mismatch], refusal: reset }]");
        await using var client = await OpenAsync(proxy, "good.localhost", origin);
        await client.SendAsync(Hello.For("other.localhost"));
        await Assert.ThrowsAnyAsync<IOException>(client.ReadToEndAsync);
        Assert.Empty(await origin.Received);
    }

    [Fact]
    public async Task PolicyOnTrial_LetsThroughAndNotes()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync("mode: report, " + Blocks);
        await using (var client = await OpenAsync(proxy, "good.localhost", origin))
        {
            var hello = Hello.For("bad.localhost", Hello.GreaseEch());
            await client.SendAsync(hello);
            Assert.Equal(hello, await client.ReadExactlyAsync(hello.Length));
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(("report", "bad", "bad.localhost", TlsFacts.Mismatch | TlsFacts.Ech), (record.Verdict.Outcome, record.Verdict.Rule, record.ServerName, record.Tls));
    }

    [Fact]
    public async Task TunnelOfAPolicyWithoutSuchRules_IsNotLookedInto()
    {
        await using var origin = Echo();
        await using var proxy = await StartAsync("default: allow, rules: [{ id: mail, deny: true, ports: [25] }]");
        await using (var client = await OpenAsync(proxy, "good.localhost", origin))
        {
            await client.SendAsync("\x16\x03");
            Assert.Equal("\x16\x03", await client.ReadTextAsync(2));
        }
        Assert.Equal(TlsFacts.None, (await proxy.OnlyRecordAsync()).Tls);
    }

    [Theory]
    [InlineData("good.localhost", "good.localhost", null)]
    [InlineData("good.localhost", "bad.localhost", "bad")]
    [InlineData("127.0.0.1", "bad.localhost", "bad")]
    [InlineData("127.0.0.1", "good.localhost", null)]
    public async Task Curl_ThatLies(string connect, string name, string? rule)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var proxy = await StartAsync(Blocks);
        var run = await RealClients.RunAsync("curl",
            ["-sS", "-k", "-x", proxy.Url, "--proxytunnel", "--connect-to", $"::{connect}:{origin.Port}", $"https://{name}/"]);
        // 35: the handshake failed.
        Assert.Equal(rule is null ? (0, "secret") : (35, ""), (run.ExitCode, run.Output));
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((rule, name), (record.Verdict.Rule, record.ServerName));
    }

    [Theory]
    [InlineData(Strict, "-servername", "good.localhost", null)]
    [InlineData(Strict, "-servername", "other.localhost", "alert access denied")]
    [InlineData(Strict, "-noservername", null, "alert access denied")]
    [InlineData(Blocks, "-noservername", null, null)]
    [InlineData(Blocks, "-servername", "bad.localhost", "alert access denied")]
    public async Task OpenSsl_ThatLies(string policy, string option, string? name, string? expected)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var proxy = await StartAsync(policy);
        foreach (var version in (string[])["-tls1_3", "-tls1_2"])
        {
            var run = await RealClients.RunAsync("openssl",
                ["s_client", "-proxy", $"{proxy.EndPoint}", "-connect", $"good.localhost:{origin.Port}", version, option, .. name is null ? [] : new[] { name }]);
            Assert.Equal(expected is null, run.ExitCode == 0);
            if (expected is not null)
                Assert.Contains(expected, run.Output + run.Errors, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task TlsOfThePlatform_ThatLies()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var proxy = await StartAsync(Blocks);
        foreach (var (name, passes) in ((string, bool)[])[("good.localhost", true), ("bad.localhost", false)])
        {
            await using var client = await proxy.ConnectAsync();
            await client.SendAsync(Connect("good.localhost", origin.Port));
            await client.ReadResponseAsync("CONNECT");
            if (!passes)
            {
                await Assert.ThrowsAnyAsync<Exception>(() => client.StartTlsAsync(name));
                continue;
            }
            await client.StartTlsAsync(name);
            await client.SendAsync($"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n");
            Assert.Equal("secret", (await client.ReadResponseAsync()).Text);
        }
        await proxy.RecordsAsync(2);
    }

    private static Task<RunningProxy> StartAsync(string policy, string more = "") => RunningProxy.OfFileAsync(
        $"listeners: [{{ name: lab, kind: forward, bind: 127.0.0.1:0, policy: p }}]\npolicies: {{ p: {{ {policy} }} }}\n{more}\n");

    private static string Connect(string host, int port) => $"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n";

    private static string Connect(string host, EchoOrigin origin) => Connect(host, origin.Port);

    private static async Task<RawConnection> OpenAsync(RunningProxy proxy, string host, EchoOrigin origin)
    {
        var client = await proxy.ConnectAsync();
        await client.SendAsync(Connect(host, origin));
        Assert.Equal(200, (await client.ReadResponseAsync("CONNECT")).Status);
        return client;
    }

    private static EchoOrigin Echo() => new();

    /// <summary>Sends back what it gets.</summary>
    private sealed class EchoOrigin : IAsyncDisposable
    {
        private readonly TaskCompletionSource<byte[]> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ScriptedOrigin _origin;

        public EchoOrigin() => _origin = ScriptedOrigin.StartRaw(async c =>
        {
            try
            {
                while (await c.ReadSomeAsync() is { Length: > 0 } bytes)
                    await c.SendAsync(bytes);
            }
            catch (IOException)
            {
                // Reset.
            }
            _received.TrySetResult(c.Received);
        });

        public int Port => _origin.Port;

        /// <summary>All that came over its first connection, at its end.</summary>
        public Task<byte[]> Received => _received.Task.Within();

        public ValueTask DisposeAsync() => _origin.DisposeAsync();
    }
}
