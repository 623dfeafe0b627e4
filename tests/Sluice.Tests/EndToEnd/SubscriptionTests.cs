using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Subscribed lists in the whole proxy, through reloads.</summary>
public sealed class SubscriptionTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reload_SubscribesAndGoesOnWithWhatHasNotChanged()
    {
        await using var lists = ScriptedOrigin.Start(x => x.ReplyAsync(200, x.Target == "/one" ? "one.test\n" : "two.test\n"));
        await using var proxy = await StartAsync("[]");
        Assert.NotEqual(403, await AskAsync(proxy, "one.test"));

        await ReloadAsync(proxy, $"[{{ id: one, deny: true, hosts: {{ url: \"{lists.Url("/one")}\" }} }}]");
        await UntilRefusedAsync(proxy, "one.test");
        await ReloadAsync(proxy, $"[{{ id: one, deny: true, reason: No., hosts: {{ url: \"{lists.Url("/one")}\" }} }}]");
        Assert.Equal(403, await AskAsync(proxy, "one.test"));
        Assert.Single(lists.Requests);

        await ReloadAsync(proxy, $"[{{ id: two, deny: true, hosts: {{ url: \"{lists.Url("/two")}\" }} }}]");
        await UntilRefusedAsync(proxy, "two.test");
        Assert.NotEqual(403, await AskAsync(proxy, "one.test"));
        Assert.Equal(2, lists.Requests.Count);
    }

    private void Write(string rules) => File.WriteAllText(_folder.File("sluice.yaml"),
        $"listeners: [{{ kind: forward, bind: 127.0.0.1:0, policy: p }}]\nlists: {{ folder: lists }}\npolicies: {{ p: {{ default: allow, rules: {rules} }} }}\nlimits: {{ connect: 1s, drain: 1s }}\nlogs: {{ access: off }}\n");

    private Task<RunningProxy> StartAsync(string rules)
    {
        Write(rules);
        return RunningProxy.OfSourceAsync(_folder.File("sluice.yaml"));
    }

    private async Task ReloadAsync(RunningProxy proxy, string rules)
    {
        Write(rules);
        Assert.Empty((await proxy.ReloadAsync()).Problems);
    }

    /// <summary>Files are looked at every second, twice.</summary>
    private static async Task UntilRefusedAsync(RunningProxy proxy, string host)
    {
        // Each question may take as long as a name that is not found.
        using var limit = new CancellationTokenSource(3 * Waiting.Limit);
        while (await AskAsync(proxy, host) != 403)
            await Task.Delay(50, limit.Token);
    }

    /// <summary>A name that nobody has: what is not refused cannot be reached.</summary>
    private static async Task<int> AskAsync(RunningProxy proxy, string host) =>
        (await proxy.AskAsync($"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status;
}
