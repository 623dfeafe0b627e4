using System.Net;
using System.Net.Sockets;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>A reverse listener whose upstream speaks TLS.</summary>
public class TlsUpstreamTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: app.example\r\n\r\n";

    private static readonly (string, string) Authority = ("ca.pem", TestCertificate.Localhost.ExportCertificatePem());

    private static ScriptedOrigin Saying(Func<OriginExchange, Task> script) => ScriptedOrigin.Start(script, certificate: TestCertificate.Localhost);

    private static async Task<RawResponse> AskAsync(IPEndPoint at, string request = Get)
    {
        await using var client = await RawConnection.OpenAsync(at);
        await client.SendAsync(request);
        return await client.ReadResponseAsync();
    }

    [Fact]
    public async Task PrivateAuthority_IsBelievedWhereItIsNamedAlone()
    {
        await using var origin = Saying(x => x.ReplyAsync(200, $"{x.Number}"));
        await using var proxy = await RunningProxy.OfFileAsync($"""
            listeners:
              - {"{"} name: in, kind: reverse, bind: 127.0.0.1:0, to: "https://localhost:{origin.Port}", upstream: {"{"} ca: ca.pem {"}"} {"}"}
              - {"{"} name: out, kind: reverse, bind: 127.0.0.1:0, to: "https://localhost:{origin.Port}" {"}"}
            """, Authority);
        Assert.Equal("1", (await AskAsync(proxy.EndPoints[0])).Text);

        // The other's connection is idle by then, and its session could be resumed.
        await proxy.RecordsAsync(1);
        var refused = await AskAsync(proxy.EndPoints[1]);
        Assert.Equal(502, refused.Status);
        Assert.Contains("tls_certificate_error", refused["Proxy-Status"]);

        Assert.Equal("2", (await AskAsync(proxy.EndPoints[0])).Text);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task BodyCutShort_IsCutShortForTheClientAndNotKept()
    {
        await using var origin = Saying(async x =>
        {
            await x.WriteAsync("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n\r\nhalf of it");
            x.HalfClose();
        });
        await using var proxy = await RunningProxy.OfFileAsync($"""
            listeners:
              - {"{"} kind: reverse, bind: 127.0.0.1:0, to: "https://localhost:{origin.Port}", upstream: {"{"} ca: ca.pem {"}"} {"}"}
            """, Authority);
        for (var asked = 1; asked <= 2; asked++)
        {
            var fault = await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(proxy.EndPoint));
            Assert.True(fault is EndOfStreamException || fault.InnerException is SocketException, fault.ToString());
            Assert.Equal(asked, origin.Heads);
        }
        Assert.All(await proxy.EndAsync(2), record => Assert.Equal("http_response_incomplete", record.Error));
    }
}
