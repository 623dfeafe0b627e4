using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary><c>sluice cache</c> beside a proxy, both as processes of their own.</summary>
public sealed class CacheCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = SluiceProcesses.Patience;

    private readonly TempFolder _folder = new();
    private readonly SluiceProcesses _processes = new();

    public CacheCommandTests() => File.WriteAllText(Yaml, "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\nadmin: { socket: admin.sock }\nlogs: { access: off }\n");

    private string Yaml => _folder.File("sluice.yaml");

    private string Socket => _folder.File("admin.sock");

    public void Dispose()
    {
        _processes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Commands_LookIntoTheRunningCacheAndPurge()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=600", "Content-Type: text/plain", "Surrogate-Key: one two", "X-Odd: a\tb");
        var (_, proxy) = await ServeAsync();
        await GetAsync(proxy, origin.Url("/a"));
        await GetAsync(proxy, origin.Url("/a"));
        await GetAsync(proxy, origin.Url("/b"));

        var stats = await OutputAsync($"cache stats -c {Yaml}");
        Assert.Matches(@"hit ratio +33\.3 %\nhits +1, of these stale 0\nmisses +2\n", stats);
        Assert.Matches(@"memory +2 entries, [0-9]+ of 256MiB, 0 evicted, 0 faults\ndisk +off\n", stats);
        using (var json = JsonDocument.Parse(await OutputAsync($"cache stats --json --socket {Socket}")))
            Assert.Equal(1, json.RootElement.GetProperty("hits").GetInt32());

        var list = await OutputAsync($"cache ls --prefix {origin.Url("/a")} -c {Yaml}");
        Assert.Matches($@"^status +bytes +age +fresh for +tier +route +type +url\n200 +5 +[0-9]+s +9m +memory +\(forward\) +text/plain +{Regex.Escape(origin.Url("/a"))}\n$", list);
        Assert.EndsWith("and more: the first 1 are shown, --limit shows more\n", await OutputAsync($"cache ls --limit 1 -c {Yaml}"), StringComparison.Ordinal);

        var shown = await OutputAsync($"cache show {origin.Url("/a")} --header \"Accept: text/plain\" -c {Yaml}");
        Assert.StartsWith($"{origin.Url("/a")} (forward)\na GET now is a hit: the stored answer is fresh\n\n* 200, 5 bytes in memory, selected by the request\n    tags: one, two\n", shown, StringComparison.Ordinal);
        Assert.Matches(@"lifetime +600 +from max-age\n", shown);
        // No control octets of others onto a terminal.
        Assert.Contains("| X-Odd: a\\x09b\n", shown, StringComparison.Ordinal);

        Assert.Equal("1 answer is stale\n", await OutputAsync($"cache purge {origin.Url("/a")} --soft -c {Yaml}"));
        Assert.Contains("from soft purge", await OutputAsync($"cache show {origin.Url("/a")} -c {Yaml}"), StringComparison.Ordinal);
        Assert.Equal("2 answers are gone\n", await OutputAsync($"cache purge --tag two -c {Yaml}"));
        Assert.Equal("0 answers are gone\n", await OutputAsync($"cache purge --all -c {Yaml}"));
        Assert.Equal($"nothing is held\n  {origin.Url("/a")} (forward): a GET now is a miss: nothing is stored for this URI\n", await OutputAsync($"cache show {origin.Url("/a")} -c {Yaml}"));
    }

    [Theory]
    [InlineData("cache stats -c FOLDER/none.yaml", 1, "none.yaml: there is no such file")]
    [InlineData("cache stats -c FOLDER/off.yaml", 1, "off.yaml: there is no admin API: write admin: { socket: PATH } and start Sluice again, or name it with --socket")]
    [InlineData("cache stats -c FOLDER/sluice.yaml", 2, "admin.sock: nobody answers there; is Sluice running with admin: { socket: PATH }?")]
    [InlineData("cache stats --socket FOLDER/no.sock", 2, "no.sock: nobody answers there; is Sluice running with admin: { socket: PATH }?")]
    [InlineData("cache purge", 1, "Name what to purge, once: URL, --prefix, --host, --tag or --all.")]
    [InlineData("cache purge http://a.test/ --all", 1, "Name what to purge, once: URL, --prefix, --host, --tag or --all.")]
    [InlineData("cache show", 1, "Required argument 'URL' missing")]
    public async Task WrongCall_SaysWhatIsWrong(string call, int code, string complaint)
    {
        File.WriteAllText(_folder.File("off.yaml"), "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\n");
        var (ended, _, said) = await RunAsync(call.Replace("FOLDER", _folder.Path, StringComparison.Ordinal));
        Assert.Contains(complaint, said, StringComparison.Ordinal);
        Assert.Equal(code, ended);
    }

    [Fact]
    public async Task WrongSelector_IsToldByTheProxy()
    {
        await ServeAsync();
        Assert.Equal((1, "", "sluice: host: 'a:80' names a port: an entry is a host, on every port\n"), await RunAsync($"cache purge --host a:80 -c {Yaml}"));
        Assert.Equal((1, "", "sluice: route: no reverse listener is named 'app'\n"), await RunAsync($"cache ls --route app -c {Yaml}"));
    }

    [Fact]
    public async Task Socket_IsOneProcesssAtATime()
    {
        var (first, _) = await ServeAsync();
        var (code, _, said) = await RunAsync($"run -c {Yaml}");
        Assert.Equal((2, $"sluice: no admin API: {Socket}: another process serves there\n"), (code, said));

        // Killed, it leaves its socket; the next one takes the place.
        first.Kill();
        await first.WaitForExitAsync(TestContext.Current.CancellationToken).Within(Patience);
        Assert.True(File.Exists(Socket));
        var (second, _) = await ServeAsync();
        await OutputAsync($"cache stats -c {Yaml}");

        // Ended, it takes its socket along; standard output was the access log's alone.
        using var end = Process.Start("kill", ["-TERM", $"{second.Id}"]);
        await second.WaitForExitAsync(TestContext.Current.CancellationToken).Within(Patience);
        Assert.False(File.Exists(Socket));
        Assert.Equal("", await second.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).Within(Patience));
    }

    private Task<(Process Process, IPEndPoint At)> ServeAsync() => _processes.ServeAsync(Yaml);

    private Task<string> OutputAsync(string arguments) => _processes.OutputAsync(arguments);

    private Task<(int Code, string Output, string Error)> RunAsync(string arguments) => _processes.RunAsync(arguments);

    private static async Task GetAsync(IPEndPoint proxy, string url)
    {
        await using var client = await RawConnection.OpenAsync(proxy);
        await client.SendAsync($"GET {url} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\n\r\n");
        Assert.Equal(200, (await client.ReadResponseAsync()).Status);
    }
}
