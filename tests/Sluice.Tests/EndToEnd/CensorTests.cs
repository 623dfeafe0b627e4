using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

public class CensorTests
{
    [Fact]
    public async Task DeniedHost_Is403AndNothingIsDialled()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Deny = true, Hosts = ["127.0.0.1"] }));
        var response = await proxy.GetAsync(origin);
        Assert.Equal(403, response.Status);
        Assert.Contains("http_request_denied", response["Proxy-Status"]);
        Assert.Contains("no", response.Text);
        Assert.Equal(0, origin.Connections);
        await proxy.EndAsync(1);
    }

    [Fact]
    public async Task DeniedHost_IsDeniedToConnectToo()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Deny = true, Hosts = ["127.0.0.1"] }));
        Assert.Equal(403, (await proxy.AskAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n")).Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task RulesStatus_IsTheAnswers()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Deny = true, Status = 404, Hosts = ["127.0.0.1"] }));
        Assert.Equal(404, (await proxy.GetAsync(origin)).Status);
    }

    [Fact]
    public async Task Refusal_IsProblemJsonForThoseWhoAskForIt()
    {
        // RFC 9457
        using var folder = new TempFolder();
        var list = folder.File("blocked.txt");
        await File.WriteAllTextAsync(list, "# what we do not want\n127.0.0.1\n", TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "ads", Deny = true, HostsFile = list }));
        var response = await proxy.GetAsync(origin, "/", "Accept: application/problem+json");
        Assert.StartsWith("application/problem+json", response["Content-Type"]);
        using var problem = System.Text.Json.JsonDocument.Parse(response.Body);
        Assert.Equal(403, problem.RootElement.GetProperty("status").GetInt32());
        Assert.Contains("ads", response.Text);
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal((list, 2), (record.Verdict.List, record.Verdict.Line));
    }

    [Theory]
    [InlineData("/a/evil.exe", 403)]
    [InlineData("/a/good.txt", 200)]
    public async Task FileName_IsDenied(string path, int status)
    {
        using var folder = new TempFolder();
        var list = folder.File("files.txt");
        await File.WriteAllTextAsync(list, "file:*.exe\n", TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "files", Deny = true, HostsFile = list }));
        Assert.Equal(status, (await proxy.GetAsync(origin, path)).Status);
    }

    [Fact]
    public async Task HostileUrl_IsEscapedOnThePage()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Deny = true, Hosts = ["127.0.0.1"] }));
        var response = await proxy.GetAsync(origin, "/?q='%3Cscript%3E&x=&lt;", "Accept: text/html");
        Assert.DoesNotContain("<script", response.Text);
        Assert.DoesNotContain("q='", response.Text);
    }

    [Fact]
    public async Task DefaultOfDeny_AllowsOnlyWhatARuleAllows()
    {
        await using var origin = ScriptedOrigin.With("ok");
        await using var proxy = await RunningProxy.ForwardAsync(policy: new PolicyOptions
        {
            Name = "p", DefaultAllows = false, Rules = [new RuleOptions { Id = "yes", Deny = false, Hosts = ["127.0.0.1"] }],
        });
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        Assert.Equal(403, (await proxy.AskAsync("GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n")).Status);
        Assert.Null((await proxy.EndAsync(2))[0].Verdict.List);
    }

    private static PolicyOptions Policy(RuleOptions rule) => new() { Name = "p", DefaultAllows = true, Rules = [rule] };
}
