using System.Text.Json;
using Sluice.Tests.House;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

public class StatusCommandTests
{
    private const string Yaml = "listeners: [{ name: web, kind: forward, bind: 127.0.0.1:0 }]";

    [Fact]
    public async Task Ready_IsExitCode0()
    {
        await using var scene = await AdminScene.StartAsync(Yaml);
        var (code, output, error) = await Called.RunAsync("status", "--socket", scene.Socket);
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^Sluice 0\.1\.0 is ready, runs for [0-9]+s, configuration 1\n\nlistener +kind +address +open\nweb +forward +127\.0\.0\.1:[0-9]+ +0\n", output);
        using var json = JsonDocument.Parse(await Called.OutputAsync("status", "--json", "--socket", scene.Socket));
        Assert.True(json.RootElement.GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task NotReady_IsExitCode3AndSaysWhy()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c => await c.ReadToEndAsync());
        await using var scene = await AdminScene.StartAsync($"{Yaml}\nlimits: {{ connectPorts: [1-65535], drain: 60s }}");
        var client = await scene.Proxy.ConnectAsync();
        await client.SendAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadResponseAsync("CONNECT");
        var ending = scene.Proxy.DisposeAsync().AsTask();
        var (code, output, _) = await Called.RunAsync("status", "--socket", scene.Socket);
        Assert.Equal(3, code);
        Assert.Contains("is not ready", output, StringComparison.Ordinal);
        Assert.Contains("\n  it ends: what is open may end, nothing else begins\n", output, StringComparison.Ordinal);
        await client.DisposeAsync();
        await ending.Within();
    }

    [Theory]
    [InlineData("--socket FOLDER/none.sock", 2, "nobody answers there; is Sluice running with admin: { socket: PATH }?")]
    [InlineData("-c FOLDER/none.yaml", 1, "none.yaml")]
    [InlineData("--url http://127.0.0.1:1", 2, "http://127.0.0.1:1: nobody answers there; is Sluice running with dashboard: { bind: ADDRESS:PORT }?")]
    [InlineData("--url http://10.0.0.1:3129", 1, "--url: 'http://10.0.0.1:3129' leaves this machine in the clear, and the token with it: use https, or a tunnel such as ssh -L")]
    [InlineData("--url ftp://127.0.0.1", 1, "--url: 'ftp://127.0.0.1' is not a place, write for example http://127.0.0.1:3129")]
    [InlineData("--url http://127.0.0.1:3129/x", 1, "is not a place")]
    [InlineData("--url http://127.0.0.1:1 --token-file FOLDER/none", 1, "--token-file: Could not find file")]
    [InlineData("--url http://127.0.0.1:1 --token-file FOLDER/empty", 1, "holds no token: one line of printable characters")]
    public async Task Nobody_OrAWrongCall_IsAnotherExitCode(string arguments, int expected, string complaint)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("empty"), "\n", TestContext.Current.CancellationToken);
        var (code, output, error) = await Called.RunAsync(["status", .. arguments.Replace("FOLDER", folder.Path, StringComparison.Ordinal).Split(' ')]);
        Assert.Equal((expected, ""), (code, output));
        Assert.Contains(complaint, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverTcp_ItIsAskedWithTheToken()
    {
        using var folder = new TempFolder();
        var token = folder.File("token");
        await File.WriteAllTextAsync(token, "0123456789abcdefghijklmnopqrstuvwxyz\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("wrong"), "no\n", TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.Start(x => x.Head["Authorization"] == "Bearer 0123456789abcdefghijklmnopqrstuvwxyz"
            ? x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"ready\":true}")
            : x.WriteAsync("HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: 20\r\n\r\n{\"detail\":\"Log in.\"}"));
        Assert.Equal("{\"ready\":true}\n", await Called.OutputAsync("status", "--json", "--url", $"http://{origin.Authority}", "--token-file", token));
        var (code, _, error) = await Called.RunAsync("status", "--json", "--url", $"http://{origin.Authority}", "--token-file", folder.File("wrong"));
        Assert.Equal((1, "sluice: Log in.\n"), (code, error));
    }

    [Fact]
    public async Task TopOnce_PrintsASnapshot()
    {
        await using var origin = ScriptedOrigin.With("hello");
        await using var scene = await AdminScene.StartAsync(Yaml);
        await scene.Proxy.GetAsync(origin, "/a");
        await scene.UntilAsync("/v1/traffic", body => body.GetProperty("totals").GetProperty("exchanges").GetInt64() == 1);
        var text = await Called.OutputAsync("top", "--once", "--socket", scene.Socket);
        Assert.Contains($"GET {origin.Url("/a")}\n\nhosts\n", text, StringComparison.Ordinal);
        Assert.Contains($"http://{origin.Authority}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("GET", await Called.OutputAsync("top", "--once", "--filter", "status=404", "--socket", scene.Socket), StringComparison.Ordinal);
        Assert.Equal(1, (await Called.RunAsync("top", "--once", "--filter", "status=9", "--socket", scene.Socket)).Code);
        Assert.Equal(2, (await Called.RunAsync("top", "--once", "--socket", scene.File("none.sock"))).Code);
    }
}
