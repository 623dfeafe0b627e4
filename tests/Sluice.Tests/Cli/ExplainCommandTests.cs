using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary><c>sluice explain</c>, by the files and beside a proxy that runs, and <c>sluice check</c>.</summary>
public sealed class ExplainCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public ExplainCommandTests()
    {
        File.WriteAllText(_folder.File("blocked.txt"), "# ads\n.ads.example\n");
        File.WriteAllText(Yaml, """
            listeners:
              - { name: lab, kind: forward, bind: 127.0.0.1:0, policy: school }
            admin: { socket: admin.sock }
            policies:
              school:
                default: allow
                destinations: { deny: [private] }
                rules:
                  - { id: staff, allow: true, clients: [10.1.0.0/24] }
                  - { id: trial, deny: true, mode: report, paths: [/b*] }
                  - { id: ads, deny: true, hosts: { file: blocked.txt } }
                  - { id: films, deny: true, reply: { types: [video/*] } }
                  - { id: late, tag: late, times: [{ from: "22:00", zone: UTC }] }
                  - { id: look, capture: true, paths: [/look/*] }
            capture: { folder: captures }
            logs: { access: off }
            """);
    }

    private string Yaml => _folder.File("sluice.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WithoutAProxy_JudgesByTheFilesAndSaysSo()
    {
        var (code, output, error) = await Called.RunAsync("explain", "GET", "http://ads.example/banner.js", "--client", "10.9.0.1", "-c", Yaml);
        Assert.Equal($"""
            GET http://ads.example/banner.js by listener lab, policy school
            rule says matches why
            staff allow no clients: 10.9.0.1 is in none of 10.1.0.0/24
            trial deny on trial paths: /banner.js matches
            ads deny yes hosts: ads.example is named by '.ads.example', {_folder.File("blocked.txt")}:2
            3 more - a rule before decided
            verdict: deny by rule 'ads', {_folder.File("blocked.txt")}:2 (403): The host 'ads.example' is not let through.
            dial: nothing: it is refused
            cache: none: it is refused

            """.ReplaceLineEndings("\n"), Regex.Replace(output, " {2,}", " "));
        Assert.Equal((0, "sluice: no proxy answers: judged by the files as they stand\n"), (code, error));
    }

    [Fact]
    public async Task WhatIsAllowed_HasItsAddressesAndWhatWaitsForTheAnswer()
    {
        var (_, output, _) = await Called.RunAsync("explain", "GET", "http://10.0.0.1/", "--at", "2026-09-01T23:00:00+00:00", "-c", Yaml);
        Assert.Matches(@"films +deny +- +is about the answer\n", output);
        Assert.Matches(@"late +continue +yes +times: tue 23:00 is in every day 22:00-24:00 UTC\n", output);
        Assert.Contains("verdict: allow by default, tags late\ndial: 10.0.0.1:80: none of its addresses may be reached (destinations)\n  10.0.0.1:80  no, private\ncache: none: no proxy runs that has one\n", output, StringComparison.Ordinal);
        var (_, captured, _) = await Called.RunAsync("explain", "GET", "http://10.0.0.1/look/at", "--at", "2026-09-01T12:00:00+00:00", "-c", Yaml);
        Assert.Contains("verdict: allow by default, captured by look\n", captured, StringComparison.Ordinal);
        var (_, tunnel, _) = await Called.RunAsync("explain", "CONNECT", "127.0.0.1:443", "--policy", "school", "-c", Yaml);
        Assert.Contains("dial: 127.0.0.1:443\n  127.0.0.1:443  yes, loopback\ncache: none: it is a tunnel\n", tunnel, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_IsThatOfTheAdminApi()
    {
        var (_, output, _) = await Called.RunAsync("explain", "GET", "http://a.example:81/\u0001", "--json", "-c", Yaml);
        Assert.Equal("", output);
        (_, output, _) = await Called.RunAsync("explain", "CONNECT", "127.0.0.1:25", "--json", "-c", Yaml);
        using var json = JsonDocument.Parse(output);
        Assert.Equal(("deny", "connectPorts"), (json.RootElement.GetProperty("verdict").GetString(), json.RootElement.GetProperty("rule").GetString()));
    }

    [Theory]
    [InlineData("GET /x", "sluice: url: '/x' is not an absolute http or https URL as a request carries it, write for example http://example.com/path")]
    [InlineData("GET http://a.example/ --listener lap", "sluice: listener: no HTTP listener is named 'lap', known: lab")]
    [InlineData("GET http://a.example/ --client x", "sluice: client: 'x' is not an IP address")]
    [InlineData("GET http://a.example/ -c none.yaml", "none.yaml: there is no such file")]
    public async Task WrongCall_SaysWhatIsWrong(string call, string complaint)
    {
        var (code, output, error) = await Called.RunAsync(["explain", .. call.Split(' '), .. call.Contains("-c ", StringComparison.Ordinal) ? (string[])[] : ["-c", Yaml]]);
        Assert.Equal((1, ""), (code, output));
        Assert.EndsWith(complaint + "\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListenerThatWantsALogin_IsAskedByAUser()
    {
        await File.WriteAllTextAsync(_folder.File("htpasswd"), $"anna:{Policy.Users.Passwords.OpenSesame}\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Yaml, """
            listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, login: true, policy: p }]
            users: { file: htpasswd, groups: { pupils: [anna], staff: [anna] } }
            policies: { p: { default: deny, rules: [{ id: staff, allow: true, groups: [staff] }, { id: anna, allow: true, users: [anna] }] } }
            """, TestContext.Current.CancellationToken);
        string[] asked = ["explain", "GET", "http://127.0.0.1:9/", "-c", Yaml];
        Assert.Contains("verdict: deny by rule 'login' (407): This proxy wants to know who you are.\ndial: nothing: the listener refuses it\n", (await Called.RunAsync(asked)).Output, StringComparison.Ordinal);
        Assert.Contains("verdict: allow by rule 'staff'\n", (await Called.RunAsync([.. asked, "--user", "anna"])).Output, StringComparison.Ordinal);
        var pupil = (await Called.RunAsync([.. asked, "--user", "anna", "--group", "pupils"])).Output;
        Assert.Matches(@"staff +allow +no +groups: anna is in none of staff\nanna +allow +yes +users: anna\n", pupil);

        await File.WriteAllTextAsync(_folder.File("cases.yaml"), """
            config: sluice.yaml
            cases:
              - { ask: GET http://a.example/, user: anna, expect: allow, rule: staff }
              - { ask: GET http://a.example/, user: anna, groups: [pupils], expect: allow, rule: anna }
              - { ask: GET http://a.example/, user: ben, expect: deny }
            """, TestContext.Current.CancellationToken);
        Assert.Equal("3 passed, 0 failed\n", await Called.OutputAsync("policy", "test", _folder.File("cases.yaml")));
    }

    [Fact]
    public async Task BesideAProxy_AsksItAndItsCache()
    {
        await using var origin = ScriptedOrigin.With("hello", "Cache-Control: max-age=600");
        var loaded = ConfigurationFile.Load(Yaml, new Dictionary<string, string>());
        await using var proxy = await Proxy.StartAsync(loaded.Configuration!, NullLoggerFactory.Instance, TimeProvider.System);
        var url = origin.Url("/a");
        await using (var client = await RawConnection.OpenAsync(proxy.EndPoints[0]))
        {
            await client.SendAsync($"GET {url} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal(200, (await client.ReadResponseAsync()).Status);
        }
        // By night the request above is a hit of the rule that knows the time.
        var hits = proxy.Hits.ToList();
        var output = await Called.OutputAsync("explain", "GET", url, "--at", "2026-01-02T12:00:00Z", "-c", Yaml);
        Assert.Contains($"verdict: allow by default\ndial: {origin.Authority}\n  {origin.Authority}  yes, loopback\ncache: hit: the stored answer is fresh\n", output, StringComparison.Ordinal);
        Assert.Contains("cache: miss: ", await Called.OutputAsync("explain", "GET", url + "/other", "-c", Yaml), StringComparison.Ordinal);
        Assert.Contains("cache: bypass: the method is not answered from the cache\n", await Called.OutputAsync("explain", "DELETE", url, "-c", Yaml), StringComparison.Ordinal);
        Assert.Contains("own listener", await Called.OutputAsync("explain", "GET", $"http://{proxy.EndPoints[0]}/", "--socket", _folder.File("admin.sock")), StringComparison.Ordinal);
        Assert.Contains("deny by rule 'ads'", await Called.OutputAsync("explain", "GET", "http://ads.example/", "-c", Yaml), StringComparison.Ordinal);
        Assert.Equal(hits, proxy.Hits);
        Assert.Equal((1, "", "sluice: policy: no policy is named 'x', known: school\n"), await Called.RunAsync("explain", "GET", url, "--policy", "x", "-c", Yaml));
    }

    [Fact]
    public async Task Check_WarnsOfWhatIsInVainAndCounts()
    {
        Assert.Equal((0, $"{Yaml}: ok: 1 listener, 1 policy with 6 rules, 1 list entry\naccess log: off\n", ""), await Called.RunAsync("check", "-c", Yaml));
        await File.WriteAllTextAsync(_folder.File("blocked.txt"), ".ads.example\n.more.example\nnot a host\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.File("few.txt"), "a.ads.example\n", TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(Yaml, "\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Yaml, (await File.ReadAllTextAsync(Yaml, TestContext.Current.CancellationToken)).Replace(
            "      - { id: late", "      - { id: again, deny: true, hosts: { file: few.txt } }\n      - { id: late", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var (code, output, error) = await Called.RunAsync("check", "-c", Yaml);
        Assert.Equal((0, $"{Yaml}: ok: 1 listener, 1 policy with 7 rules, 3 list entries; 2 warnings\naccess log: off\n"), (code, output));
        Assert.Equal([
            $"{_folder.File("blocked.txt")}:3: warning: 'not a host' has white space inside: write one entry a line",
            $"{Yaml}:13:9: warning: rule 'again' is never reached: all that its list names rule 'ads' before it names too", ""], error.Split('\n'));
    }
}
