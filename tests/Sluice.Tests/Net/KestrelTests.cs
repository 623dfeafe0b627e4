using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Net;

namespace Sluice.Tests.Net;

/// <summary>The transport under a real KestrelServer.</summary>
public sealed class KestrelTests
{
    private static SocketConnection Connection(IFeatureCollection features) => features.Get<SocketConnection>()!;

    private static async Task AnswerAsync(IFeatureCollection features, byte[] body, int pieceLength, List<bool>? lent = null)
    {
        features.Get<IHttpResponseFeature>()!.Headers.ContentLength = body.Length;
        var response = features.Get<IHttpResponseBodyFeature>()!;
        await response.StartAsync();
        for (var at = 0; at < body.Length; at += pieceLength)
        {
            var piece = body.AsMemory(at, Math.Min(pieceLength, body.Length - at));
            var byReference = Connection(features).Lend(response.Writer, piece);
            lent?.Add(byReference);
        }
        await response.Writer.FlushAsync();
    }

    private static int ContentLength(string head) =>
        int.Parse(head.Split("Content-Length: ")[1].Split("\r\n")[0], System.Globalization.CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1024, 1024)]
    [InlineData(64 << 10, 64 << 10)]
    [InlineData(1 << 20, 1 << 20)]
    [InlineData(1 << 20, 64 << 10)]
    [InlineData(1 << 20, 331)] // 3,168 pieces in one flush: more than one vectored send takes
    public async Task LentBody_ArrivesByteForByteKeptAliveAndPipelined(int length, int pieceLength)
    {
        var body = Wire.Noise(length);
        var lent = new List<bool>();
        await using var host = await KestrelHost.StartAsync(f => AnswerAsync(f, body, pieceLength, lent));
        using var client = await Wire.ConnectAsync(host.EndPoint);
        const string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        await client.SendAsync(get);
        for (var i = 0; i < 6; i++)
        {
            var head = await client.ReadHeadAsync();
            Assert.StartsWith("HTTP/1.1 200", head, StringComparison.Ordinal);
            Assert.Equal(body, await client.ReadAsync(ContentLength(head)));
            if (i == 0)
                await client.SendAsync(get);
            if (i == 1)
                await client.SendAsync(get + get + get + get);
        }
        Assert.All(lent, Assert.True);
        Assert.Empty(host.Log.Lines);
    }

    [Fact]
    public async Task LentBodyWhereKestrelChunks_IsCopiedAndTheBlockStaysAsItWas()
    {
        var body = Wire.Noise(10_000);
        var copy = body.ToArray();
        var lent = new List<bool>();
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            var response = features.Get<IHttpResponseBodyFeature>()!;
            lent.Add(Connection(features).Lend(response.Writer, body)); // before the head
            await response.StartAsync();
            lent.Add(Connection(features).Lend(response.Writer, body)); // chunked: no Content-Length
            await response.Writer.FlushAsync();
        });
        using var http = new HttpClient();
        var got = await http.GetByteArrayAsync(new Uri($"http://{host.EndPoint}/"), TestContext.Current.CancellationToken);
        Assert.Equal([.. copy, .. copy], got);
        Assert.Equal(copy, body);
        Assert.Equal([false, false], lent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task LentBodyUnderTls_IsCopiedByteForByte(int version)
    {
        using var key = ECDsa.Create();
        using var made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var body = Wire.Noise(1 << 20);
        var lent = new List<bool>();
        await using var host = await KestrelHost.StartAsync(f => AnswerAsync(f, body, 64 << 10, lent), certificate);
        using var trusting = new SocketsHttpHandler();
        trusting.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => certificate.Equals(shown);
        using var http = new HttpClient(trusting)
        {
            DefaultRequestVersion = new Version(version, version == 1 ? 1 : 0),
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        for (var i = 0; i < 3; i++)
            Assert.Equal(body, await http.GetByteArrayAsync(new Uri($"https://{host.EndPoint}/"), TestContext.Current.CancellationToken));
        Assert.DoesNotContain(true, lent);
    }

    [Fact]
    public async Task LentBodyToASlowReader_WaitsInTheFlushAndArrivesWhole()
    {
        var body = Wire.Noise(8 << 20);
        var flushed = new TaskCompletionSource();
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            await AnswerAsync(features, body, 1 << 20);
            flushed.SetResult();
        });
        using var client = await Wire.ConnectAsync(host.EndPoint, receiveBuffer: 16 << 10);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        var head = await client.ReadHeadAsync();
        Assert.False(flushed.Task.IsCompleted);
        Assert.Equal(body, await client.ReadAsync(ContentLength(head)));
        await flushed.Task.Soon();
    }

    [Fact]
    public async Task FinAfterTheRequest_IsStillAnswered()
    {
        var finSeen = new TaskCompletionSource();
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            await Connection(features).WhenClientFinished.Soon();
            finSeen.SetResult();
            await AnswerAsync(features, "late"u8.ToArray(), 4);
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        client.Shutdown(SocketShutdown.Send);
        var all = Encoding.Latin1.GetString(await client.ReadToEndAsync());
        Assert.EndsWith("\r\n\r\nlate", all, StringComparison.Ordinal);
        Assert.True(finSeen.Task.IsCompleted);
        Assert.Empty(host.Log.Lines);
    }

    [Fact]
    public async Task ResetWhileTheHandlerRuns_AbortsTheRequest()
    {
        var aborted = new TaskCompletionSource();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            entered.SetResult();
            var token = features.Get<IHttpRequestLifetimeFeature>()!.RequestAborted;
            await Task.Delay(Wire.Patience, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (token.IsCancellationRequested)
                aborted.SetResult();
        });
        var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        await entered.Task.Soon();
        client.Reset();
        await aborted.Task.Soon();
    }

    [Fact]
    public async Task HandlersAbort_IsARst()
    {
        await using var host = await KestrelHost.StartAsync(features =>
        {
            Connection(features).Abort();
            return Task.CompletedTask;
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(SocketError.ConnectionReset, await client.ReadErrorAsync());
    }

    [Fact]
    public async Task AbortAfterHalfABody_IsNoCleanEnd()
    {
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            features.Get<IHttpResponseFeature>()!.Headers.TransferEncoding = "chunked"; // our own chunks, and none
            var response = features.Get<IHttpResponseBodyFeature>()!;
            await response.Writer.WriteAsync("5\r\nhello\r\n"u8.ToArray());
            features.Get<IHttpRequestLifetimeFeature>()!.Abort();
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(SocketError.ConnectionReset, await client.ReadErrorAsync());
    }

    [Fact]
    public async Task InterimResponses_ComeBeforeTheFinalHead()
    {
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            await Connection(features).WriteInterimAsync("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"u8.ToArray());
            await AnswerAsync(features, "x"u8.ToArray(), 1);
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", await client.ReadHeadAsync());
        Assert.StartsWith("HTTP/1.1 200 ", await client.ReadHeadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestBody_ArrivesWholeAndIsCounted()
    {
        var body = Wire.Noise(3 << 20);
        byte[]? got = null;
        var counts = new TaskCompletionSource<(long Read, long Written)>();
        await using var host = await KestrelHost.StartAsync(async features =>
        {
            using var all = new MemoryStream();
            await features.Get<IHttpRequestFeature>()!.Body.CopyToAsync(all);
            got = all.ToArray();
            await AnswerAsync(features, "x"u8.ToArray(), 1);
            counts.SetResult((Connection(features).BytesRead, Connection(features).BytesWritten));
        });
        using var client = await Wire.ConnectAsync(host.EndPoint);
        var head = $"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {body.Length}\r\n\r\n";
        await client.SendAsync(head);
        await client.SendAllAsync(body);
        var answer = await client.ReadHeadAsync();
        await client.ReadAsync(1);
        Assert.Equal(body, got);
        Assert.Equal((head.Length + body.Length, answer.Length + 1), await counts.Task.Soon());
    }

    [Theory]
    [InlineData("")] // the connection's first request
    [InlineData("GET /good HTTP/1.1\r\nHost: a\r\n\r\n")] // behind another, glued
    public async Task RequestThatKestrelRefuses_ShowsItsFirstBytes(string before)
    {
        const string bad = "GET /bad HTTP/1.1\r\nHost : a\r\n\r\n";
        SocketConnection? connection = null;
        await using var host = await KestrelHost.StartAsync(features =>
        {
            connection = Connection(features);
            return AnswerAsync(features, "x"u8.ToArray(), 1);
        });
        foreach (var byByte in new[] { false, true })
        {
            using var client = await Wire.ConnectAsync(host.EndPoint);
            await client.SendAsync("GET /first HTTP/1.1\r\nHost: a\r\n\r\n");
            await client.ReadHeadAsync();
            await client.ReadAsync(1);
            if (!byByte)
                await client.SendAsync(before + bad);
            foreach (var c in byByte ? before + bad : "")
                await client.SendAsync(c.ToString());
            Assert.Contains("HTTP/1.1 400", Encoding.Latin1.GetString(await client.ReadToEndAsync()), StringComparison.Ordinal);
            var first = Encoding.Latin1.GetString(connection!.FirstBytes.Span);
            Assert.StartsWith("GET /bad HTTP/1.1\r\n", first, StringComparison.Ordinal);
        }
    }
}
