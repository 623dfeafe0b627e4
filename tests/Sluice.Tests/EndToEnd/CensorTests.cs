using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

public class CensorTests
{
    [Fact]
    public async Task DeniedHost_Is403AndNothingIsDialled()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Action = RuleAction.Deny, Hosts = ["127.0.0.1"] }));
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
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Action = RuleAction.Deny, Hosts = ["127.0.0.1"] }));
        Assert.Equal(403, (await proxy.AskAsync($"CONNECT {origin.Authority} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n")).Status);
        Assert.Equal(0, origin.Connections);
    }

    [Fact]
    public async Task RulesStatus_IsTheAnswers()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Action = RuleAction.Deny, Status = 404, Hosts = ["127.0.0.1"] }));
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
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "ads", Action = RuleAction.Deny, HostsFile = list }));
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
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "files", Action = RuleAction.Deny, HostsFile = list }));
        Assert.Equal(status, (await proxy.GetAsync(origin, path)).Status);
    }

    // B15
    [Theory]
    [InlineData("/secret/x")]
    [InlineData("/SECRET/x")]
    [InlineData("//secret//x")]
    [InlineData("/%73ecret/x")]
    [InlineData("/%53ECRET/x")]
    [InlineData("/a/../secret/x")]
    [InlineData("/a/%2e%2e/secret/x")]
    [InlineData("/a/%2E./secret/x")]
    [InlineData("/./secret/./x")]
    [InlineData("/a\\..\\secret\\x")]
    [InlineData("\\secret\\x")]
    [InlineData("/secret/%00")]
    [InlineData("/secret/x%00.txt")]
    [InlineData("/secret/x?a=b")]
    public async Task PathInEverySpelling_IsDeniedAsInTheUsualOne(string path)
    {
        using var folder = new TempFolder();
        var list = folder.File("paths.txt");
        await File.WriteAllTextAsync(list, "127.0.0.1/secret/\n", TestContext.Current.CancellationToken);
        await using var origin = ScriptedOrigin.With("ok");
        var policy = Policy(new RuleOptions { Id = "paths", Action = RuleAction.Deny, HostsFile = list });
        await using var forward = await RunningProxy.ForwardAsync(policy: policy);
        Assert.Equal(path[0] == '/' ? 403 : 400, (await forward.GetAsync(origin, path)).Status);
        await using var reverse = await RunningProxy.ReverseAsync(origin.EndPoint, policy: policy);
        var answer = await reverse.AskAsync($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        Assert.Equal(path[0] == '/' ? 403 : 400, answer.Status);
        Assert.Equal(0, origin.Connections);
        Assert.Equal(200, (await forward.GetAsync(origin, "/secre/t")).Status);
    }

    // B16
    [Theory]
    [InlineData("blocked.test")]
    [InlineData("www.blocked.test")]
    [InlineData("WWW.Blocked.TEST")]
    [InlineData("blocked.test.")]
    [InlineData("blocked.test:80")]
    [InlineData("blocked.test.:8080")]
    [InlineData("%62locked.test")]
    [InlineData("xn--bcher-kva.test")]
    [InlineData("XN--BCHER-KVA.test.")]
    [InlineData("127.0.0.9")]
    [InlineData("127.9")]
    [InlineData("0x7f.0.0.9")]
    [InlineData("2130706441")]
    [InlineData("0177.0.0.011")]
    [InlineData("127.0.0.9.")]
    [InlineData("[::ffff:127.0.0.9]")]
    [InlineData("[::ffff:7f00:9]:443")]
    [InlineData("[0:0:0:0:0:FFFF:7F00:0009]")]
    public async Task HostInEverySpelling_IsDeniedAsInTheUsualOne(string host)
    {
        var policy = Policy(new RuleOptions { Id = "hosts", Action = RuleAction.Deny, Hosts = [".blocked.test", "b\u00fccher.test", "127.0.0.9"] });
        await using var proxy = await RunningProxy.ForwardAsync(policy: policy);
        string[] asked =
        [
            $"GET http://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
            // RFC 9112 s.3.2.2: the target counts, not Host.
            $"GET http://{host}/ HTTP/1.1\r\nHost: innocent.test\r\n\r\n",
            $"CONNECT {(host.Contains("]:", StringComparison.Ordinal) || host.EndsWith("80", StringComparison.Ordinal) ? host : host + ":443")} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ];
        foreach (var request in asked)
            Assert.True((await proxy.AskAsync(request)).Status is 403 or 400, request);
        await using var origin = ScriptedOrigin.With("never");
        await using var reverse = await RunningProxy.ReverseAsync(origin.EndPoint, policy: policy);
        Assert.True((await reverse.AskAsync($"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).Status is 403 or 400);
        Assert.Equal(0, origin.Connections);
        Assert.All(await proxy.EndAsync(3), record => Assert.Null(record.Upstream));
    }

    [Fact]
    public async Task HostileUrl_IsEscapedOnThePage()
    {
        await using var origin = ScriptedOrigin.With("never");
        await using var proxy = await RunningProxy.ForwardAsync(policy: Policy(new RuleOptions { Id = "no", Action = RuleAction.Deny, Hosts = ["127.0.0.1"] }));
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
            Name = "p", DefaultAllows = false, Rules = [new RuleOptions { Id = "yes", Action = RuleAction.Allow, Hosts = ["127.0.0.1"] }],
        });
        Assert.Equal(200, (await proxy.GetAsync(origin)).Status);
        Assert.Equal(403, (await proxy.AskAsync("GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n")).Status);
        Assert.Null((await proxy.EndAsync(2))[0].Verdict.List);
    }

    private static PolicyOptions Policy(RuleOptions rule) => new() { Name = "p", DefaultAllows = true, Rules = [rule] };
}
