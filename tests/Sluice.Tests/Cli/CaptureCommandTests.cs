using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary><c>sluice capture</c> and the log of TLS keys, beside a proxy as a process of its own.</summary>
public sealed partial class CaptureCommandTests : IDisposable
{
    private const int Interrupt = 2;

    private readonly TempFolder _folder = new();
    private readonly SluiceProcesses _processes = new();

    private string Yaml => _folder.File("sluice.yaml");

    public void Dispose()
    {
        _processes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Capture_GoesToAFileUntilCtrlC_AndIntoAPipe()
    {
        await using var origin = ScriptedOrigin.With("hello", "Set-Cookie: a=b");
        await File.WriteAllTextAsync(Yaml, "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\nadmin: { socket: admin.sock }\nlogs: { access: off }\n", TestContext.Current.CancellationToken);
        var (process, proxy) = await _processes.ServeAsync(Yaml);
        var file = _folder.File("f.pcapng");
        await File.WriteAllTextAsync(file, "was there before", TestContext.Current.CancellationToken);
        var capture = _processes.Start($"capture --out {file} --filter url=/wanted --filter client=127.0.0.0/8 --size 1MiB -c {Yaml}");
        var pipe = _processes.Start($"capture --out - --for 5m -c {Yaml}");
        using var piped = new MemoryStream();
        var reading = pipe.StandardOutput.BaseStream.CopyToAsync(piped, TestContext.Current.CancellationToken);
        Assert.Equal($"capturing to {file}, Ctrl-C ends it", await SluiceProcesses.SaysAsync(capture, "Ctrl-C"));
        await SluiceProcesses.SaysAsync(pipe, "Ctrl-C");
        foreach (var path in new[] { "/other", "/wanted" })
        {
            await using var client = await RawConnection.OpenAsync(proxy);
            await client.SendAsync($"GET {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\nConnection: close\r\n\r\n");
            Assert.Equal("hello", (await client.ReadResponseAsync()).Text);
            Assert.Empty(await client.ReadToEndAsync());
        }
        await HoldsAsync(file, "hello");
        Assert.Equal(0, Kill(capture.Id, Interrupt));
        var said = await SluiceProcesses.SaysAsync(capture, "lost");
        Assert.Matches("^1 exchanges, [0-9]+ packets, [0-9]+ octets; none lost$", said);
        await capture.WaitForExitAsync(TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
        Assert.Equal(0, capture.ExitCode);
        // The other one ends with the proxy.
        Assert.Equal(0, Kill(process.Id, Interrupt));
        await reading.Within(SluiceProcesses.Patience);
        Assert.StartsWith("2 exchanges, ", await SluiceProcesses.SaysAsync(pipe, "none lost"), StringComparison.Ordinal);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(file).UnixFileMode);
        var seen = (await Tshark.ReadAsync(file)).FindsNothing();
        Assert.Equal([$"{proxy}", origin.Authority], seen.Streams.Select(stream => stream.Server));
        await File.WriteAllBytesAsync(file, piped.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(3, (await Tshark.ReadAsync(file)).FindsNothing().Streams.Count);
    }

    [Theory]
    [InlineData("--filter status=404", "sluice: status, cache, error and the kind upgrade are known only when an exchange is over: what is captured is chosen when the head of its request has been judged")]
    [InlineData("--filter since=5m", "sluice: since: a capture is of what begins from now on, write seconds to say how long")]
    [InlineData("--filter colour=red", "sluice: there is no condition 'colour', known: since, until, host, client, user, listener, kind, method, url, status, verdict, cache, rule, error")]
    [InlineData("--filter host", "sluice: --filter: 'host' is not a condition, write for example host=.example.com")]
    [InlineData("--filter host=a --filter host=b", "sluice: --filter: 'host' is there more than once")]
    [InlineData("--for 60", "sluice: --for: '60' has no unit, write 60s for seconds or 60ms for milliseconds")]
    [InlineData("--size 1KiB", "sluice: bytes: '1024' is less than 65536, which one large read may take")]
    public async Task WrongOrder_IsTold(string arguments, string problem)
    {
        await using var proxy = await RunningProxy.OfFileAsync($"listeners: [{{ kind: forward, bind: 127.0.0.1:0 }}]\nadmin: {{ socket: {_folder.File("admin.sock")} }}\n");
        using var error = new StringWriter();
        var code = await Sluice.Cli.CommandTree.InvokeAsync(["capture", "--out", _folder.File("f.pcapng"), "--socket", _folder.File("admin.sock"), .. arguments.Split(' ')], TextWriter.Null, error);
        Assert.Equal((1, problem), (code, error.ToString().Trim()));
        Assert.False(File.Exists(_folder.File("f.pcapng")));
    }

    [Fact]
    public async Task KeyLog_LetsTsharkReadOurTls()
    {
        Assert.SkipWhen(RealClients.Find("dumpcap") is null, "needs dumpcap, which ./test installs");
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await File.WriteAllTextAsync(_folder.File("ca.pem"), TestCertificate.Localhost.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Yaml, $$"""
            listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]
            upstreams: { u: { to: "https://localhost:{{origin.Port}}", ca: ca.pem } }
            policies: { p: { default: allow, rules: [{ id: r, route: u }] } }
            admin: { socket: admin.sock }
            logs: { access: off }
            """, TestContext.Current.CancellationToken);
        var keys = _folder.File("keys");
        // Started by hand: the warning is among what it says first.
        var process = _processes.Start($"run -c {Yaml}", ("SSLKEYLOGFILE", keys));
        var said = await SluiceProcesses.SaysAsync(process, "Ctrl-C");
        var rest = said.Contains("are written to", StringComparison.Ordinal) ? said : await SluiceProcesses.SaysAsync(process, "are written to");
        Assert.Contains($"The keys of TLS to upstreams are written to {keys}", rest, StringComparison.Ordinal);
        var proxy = new IPEndPoint(IPAddress.Loopback, SluiceProcesses.PortIn(said));
        var capture = _processes.Start($"capture --out {_folder.File("ours.pcapng")} -c {Yaml}");
        await SluiceProcesses.SaysAsync(capture, "Ctrl-C");

        var real = _folder.File("real.pcapng");
        using var dump = Process.Start(new ProcessStartInfo("dumpcap", ["-q", "-i", "lo", "-f", $"tcp port {origin.Port}", "-w", real]) { RedirectStandardError = true })!;
        try
        {
            var heard = "";
            while (!heard.Contains("File:", StringComparison.Ordinal))
            {
                var line = await dump.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().Within(SluiceProcesses.Patience);
                Assert.SkipWhen(line is null, $"dumpcap cannot capture here, which needs root or CAP_NET_RAW: {heard}");
                heard += line;
            }
            await using var client = await RawConnection.OpenAsync(proxy);
            await client.SendAsync("GET http://app.test/hidden HTTP/1.1\r\nHost: app.test\r\n\r\n");
            Assert.Equal("secret", (await client.ReadResponseAsync()).Text);
            // dumpcap writes when it has been quiet for a moment.
            string seen;
            var began = Stopwatch.GetTimestamp();
            while (!(seen = await ReadAsync(real, "-o", $"tls.keylog_file:{keys}")).Contains("200", StringComparison.Ordinal))
                Assert.True(Stopwatch.GetElapsedTime(began) < SluiceProcesses.Patience, $"tshark reads no HTTP: {seen}");
            Assert.Contains("/hidden", seen, StringComparison.Ordinal);
        }
        finally
        {
            dump.Kill();
            await dump.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(keys).UnixFileMode);
        Assert.DoesNotContain("/hidden", await ReadAsync(real), StringComparison.Ordinal);

        // Our own capture has the keys in it, before what they are for.
        await HoldsAsync(_folder.File("ours.pcapng"), "secret");
        Assert.Equal(0, Kill(capture.Id, Interrupt));
        await capture.WaitForExitAsync(TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
        var both = _folder.File("both.pcapng");
        (await RealClients.RunAsync("mergecap", ["-a", "-w", both, _folder.File("ours.pcapng"), real])).Succeeded();
        Assert.Contains("/hidden", await ReadAsync(both, "-Y", "tls"), StringComparison.Ordinal);

        async Task<string> ReadAsync(string file, params string[] options) => (await RealClients.RunAsync("tshark",
            ["-r", file, "-d", $"tcp.port=={origin.Port},tls", "-T", "fields", "-e", "http.request.uri", "-e", "http.response.code", .. options])).Output;
    }

    /// <summary>Waits for both sides of the answer: it has been received before it is captured.</summary>
    private static async Task HoldsAsync(string file, string answer)
    {
        for (var began = Stopwatch.GetTimestamp(); (await File.ReadAllTextAsync(file, Encoding.Latin1, TestContext.Current.CancellationToken)).Split(answer).Length < 3;)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < SluiceProcesses.Patience, "the answer does not come");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
