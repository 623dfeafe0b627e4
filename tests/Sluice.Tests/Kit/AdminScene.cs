using System.Text.Json;
using Sluice.Cli.Care;
using Sluice.Tests.House;

namespace Sluice.Tests.Kit;

/// <summary>A proxy of a configuration file, with its admin API.</summary>
internal sealed class AdminScene : IAsyncDisposable
{
    private readonly TempFolder _folder;

    private AdminScene(TempFolder folder, RunningProxy proxy) => (_folder, Proxy, Client) = (folder, proxy, new AdminClient(folder.File("admin.sock")));

    public RunningProxy Proxy { get; }

    public AdminClient Client { get; }

    public string Socket => _folder.File("admin.sock");

    public string File(string name) => _folder.File(name);

    /// <param name="yaml">Without section admin.</param>
    public static async Task<AdminScene> StartAsync(string yaml, params (string Name, string Text)[] files)
    {
        var folder = new TempFolder();
        foreach (var (name, text) in files)
            await System.IO.File.WriteAllTextAsync(folder.File(name), text);
        await System.IO.File.WriteAllTextAsync(folder.File("sluice.yaml"), $"{yaml}\nadmin: {{ socket: admin.sock }}\nlogs: {{ access: off }}\n");
        return new AdminScene(folder, await RunningProxy.OfSourceAsync(folder.File("sluice.yaml")));
    }

    /// <summary>What is answered, which is no problem.</summary>
    public async Task<JsonElement> GetAsync(string path)
    {
        var answer = await Client.GetAsync(path, TestContext.Current.CancellationToken).Within();
        Assert.Null(answer.Problem);
        return answer.Body;
    }

    /// <summary>Asks until it is as it should be: what is counted comes a moment later.</summary>
    public async Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> isSo)
    {
        for (var until = TimeProvider.System.GetTimestamp(); ;)
        {
            var body = await GetAsync(path);
            if (isSo(body))
                return body;
            Assert.True(TimeProvider.System.GetElapsedTime(until) < Waiting.Limit, body.GetRawText());
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Proxy.DisposeAsync();
        _folder.Dispose();
    }
}
