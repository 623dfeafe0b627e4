using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Sluice.Cache;
using Sluice.Net;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Captures, as tshark reads them: each stream is what its ends saw, and there is nothing to complain of.</summary>
public class CaptureTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private static readonly byte[] Large = Pattern(1 << 20);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Relay_IsTwoStreamsOfTheSameOctets(string at)
    {
        var large = Pattern(3 << 20);
        var address = IPAddress.Parse(at);
        await using var origin = ScriptedOrigin.StartRaw(async connection =>
        {
            await connection.ReadExactlyAsync(large.Length);
            await connection.SendAsync(large);
            Assert.Empty(await connection.ReadToEndAsync());
            await connection.SendAsync("after the half-close");
        }, address);
        await using var proxy = await RunningProxy.OfAsync(TimeProvider.System, new CacheOptions(), new Sluice.Forwarding.ListenerOptions
        {
            Name = "relay", Kind = Sluice.Forwarding.ListenerKind.Tcp, Bind = new IPEndPoint(address, 0), To = new HostPort(at, origin.Port),
        });
        using var capture = CapturedFile.Begin(proxy);
        string local;
        await using (var client = await proxy.ConnectAsync())
        {
            local = client.Local.ToString();
            await client.SendAsync(large);
            Assert.Equal(large, await client.ReadExactlyAsync(large.Length));
            client.HalfClose();
            Assert.Equal("after the half-close", Encoding.Latin1.GetString(await client.ReadToEndAsync()));
        }
        await proxy.EndAsync(1);
        var seen = (await capture.ReadAsync()).FindsNothing();
        Assert.Equal(2, seen.Streams.Count);
        byte[] back = [.. large, .. "after the half-close"u8];
        foreach (var stream in new[] { seen.Stream(local, $"{proxy.EndPoint}"), seen.Stream(null, origin.Authority) })
        {
            Assert.Equal(large, stream.FromClient);
            Assert.Equal(back, stream.FromServer);
        }
        Assert.Equal(4, seen.Packets.Count(packet => (packet.Flags & 1) != 0));
        Assert.Contains(seen.Packets, packet => packet.Comment.StartsWith($"exchange {proxy.Records[0].Number}, listener relay", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RelayThatIsReset_EndsWithReset()
    {
        await using var origin = ScriptedOrigin.StartRaw(async connection =>
        {
            await connection.ReadExactlyAsync(4);
            connection.Reset();
        });
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        using var capture = CapturedFile.Begin(proxy);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("ping");
            await client.WaitUntilGoneAsync();
        }
        await proxy.EndAsync(1);
        var seen = (await capture.ReadAsync()).FindsNothing("Connection reset (RST)");
        Assert.All(seen.Streams, stream => Assert.Equal("ping"u8.ToArray(), stream.FromClient));
        Assert.Equal([$"{origin.Authority}", $"{proxy.EndPoint}"], seen.Packets.Where(packet => (packet.Flags & 4) != 0).Select(packet => packet.From));
        Assert.DoesNotContain(seen.Packets, packet => (packet.Flags & 1) != 0);
    }

    [Fact]
    public async Task Exchanges_AreWhatTheirEndsSaw()
    {
        var ends = new List<RawConnection>();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            ends.Add(x.Connection);
            if (x.Target == "/large")
                await x.ReplyAsync(200, Large, "Cache-Control: max-age=600");
            else if (x.Target == "/chunked")
                await x.WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n");
            else
                await x.WriteAsync(Ok);
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        using var capture = CapturedFile.Begin(proxy);
        string local;
        byte[] received, sent;
        await using (var client = await proxy.ConnectAsync())
        {
            local = client.Local.ToString();
            var asked = new StringBuilder();
            await AskAsync("GET", "/a");
            await AskAsync("POST", "/b", "Transfer-Encoding: chunked\r\n", "4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n");
            await AskAsync("PUT", "/c", $"Content-Length: {Large.Length}\r\n", Encoding.Latin1.GetString(Large));
            await AskAsync("GET", "/chunked", "TE: trailers\r\nConnection: TE\r\n");
            await AskAsync("GET", "/large");
            await AskAsync("GET", "/large"); // from the cache, by reference
            // Pipelined.
            var three = string.Concat(Enumerable.Range(1, 3).Select(i => Head("GET", $"/{i}") + "\r\n"));
            asked.Append(three);
            await client.SendAsync(three);
            for (var i = 0; i < 3; i++)
                Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
            client.HalfClose();
            Assert.Empty(await client.ReadToEndAsync());
            (received, sent) = (client.Received, Encoding.Latin1.GetBytes(asked.ToString()));

            async Task AskAsync(string method, string path, string fields = "", string body = "")
            {
                var request = $"{Head(method, path)}{fields}\r\n{body}";
                asked.Append(request);
                await client.SendAsync(request);
                Assert.Equal(200, (await client.ReadResponseAsync()).Status);
            }
        }
        await proxy.EndAsync(9);
        var seen = (await capture.ReadAsync(["-d", $"tcp.port=={proxy.EndPoint.Port},http", "-d", $"tcp.port=={origin.Port},http"], "http.request.method", "http.response.code")).FindsNothing();
        var ours = seen.Stream(local, $"{proxy.EndPoint}");
        Assert.Equal(sent, ours.FromClient);
        Assert.Equal(received, ours.FromServer);
        var up = seen.Stream(null, origin.Authority);
        Assert.Equal(Assert.Single(ends.Distinct()).Received, up.FromClient);
        Assert.EndsWith(Ok + Ok + Ok, Encoding.Latin1.GetString(up.FromServer), StringComparison.Ordinal);
        Assert.Equal(9 + 8, seen.Packets.Sum(packet => packet.Fields["http.request.method"].Split('|', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Equal(9 + 8, seen.Packets.Sum(packet => packet.Fields["http.response.code"].Split('|', StringSplitOptions.RemoveEmptyEntries).Length));
        Assert.Equal(9, proxy.Records.Count(record => seen.Packets.Any(packet => packet.Comment.Contains($"exchange {record.Number},", StringComparison.Ordinal) && packet.To == $"{proxy.EndPoint}")));

        string Head(string method, string path) => $"{method} {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n";
    }

    [Fact]
    public async Task OnlyWhatIsChosen_IsThere()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync(Ok));
        await using var proxy = await RunningProxy.ForwardAsync();
        string Request(string path) => $"GET {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n";
        await using (var client = await proxy.ConnectAsync())
        {
            // Before it begins, on the same connections.
            await client.SendAsync(Request("/before"));
            await client.ReadResponseAsync();
            using var capture = CapturedFile.Begin(proxy, record => record.Url!.Contains("want", StringComparison.Ordinal));
            await client.SendAsync(Request("/want1") + Request("/other") + Request("/want2"));
            for (var i = 0; i < 3; i++)
                await client.ReadResponseAsync();
            await client.SendAsync(Request("/other2"));
            await client.ReadResponseAsync();
            await proxy.EndAsync(5);
            var seen = (await capture.ReadAsync()).FindsNothing();
            Assert.Equal(2, seen.Streams.Count);
            Assert.Equal(Request("/want1") + Request("/want2"), Encoding.Latin1.GetString(seen.Stream(client.Local.ToString(), null).FromClient));
            var up = seen.Stream(null, origin.Authority);
            Assert.StartsWith("GET /want1 ", Encoding.Latin1.GetString(up.FromClient), StringComparison.Ordinal);
            Assert.DoesNotContain("other", Encoding.Latin1.GetString(up.FromClient), StringComparison.Ordinal);
            Assert.Equal(Ok + Ok, Encoding.Latin1.GetString(up.FromServer));
        }
    }

    [Fact]
    public async Task HitsFromDisk_AreWhole()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, Large, "Cache-Control: max-age=600"));
        using var folder = new TempFolder();
        await using var proxy = await RunningProxy.ForwardAsync(cache: new CacheOptions { MemoryBytes = 0, Disk = new DiskOptions { Path = folder.Path, SizeBytes = 64 << 20 } });
        Assert.Equal(Large, (await proxy.GetAsync(origin)).Body);
        using var capture = CapturedFile.Begin(proxy);
        var received = new List<byte[]>();
        for (var i = 0; i < 2; i++)
        {
            await using var client = await proxy.ConnectAsync();
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: close\r\n\r\n");
            Assert.Equal(Large, (await client.ReadResponseAsync()).Body);
            Assert.Empty(await client.ReadToEndAsync());
            received.Add(client.Received);
        }
        await proxy.EndAsync(3);
        Assert.Equal(1, origin.Heads);
        var seen = (await capture.ReadAsync()).FindsNothing();
        Assert.Equal(received, seen.Streams.Select(stream => stream.FromServer));
    }

    [Fact]
    public async Task Connect_IsItsHeadsAndTheTunnelsOctets()
    {
        await using var origin = ScriptedOrigin.StartRaw(async connection =>
        {
            Assert.Equal("early and late", await connection.ReadTextAsync(14));
            await connection.SendAsync("answer");
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        using var capture = CapturedFile.Begin(proxy, record => record.Kind == RecordKind.Connect);
        var head = $"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n";
        byte[] received;
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync(head + "early");
            Assert.StartsWith("HTTP/1.1 200 ", (await client.ReadHeadAsync()).StartLine, StringComparison.Ordinal);
            await client.SendAsync(" and late");
            Assert.Equal("answer", await client.ReadTextAsync(6));
            Assert.Empty(await client.ReadToEndAsync());
            received = client.Received;
        }
        await proxy.EndAsync(1);
        var seen = (await capture.ReadAsync()).FindsNothing();
        var ours = seen.Stream(null, $"{proxy.EndPoint}");
        Assert.Equal(head + "early and late", Encoding.Latin1.GetString(ours.FromClient));
        Assert.Equal(received, ours.FromServer);
        var up = seen.Stream(null, origin.Authority);
        Assert.Equal(("early and late", "answer"), (Encoding.Latin1.GetString(up.FromClient), Encoding.Latin1.GetString(up.FromServer)));
    }

    [Fact]
    public async Task WebSocket_IsSeenAsSuch()
    {
        await using var origin = WebSocketOrigin.Echo();
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        using var capture = CapturedFile.Begin(proxy);
        using (var socket = new ClientWebSocket())
        {
            using var limit = new CancellationTokenSource(Waiting.Limit);
            await socket.ConnectAsync(new Uri($"ws://{proxy.EndPoint}/chat"), limit.Token);
            await socket.SendAsync("a word through the gate"u8.ToArray(), WebSocketMessageType.Text, true, limit.Token);
            Assert.Equal("a word through the gate", await WebSocketOrigin.ReadTextAsync(socket, limit.Token));
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        }
        await proxy.EndAsync(1);
        var seen = (await capture.ReadAsync(["-d", $"tcp.port=={proxy.EndPoint.Port},http", "-d", $"tcp.port=={origin.Port},http"], "websocket.payload.text", "websocket.mask")).FindsNothing();
        var texts = seen.Packets.Where(packet => packet.Fields["websocket.payload.text"] == "a word through the gate").ToList();
        // There and back, on both sides; masked by the client only.
        Assert.Equal(4, texts.Count);
        Assert.Equal(["0", "0", "1", "1"], texts.Select(packet => packet.Fields["websocket.mask"]).Order());
    }

    [Fact]
    public async Task TlsToAnUpstream_IsHeardWithoutIt()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync(Ok), certificate: TestCertificate.Localhost);
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: reverse, bind: 127.0.0.1:0, to: "https://localhost:{{origin.Port}}", upstream: { ca: ca.pem } }]
            """, ("ca.pem", TestCertificate.Localhost.ExportCertificatePem()));
        using var capture = CapturedFile.Begin(proxy);
        await using (var client = await proxy.ConnectAsync())
            for (var i = 0; i < 2; i++)
            {
                await client.SendAsync($"GET /{i} HTTP/1.1\r\nHost: app.test\r\n\r\n");
                Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
            }
        await proxy.EndAsync(2);
        var seen = (await capture.ReadAsync(["-d", $"tcp.port=={origin.Port},http"], "http.request.uri")).FindsNothing();
        var up = seen.Stream(null, origin.Authority);
        Assert.StartsWith("GET /0 HTTP/1.1\r\n", Encoding.Latin1.GetString(up.FromClient), StringComparison.Ordinal);
        Assert.Equal(Ok + Ok, Encoding.Latin1.GetString(up.FromServer));
        Assert.Equal(2, seen.Packets.Count(packet => packet.Comment.EndsWith(", decrypted", StringComparison.Ordinal)));
        Assert.Equal(["/0", "/1"], seen.Packets.Where(packet => packet.To == origin.Authority).Select(packet => packet.Fields["http.request.uri"]).Where(uri => uri.Length > 0));
    }

    [Fact]
    public async Task Rule_WritesWhatItMatches()
    {
        using var folder = new TempFolder();
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync(Ok));
        await using var proxy = await RunningProxy.OfFileAsync($$"""
            listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]
            capture: { folder: {{folder.File("captures")}} }
            policies:
              p:
                default: allow
                rules:
                  - { id: odd, capture: true, paths: [/odd*] }
                  - { id: trial, deny: true, mode: report, capture: true, paths: [/trial] }
                  - { id: bad, deny: true, capture: true, paths: [/bad] }
            """);
        foreach (var path in new[] { "/plain", "/odd/1", "/trial", "/bad" })
            await proxy.GetAsync(origin, path);
        await proxy.EndAsync(4);
        var seen = (await Tshark.ReadAsync(Assert.Single(Directory.GetFiles(folder.File("captures"), "capture-*.pcapng")))).FindsNothing();
        var asked = seen.Streams.Where(stream => stream.Server == $"{proxy.EndPoint}").Select(stream => Encoding.Latin1.GetString(stream.FromClient).Split(' ')[1]);
        Assert.Equal([origin.Url("/odd/1"), origin.Url("/trial"), origin.Url("/bad")], asked);
        Assert.Equal(["rule odd", "rule trial, report", "rule bad, deny"], seen.Packets.Where(packet => packet.To == $"{proxy.EndPoint}" && packet.Comment.StartsWith("exchange", StringComparison.Ordinal))
            .Select(packet => packet.Comment[packet.Comment.IndexOf("rule", StringComparison.Ordinal)..]));
    }

    [Fact]
    public async Task RefusedRequests_AreThere()
    {
        await using var proxy = await RunningProxy.OfFileAsync("""
            listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]
            policies: { p: { default: allow, rules: [{ id: ads, deny: true, hosts: [ads.test] }] } }
            """);
        using var capture = CapturedFile.Begin(proxy);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("GET http://ads.test/ HTTP/1.1\r\nHost: ads.test\r\n\r\n");
            Assert.Equal(403, (await client.ReadResponseAsync()).Status);
            await client.SendAsync("no head at all\r\n\r\n");
            Assert.Equal(400, (await client.ReadResponseAsync()).Status);
            Assert.Empty(await client.ReadToEndAsync());
        }
        await proxy.EndAsync(2);
        var seen = (await capture.ReadAsync()).FindsNothing();
        var stream = Assert.Single(seen.Streams);
        Assert.EndsWith("no head at all\r\n\r\n", Encoding.Latin1.GetString(stream.FromClient), StringComparison.Ordinal);
        Assert.Contains(seen.Packets, packet => packet.Comment.EndsWith("rule ads, deny", StringComparison.Ordinal));
    }

    private static byte[] Pattern(int octets)
    {
        var pattern = new byte[octets];
        for (var i = 0; i < octets; i++)
            pattern[i] = (byte)(i * 31 + (i >> 8));
        return pattern;
    }
}
