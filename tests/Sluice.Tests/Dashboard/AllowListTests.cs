using System.Text.RegularExpressions;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Dashboard;

/// <summary>POST /v1/policy/allow, and the button Allow.</summary>
public partial class AllowListTests
{
    private const string Policies = """
        listeners: [{ name: main, kind: forward, bind: 127.0.0.1:0, policy: p }]
        policies:
          p:
            default: allow
            rules:
              - { id: inline, allow: true, hosts: [inline.test] }
              - { id: mine, allow: true, hosts: { file: allowed.txt } }
              - { id: ads, deny: true, hosts: { file: ads.txt } }
          q:
            default: deny
            rules:
              - { id: first, deny: true, hosts: [never.test] }
              - { id: late, allow: true, hosts: { file: hosts.txt } }

        """;

    [Theory]
    [InlineData("{\"policy\":\"p\",\"host\":\"ads.test\",\"rule\":\"ads\"}", "allowed.txt", "ads.test")]
    [InlineData("{\"policy\":\"p\",\"host\":\".ADS.test\"}", "allowed.txt", ".ads.test")]
    [InlineData("{\"policy\":\"q\",\"host\":\"ads.test\"}", "hosts.txt", "0.0.0.0 ads.test")]
    public async Task Host_GetsALineWithWhoAndWhen(string order, string file, string line)
    {
        await using var scene = await StartAsync();
        var before = await File.ReadAllTextAsync(scene.File(file), TestContext.Current.CancellationToken);
        var response = await AllowAsync(scene, order);
        Assert.True(response.Status == 200, response.Text);
        Assert.Contains("\"added\":true", response.Text, StringComparison.Ordinal);
        var after = await File.ReadAllTextAsync(scene.File(file), TestContext.Current.CancellationToken);
        Assert.StartsWith(before, after, StringComparison.Ordinal);
        Assert.Matches($"^\n?{Regex.Escape(line)} # allowed by the dashboard, [0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}} [0-9]{{2}}:[0-9]{{2}}Z\n$", after[before.Length..]);
        // Asked again it is there already.
        Assert.Contains("\"added\":false", (await AllowAsync(scene, order)).Text, StringComparison.Ordinal);
        Assert.Equal(after, await File.ReadAllTextAsync(scene.File(file), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("{}", 400, "name a policy and a host")]
    [InlineData("{\"policy\":\"no\",\"host\":\"a.test\"}", 400, "no policy is named 'no'")]
    [InlineData("{\"policy\":\"p\",\"host\":\"a.test:80\"}", 400, "names a port")]
    [InlineData("{\"policy\":\"p\",\"host\":\"a.test\\n0.0.0.0 evil.test\"}", 400, "is no host name")]
    [InlineData("{\"policy\":\"p\",\"host\":\"a.test # x\"}", 400, "is no host name")]
    [InlineData("{\"policy\":\"p\",\"host\":\"a.test\",\"rule\":\"no\"}", 400, "has no rule 'no'")]
    [InlineData("{\"policy\":\"p\",\"host\":\"a.test\",\"rule\":\"inline\"}", 409, "has no allow rule with a list file of its own before the rule 'inline'")]
    [InlineData("{\"policy\":\"q\",\"host\":\"a.test\",\"rule\":\"first\"}", 409, "hosts: { file: allowed.txt }")]
    [InlineData("{\"policy\":\"q\",\"host\":\".a.test\"}", 400, "it is a hosts file")]
    public async Task WrongOrder_WritesNothing(string order, int status, string said)
    {
        await using var scene = await StartAsync();
        var response = await AllowAsync(scene, order);
        Assert.Equal(status, response.Status);
        Assert.Contains(said, Regex.Unescape(response.Text), StringComparison.Ordinal);
        Assert.Equal("ok.test", await File.ReadAllTextAsync(scene.File("allowed.txt"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Button_LetsThroughWhatWasRefused()
    {
        await using var scene = await StartAsync();
        Assert.Equal(403, (await scene.Proxy.AskAsync("GET http://ads.test/x HTTP/1.1\r\nHost: ads.test\r\n\r\n")).Status);
        await scene.Proxy.RecordsAsync(1);
        // What the gauge counts is there with the record.
        var page = await scene.GetAsync("/blocked");
        Assert.Contains("Allow ads.test", page.Text, StringComparison.Ordinal);
        Assert.Contains("ads.txt:1", page.Text, StringComparison.Ordinal);
        var form = string.Join('&', Hidden().Matches(page.Text).Select(field => $"{field.Groups[1].Value}={Uri.EscapeDataString(field.Groups[2].Value)}"));
        var response = await scene.PostAsync("/blocked/allow", form);
        Assert.Equal(303, response.Status);
        Assert.Contains("ads.test is allowed by a new line in allowed.txt (rule mine)", (await scene.GetAsync(response["Location"]!)).Text, StringComparison.Ordinal);
        await scene.Proxy.ReloadAsync();
        Assert.NotEqual(403, (await scene.Proxy.AskAsync("GET http://ads.test/x HTTP/1.1\r\nHost: ads.test\r\n\r\n")).Status);
    }

    private static Task<DashboardScene> StartAsync() => DashboardScene.StartAsync(DashboardScene.Open, Policies,
        files: [("allowed.txt", "ok.test"), ("ads.txt", "ads.test\n"), ("hosts.txt", "0.0.0.0 some.test\n0.0.0.0 other.test\n")]);

    private static Task<RawResponse> AllowAsync(DashboardScene scene, string order) => scene.SendAsync(
        $"POST /v1/policy/allow HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nContent-Type: application/json\r\nContent-Length: {order.Length}\r\n\r\n{order}");

    [GeneratedRegex("type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]*)\"")]
    private static partial Regex Hidden();
}
