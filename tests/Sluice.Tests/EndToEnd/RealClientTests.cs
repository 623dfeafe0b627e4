using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Programs that people use, through the proxy. Where one is missing, or a registry out of reach, the test is skipped with that reason.</summary>
public partial class RealClientTests
{
    [Fact]
    public async Task Curl_GetsAPageAndThenAHit()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=60");
        await using var proxy = await RunningProxy.ForwardAsync();
        var first = await RealClients.RunAsync("curl", ["-sS", "-i", "-x", proxy.Url, origin.Url("/a")]);
        Assert.EndsWith("hello", first.Succeeded().Output);
        var second = await RealClients.RunAsync("curl", ["-sS", "-i", "-x", proxy.Url, origin.Url("/a")]);
        Assert.Contains("; hit", second.Succeeded().Output);
        Assert.Contains("Age: ", second.Output);
        Assert.Equal([CacheUse.Miss, CacheUse.Hit], (await proxy.EndAsync(2)).Select(r => r.Cache));
    }

    [Fact]
    public async Task Curl_GetsAPageByHttpsThroughATunnel()
    {
        using var folder = new TempFolder();
        var authority = folder.File("ca.pem");
        await File.WriteAllTextAsync(authority, TestCertificate.Localhost.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var proxy = await RunningProxy.ForwardAsync();
        var run = await RealClients.RunAsync("curl", ["-sS", "--cacert", authority, "-x", proxy.Url, $"https://{origin.Authority}/"]);
        Assert.Equal("secret", run.Succeeded().Output);
        Assert.Equal(RecordKind.Connect, (await proxy.OnlyRecordAsync()).Kind);
    }

    /// <summary>With the first request, and after a 407 on the same connection.</summary>
    [Theory]
    [InlineData("--proxy-basic")]
    [InlineData("--proxy-anyauth")]
    public async Task Curl_LogsIn(string how)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("ca.pem"), TestCertificate.Localhost.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await using var plain = ScriptedOrigin.With("plain");
        await using var secret = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        await using var scene = await LoginScene.StartAsync(time: TimeProvider.System);
        foreach (var (url, body) in new[] { (plain.Url(), "plain"), ($"https://{secret.Authority}/", "secret") })
        {
            string[] common = ["-sS", "--cacert", folder.File("ca.pem"), "-x", scene.Proxy.Url, how];
            Assert.Equal(body, (await RealClients.RunAsync("curl", [.. common, "--proxy-user", "anna:anna-pw", url])).Succeeded().Output);
            var wrong = await RealClients.RunAsync("curl", [.. common, "--proxy-user", "anna:wrong", "-w", "%{http_connect}%{http_code}", url]);
            Assert.Contains("407", wrong.Output);
        }
        // A tunnel's record is there when it has ended, a moment after its client.
        await scene.Proxy.DisposeAsync();
        Assert.Equal(2, scene.Proxy.Records.Count(record => record.User == "anna"));
    }

    [Fact]
    public async Task Curl_UploadsAndDownloadsAFile()
    {
        using var folder = new TempFolder();
        var body = new byte[3_000_000];
        new Random(5).NextBytes(body);
        await File.WriteAllBytesAsync(folder.File("up"), body, TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.StartAtHead(async x =>
        {
            if (x.Head.Has("Expect"))
                await x.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            await x.ReplyAsync(200, (await x.ReadRequestAsync()).Body);
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var run = await RealClients.RunAsync("curl", ["-sS", "-x", proxy.Url, "-T", folder.File("up"), "-o", folder.File("down"), origin.Url("/file")]);
        run.Succeeded();
        var back = await File.ReadAllBytesAsync(folder.File("down"), TestContext.Current.CancellationToken);
        Assert.True(body.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public async Task Wget_FollowsARedirectAndSavesTheFile()
    {
        using var folder = new TempFolder();
        await using var origin = ScriptedOrigin.Start(x => x.Target == "/old"
            ? x.ReplyAsync(302, "", $"Location: http://{x.Head["Host"]}/new")
            : x.ReplyAsync(200, "the file"));
        await using var proxy = await RunningProxy.ForwardAsync();
        var run = await RealClients.RunAsync("wget", ["-q", "-e", "use_proxy=yes", "-e", $"http_proxy={proxy.Url}", "-O", folder.File("out"), origin.Url("/old")]);
        run.Succeeded();
        Assert.Equal("the file", await File.ReadAllTextAsync(folder.File("out"), TestContext.Current.CancellationToken));
        await proxy.EndAsync(2);
    }

    [Fact]
    public async Task Git_ClonesOverHttp()
    {
        using var folder = new TempFolder();
        var source = folder.File("source");
        await GitAsync(folder.Path, "init", "-q", source);
        await File.WriteAllTextAsync(Path.Combine(source, "readme"), "cloned through a proxy\n", TestContext.Current.CancellationToken);
        await GitAsync(source, "add", ".");
        await GitAsync(source, "-c", "user.name=t", "-c", "user.email=t@t.example", "commit", "-q", "-m", "one");
        await GitAsync(folder.Path, "clone", "-q", "--bare", source, folder.File("repo.git"));
        await using var origin = ScriptedOrigin.Start(x => GitServeAsync(x, folder.Path));
        await using var proxy = await RunningProxy.ForwardAsync();
        await GitAsync(folder.Path, "-c", $"http.proxy={proxy.Url}", "clone", "-q", origin.Url("/repo.git"), folder.File("copy"));
        Assert.Equal("cloned through a proxy\n", await File.ReadAllTextAsync(Path.Combine(folder.File("copy"), "readme"), TestContext.Current.CancellationToken));
        Assert.All(await proxy.RecordsAsync(2), r => Assert.Equal(200, r.Status));
    }

    [Fact]
    public async Task Chromium_ShowsAPageWithItsScript()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Target switch
        {
            "/" => x.ReplyAsync(200, "<!doctype html><title>t</title><p id=a>waiting</p><script src=/s.js></script>", "Content-Type: text/html"),
            "/s.js" => x.ReplyAsync(200, "document.getElementById('a').textContent = 'script ' + 'ran';", "Content-Type: text/javascript"),
            _ => x.ReplyAsync(404),
        });
        await using var proxy = await RunningProxy.ForwardAsync();
        var page = await RealClients.DumpDomAsync(proxy.EndPoint.ToString(), origin.Url());
        Assert.Contains("script ran", page);
        await proxy.DisposeAsync();
        Assert.Contains(proxy.Records, r => r.Url == origin.Url("/s.js") && r.Status == 200);
    }

    /// <summary>An index of the machine's own apt sources, into a folder of the test's.</summary>
    [Fact]
    public async Task Apt_UpdatesThroughTheProxy()
    {
        Assert.SkipWhen(RealClients.Find("apt-get") is null, "needs apt-get: a Debian system");
        var source = DebianSource();
        Assert.SkipWhen(source is null, "this machine has no apt source by http");
        using var folder = new TempFolder();
        foreach (var name in new[] { "lists/partial", "cache/archives/partial", "parts" })
            Directory.CreateDirectory(folder.File(name));
        await File.WriteAllTextAsync(folder.File("sources.list"), source, TestContext.Current.CancellationToken);
        await using var proxy = await RunningProxy.ForwardAsync();
        var run = await RealClients.RunAsync("apt-get",
        [
            "update", "-o", $"Dir::Etc::SourceList={folder.File("sources.list")}", "-o", $"Dir::Etc::SourceParts={folder.File("parts")}",
            "-o", $"Dir::State::Lists={folder.File("lists")}", "-o", $"Dir::Cache={folder.File("cache")}", "-o", $"Acquire::http::Proxy={proxy.Url}",
            "-o", "Acquire::Retries=1", "-o", "Acquire::http::Timeout=15", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none",
        ], TimeSpan.FromSeconds(90));
        await SkipIfOutOfReachAsync(proxy);
        Assert.DoesNotContain("Err:", run.Succeeded().Output);
        Assert.Contains(proxy.Records, r => r.Status == 200 && r.ResponseBytes > 1000);
    }

    /// <summary>A package that this project uses itself, from the source that this machine is set up with.</summary>
    [Fact]
    public async Task DotnetRestore_WorksThroughTunnels()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("p.csproj"),
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework><NuGetAudit>false</NuGetAudit></PropertyGroup>"
            + "<ItemGroup><PackageReference Include=\"YamlDotNet\" Version=\"18.1.0\" /></ItemGroup></Project>", TestContext.Current.CancellationToken);
        await using var proxy = await RunningProxy.ForwardAsync();
        var run = await RealClients.RunAsync("dotnet", ["restore", folder.File("p.csproj"), "--disable-build-servers", "--packages", folder.File("packages")],
            TimeSpan.FromSeconds(120), folder.Path, new Dictionary<string, string>
            {
                ["http_proxy"] = proxy.Url, ["https_proxy"] = proxy.Url,
                // Nothing from what earlier restores left.
                ["NUGET_HTTP_CACHE_PATH"] = folder.File("http"), ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1", ["MSBUILDDISABLENODEREUSE"] = "1",
            });
        await SkipIfOutOfReachAsync(proxy);
        run.Succeeded();
        Assert.Contains(proxy.Records, r => r.Kind == RecordKind.Connect && r.Status == 200 && r.ResponseBytes > 10_000);
        Assert.True(Directory.Exists(folder.File("packages/yamldotnet")));
    }

    private static async Task SkipIfOutOfReachAsync(RunningProxy proxy)
    {
        // A tunnel's record is there when it has ended, a moment after its client.
        await proxy.DisposeAsync();
        Assert.SkipWhen(!proxy.Records.Any(r => r.Status is >= 200 and < 400),
            "no registry can be reached: " + (proxy.Records.FirstOrDefault(r => r.Error is not null)?.Error ?? "nothing was asked for"));
    }

    // One deb822 stanza with http, the machine's own, its first suite only.
    private static string? DebianSource()
    {
        const string folder = "/etc/apt/sources.list.d";
        if (!Directory.Exists(folder))
            return null;
        foreach (var file in Directory.GetFiles(folder, "*.sources"))
        {
            var text = File.ReadAllText(file);
            if (Uri().Match(text) is { Success: true } uri && Suite().Match(text) is { Success: true } suite)
                return $"deb [signed-by={SignedBy().Match(text).Groups[1].Value}] {uri.Groups[1].Value} {suite.Groups[1].Value} main\n";
        }
        return null;
    }

    private static async Task GitAsync(string directory, params string[] arguments)
    {
        var run = await RealClients.RunAsync("git", arguments, directory: directory, environment: new Dictionary<string, string>
        {
            ["GIT_CONFIG_GLOBAL"] = "/dev/null", ["GIT_CONFIG_SYSTEM"] = "/dev/null", ["GIT_TERMINAL_PROMPT"] = "0",
        });
        run.Succeeded();
    }

    // git http-backend is a CGI program (RFC 3875): the request in its environment, a body on its input.
    private static async Task GitServeAsync(OriginExchange x, string root)
    {
        var target = x.Target.Split('?', 2);
        var start = new System.Diagnostics.ProcessStartInfo(RealClients.Find("git")!, ["http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["GIT_PROJECT_ROOT"] = root;
        start.Environment["GIT_HTTP_EXPORT_ALL"] = "1";
        start.Environment["REQUEST_METHOD"] = x.Method;
        start.Environment["PATH_INFO"] = target[0];
        start.Environment["QUERY_STRING"] = target.Length > 1 ? target[1] : "";
        start.Environment["CONTENT_TYPE"] = x.Head["Content-Type"] ?? "";
        start.Environment["CONTENT_LENGTH"] = x.Request.Body.Length.ToString(CultureInfo.InvariantCulture);
        start.Environment["HTTP_CONTENT_ENCODING"] = x.Head["Content-Encoding"] ?? "";
        start.Environment["GIT_PROTOCOL"] = x.Head["Git-Protocol"] ?? "";
        using var process = System.Diagnostics.Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync(x.Request.Body);
        process.StandardInput.Close();
        var output = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(output).Within();
        var bytes = output.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        var fields = Encoding.Latin1.GetString(bytes, 0, end).Split("\r\n");
        var status = fields.FirstOrDefault(f => f.StartsWith("Status: ", StringComparison.Ordinal)) is { } line ? int.Parse(line.AsSpan(8, 3), CultureInfo.InvariantCulture) : 200;
        await x.ReplyAsync(status, bytes[(end + 4)..], [.. fields.Where(f => !f.StartsWith("Status: ", StringComparison.Ordinal))]);
    }

    [GeneratedRegex(@"^URIs:\s*(http://\S+)", RegexOptions.Multiline)]
    private static partial Regex Uri();

    [GeneratedRegex(@"^Suites:\s*(\S+)", RegexOptions.Multiline)]
    private static partial Regex Suite();

    [GeneratedRegex(@"^Signed-By:\s*(/\S+)", RegexOptions.Multiline)]
    private static partial Regex SignedBy();
}
