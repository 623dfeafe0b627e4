using System.Text.Json;
using Sluice.Cli.Care;
using Sluice.Records;
using Sluice.Tests.Kit;
using Sluice.Tests.Records;
using Sluice.Tests.Records.History;

namespace Sluice.Tests.Dashboard;

/// <summary>GET /v1/history of the program, over its socket.</summary>
public sealed class HistoryEndpointTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly HistoryScene _scene = new();

    public void Dispose()
    {
        _scene.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Records_ComeTheNewestFirst_PageByPage()
    {
        _scene.Write(Sample.Miss(), Sample.Denied(), Sample.Tunnel(), Sample.Relay());
        await using var proxy = await ServeAsync();
        using var client = new AdminClient(_folder.File("admin.sock"));
        var first = await AskAsync(client, "?limit=2");
        Assert.Equal([9, 8], Numbers(first));
        var second = await AskAsync(client, $"?limit=3&before={first.GetProperty("next").GetInt64()}");
        Assert.Equal([7, 7], Numbers(second));
        Assert.Equal(JsonValueKind.Null, second.GetProperty("next").ValueKind);
        Assert.Equal(Sample.Format(LogFormat.Json).Line(Sample.Miss()), second.GetProperty("records")[1].GetRawText());
    }

    [Theory]
    [InlineData("?status=4xx&client=10.0.0.0/8", 1)]
    [InlineData("?host=.example.com", 3)]
    [InlineData("?since=2026-01-02T03:04:05Z&error=any", 1)]
    [InlineData("?verdict=report", 0)]
    public async Task Conditions_ChooseThem(string query, int count)
    {
        _scene.Write(Sample.Miss(), Sample.Denied(), Sample.Tunnel(), Sample.Relay());
        await using var proxy = await ServeAsync();
        using var client = new AdminClient(_folder.File("admin.sock"));
        Assert.Equal(count, (await AskAsync(client, query)).GetProperty("records").GetArrayLength());
    }

    [Theory]
    [InlineData("?limit=0", "limit: '0' is not a number, write 1 to 10000")]
    [InlineData("?limit=10001", "limit: '10001' is not a number")]
    [InlineData("?status=6xx", "status: '6xx' is not a status")]
    [InlineData("?hosts=a", "unknown parameter 'hosts'")]
    [InlineData("?host=a&host=b", "host: is there more than once")]
    public async Task WhatIsAskedWrongly_IsTold(string query, string told)
    {
        await using var proxy = await ServeAsync();
        using var client = new AdminClient(_folder.File("admin.sock"));
        var answer = await client.GetAsync("/v1/history" + query, TestContext.Current.CancellationToken);
        Assert.Contains(told, answer.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoFileYet_IsTold()
    {
        await using var proxy = await ServeAsync();
        using var client = new AdminClient(_folder.File("admin.sock"));
        var answer = await client.GetAsync("/v1/history", TestContext.Current.CancellationToken);
        Assert.Contains("there is no history yet", answer.Problem, StringComparison.Ordinal);
    }

    private async Task<RunningProxy> ServeAsync()
    {
        await File.WriteAllTextAsync(_folder.File("s.yaml"),
            $"listeners: [{{ kind: forward, bind: 127.0.0.1:0 }}]\nadmin: {{ socket: admin.sock }}\nlogs: {{ access: off, history: {{ path: {_scene.Path}, keep: 24855d }} }}", TestContext.Current.CancellationToken);
        return await RunningProxy.OfSourceAsync(_folder.File("s.yaml"));
    }

    private static async Task<JsonElement> AskAsync(AdminClient client, string query)
    {
        var answer = await client.GetAsync("/v1/history" + query, TestContext.Current.CancellationToken);
        Assert.Null(answer.Problem);
        return answer.Body;
    }

    private static IEnumerable<long> Numbers(JsonElement page) => page.GetProperty("records").EnumerateArray().Select(record => record.GetProperty("number").GetInt64());
}
