using System.Buffers.Binary;
using System.Net;
using Microsoft.AspNetCore.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>A reverse listener whose upstream speaks HTTP/2.</summary>
public class Http2UpstreamTests
{
    private static readonly (string, string) Authority = ("ca.pem", TestCertificate.Localhost.ExportCertificatePem());

    private static Task<RunningProxy> ProxyAsync(string to, string upstream) => RunningProxy.OfFileAsync(
        $"listeners: [{{ kind: reverse, bind: 127.0.0.1:0, to: \"{to}\", upstream: {upstream} }}]", Authority);

    /// <summary>A message of gRPC: not compressed, its length, itself.</summary>
    private static byte[] Message(string text)
    {
        var message = new byte[5 + text.Length];
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), text.Length);
        System.Text.Encoding.Latin1.GetBytes(text, message.AsSpan(5));
        return message;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task CallOfGrpc_IsAnsweredWithItsTrailers(bool tls)
    {
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            Assert.Equal(("HTTP/2", "trailers", "application/grpc"), (x.Request.Protocol, x.Request.Headers.TE.ToString(), x.Request.ContentType));
            x.Response.ContentType = "application/grpc";
            await x.Request.Body.CopyToAsync(x.Response.Body);
            x.Response.AppendTrailer("grpc-status", "0");
            x.Response.AppendTrailer("grpc-message", "fine");
        }, tls);
        await using var proxy = tls
            ? await ProxyAsync($"https://localhost:{origin.Port}", "{ http2: true, ca: ca.pem }")
            : await ProxyAsync($"http://127.0.0.1:{origin.Port}", "{ http2: true }");
        await using var client = await proxy.ConnectAsync();
        for (var i = 0; i < 2; i++)
        {
            await client.SendAsync("POST /greet.Greeter/Hello HTTP/1.1\r\nHost: app.example\r\nTE: trailers\r\nConnection: TE\r\n"
                + "Content-Type: application/grpc\r\nTransfer-Encoding: chunked\r\n\r\n");
            var message = Message($"hello {i}");
            await client.SendAsync($"{message.Length:x}\r\n");
            await client.SendAsync(message);
            await client.SendAsync("\r\n0\r\n\r\n");
            var response = await client.ReadResponseAsync("POST");
            Assert.Equal((200, BodyEnd.Chunked, "application/grpc"), (response.Status, response.End, response["Content-Type"]));
            Assert.Equal(message, response.Body);
            Assert.Equal(["grpc-message: fine", "grpc-status: 0"], response.Trailers.Select(t => $"{t.Name}: {t.Value}").Order(StringComparer.Ordinal));
            Assert.Contains("2 sluice-", response["Via"]);
        }
        Assert.Equal(1, origin.Connections);
        Assert.All(await proxy.EndAsync(2), record => Assert.Equal((200, IPAddress.Loopback), (record.Status, record.Upstream?.Address)));
    }

    [Fact]
    public async Task OriginThatKnowsOnlyHttp1OverTls_IsNoUpstreamOfHttp2()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "never"), certificate: TestCertificate.Localhost);
        await using var proxy = await ProxyAsync($"https://localhost:{origin.Port}", "{ http2: true, ca: ca.pem }");
        var refused = await proxy.AskAsync("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
        Assert.Equal(502, refused.Status);
        Assert.Contains("tls_protocol_error", refused["Proxy-Status"]);
        Assert.Equal(0, origin.Heads);
    }

    [Fact]
    public async Task CertificateThatNobodyTrusts_IsRefused()
    {
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync("never"), tls: true);
        await using var proxy = await ProxyAsync($"https://localhost:{origin.Port}", "{ http2: true }");
        var refused = await proxy.AskAsync("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
        Assert.Contains("tls_certificate_error", refused["Proxy-Status"]);
    }

    [Fact]
    public async Task FreshAnswer_IsKeptWithItsTrailers()
    {
        var asked = 0;
        await using var origin = await Http2Origin.StartAsync(async x =>
        {
            x.Response.Headers.CacheControl = "max-age=60";
            await x.Response.WriteAsync($"{Interlocked.Increment(ref asked)}");
            x.Response.AppendTrailer("x-sum", "7");
        });
        await using var proxy = await ProxyAsync($"http://127.0.0.1:{origin.Port}", "{ http2: true }");
        for (var i = 0; i < 2; i++)
        {
            var response = await proxy.AskAsync("GET / HTTP/1.1\r\nHost: app.example\r\n\r\n");
            Assert.Equal("1", response.Text);
            Assert.Equal([new RawField("x-sum", "7")], response.Trailers);
            Assert.Equal(i == 1, response["Cache-Status"]!.Contains("; hit", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task UpgradeThatHttp2DoesNotHave_IsIgnored()
    {
        // RFC 9110 s.7.8: a server may ignore it.
        await using var origin = await Http2Origin.StartAsync(x => x.Response.WriteAsync($"{x.Request.Headers.Upgrade}{x.Request.Headers.Connection}"));
        await using var proxy = await ProxyAsync($"http://127.0.0.1:{origin.Port}", "{ http2: true }");
        var response = await proxy.AskAsync("GET / HTTP/1.1\r\nHost: app.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        Assert.Equal((200, ""), (response.Status, response.Text));
    }
}
