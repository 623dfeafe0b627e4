using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary><c>sluice lists update</c> and what <c>sluice lists</c> says of subscribed lists, as processes of their own.</summary>
public sealed class ListsCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly SluiceProcesses _processes = new();

    private string Yaml => _folder.File("sluice.yaml");

    public void Dispose()
    {
        _processes.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task UpdateWithoutAProxy_FetchesTheCopies_AndTheNextStartNeedsNoNetwork()
    {
        await using (var origin = ScriptedOrigin.Start(x => x.Head.Has("If-None-Match") ? x.ReplyAsync(304) : x.ReplyAsync(200, x.Target == "/hosts" ? "ads.test\n" : "||track.test^\n", "ETag: \"1\"")))
        {
            Write(origin.Url("/hosts"), origin.Url("/filters"));
            var (code, _, said) = await _processes.RunAsync($"check -c {Yaml}");
            Assert.Equal((0, $"{origin.Url("/hosts")}: has no copy yet and names nothing until it has: sluice lists update fetches it"), (code, said.Split('\n')[0]));

            Assert.Equal($"changed    {origin.Url("/hosts")}\nchanged    {origin.Url("/filters")}\n", await _processes.OutputAsync($"lists update -c {Yaml}"));
            Assert.Equal($"unchanged  {origin.Url("/filters")}\n", await _processes.OutputAsync($"lists update {origin.Url("/filters")} -c {Yaml}"));
            using var json = JsonDocument.Parse(await _processes.OutputAsync($"lists update --json -c {Yaml}"));
            Assert.Equal([origin.Url("/hosts"), origin.Url("/filters")], json.RootElement.EnumerateArray().Select(list => list.GetProperty("url").GetString()));
            Assert.Equal((1, "", "sluice: url: no rule names a list 'http://elsewhere.test/'\n"), await _processes.RunAsync($"lists update http://elsewhere.test/ -c {Yaml}"));
        }
        Assert.Equal((0, "", ""), await RunQuietlyAsync($"check -c {Yaml}"));
        var (_, at) = await _processes.ServeAsync(Yaml);
        Assert.Equal(403, await AskAsync(at, "http://ads.test/"));
        Assert.Equal(403, await AskAsync(at, "http://track.test/"));
    }

    [Fact]
    public async Task UpdateOfARunningProxy_HasItAsk_AndItsRulesFollow()
    {
        await using var origin = ScriptedOrigin.Start(x => x.Number switch
        {
            1 => x.ReplyAsync(200, "ads.test\nno host\n"),
            2 => x.ReplyAsync(200, "more.test\n"),
            _ => x.ReplyAsync(200, "<html>"),
        });
        Write(origin.Url("/hosts"), null);
        var (_, at) = await _processes.ServeAsync(Yaml);
        await UntilRefusedAsync(at, "http://ads.test/");
        Assert.Equal($"changed    {origin.Url("/hosts")}\n", await _processes.OutputAsync($"lists update -c {Yaml}"));
        await UntilRefusedAsync(at, "http://more.test/");
        Assert.Equal((2, $"failed     {origin.Url("/hosts")}: What came is a page (HTML or XML) and no list\n", ""), await _processes.RunAsync($"lists update --socket {_folder.File("admin.sock")}"));
        Assert.Equal((1, "", "sluice: url: no rule names a list 'http://elsewhere.test/'\n"), await _processes.RunAsync($"lists update http://elsewhere.test/ -c {Yaml}"));

        var shown = await _processes.OutputAsync($"lists -c {Yaml}");
        var url = Regex.Escape(origin.Url("/hosts"));
        Assert.Matches($@"^format +entries +not understood +written +hits +list\nlines +1 +0 +[0-9]+s ago +[0-9]+ +{url}\n\nasked +changed +next +last time +list\n[0-9]+s ago +[0-9]+s ago +in [0-9]+s +failed +{url}\n{url}: What came is a page \(HTML or XML\) and no list\n$", shown);
    }

    [Fact]
    public async Task NothingSubscribed_IsSaid()
    {
        File.WriteAllText(Yaml, "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\n");
        Assert.Equal("no rule names a list by URL\n", await _processes.OutputAsync($"lists update -c {Yaml}"));
    }

    [Fact]
    public async Task UpdateThatIsKilled_LeavesTheOldCopy()
    {
        var half = new TaskCompletionSource();
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number != 2)
            {
                await x.ReplyAsync(200, x.Number == 1 ? "old.test\n" : "new.test\n");
                return;
            }
            await x.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {1 << 20}\r\n\r\n{new string('a', 1 << 19)}");
            half.SetResult();
            await x.WaitUntilGoneAsync();
        });
        Write(origin.Url("/hosts"), null);
        await _processes.OutputAsync($"lists update -c {Yaml}");
        var copy = Directory.GetFiles(_folder.File("lists"), "*.hosts").Single();
        var killed = _processes.Start($"lists update -c {Yaml}");
        await half.Task.Within(SluiceProcesses.Patience);
        while (!File.Exists(copy + ".part"))
            await Task.Delay(5, TestContext.Current.CancellationToken);
        killed.Kill();
        await killed.WaitForExitAsync(TestContext.Current.CancellationToken).Within(SluiceProcesses.Patience);
        Assert.Equal("old.test\n", await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken));
        Assert.Equal($"changed    {origin.Url("/hosts")}\n", await _processes.OutputAsync($"lists update -c {Yaml}"));
        Assert.Equal("new.test\n", await File.ReadAllTextAsync(copy, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(copy + ".part"));
    }

    private void Write(string hosts, string? filters) => File.WriteAllText(Yaml, $$"""
        listeners: [{ kind: forward, bind: 127.0.0.1:0, policy: p }]
        admin: { socket: admin.sock }
        lists: { folder: lists }
        logs: { access: off }
        policies:
          p:
            default: allow
            rules:
              - { id: hosts, deny: true, hosts: { url: "{{hosts}}" } }
              {{(filters is null ? "" : $"- {{ id: filters, deny: true, filters: [\"{filters}\"] }}")}}
        """);

    private async Task<(int, string, string)> RunQuietlyAsync(string arguments)
    {
        var (code, _, error) = await _processes.RunAsync(arguments);
        return (code, "", error);
    }

    /// <summary>Files are looked at every second, twice.</summary>
    private static async Task UntilRefusedAsync(IPEndPoint proxy, string url)
    {
        using var limit = new CancellationTokenSource(SluiceProcesses.Patience);
        while (await AskAsync(proxy, url) != 403)
            await Task.Delay(50, limit.Token);
    }

    private static async Task<int> AskAsync(IPEndPoint proxy, string url)
    {
        await using var client = await RawConnection.OpenAsync(proxy);
        await client.SendAsync($"GET {url} HTTP/1.1\r\nHost: {new Uri(url).Authority}\r\n\r\n");
        return (await client.ReadResponseAsync()).Status;
    }
}
