using System.Text.Json;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary><c>sluice policy test</c> and <c>sluice policy diff</c>.</summary>
public sealed class PolicyTrialTests : IDisposable
{
    private const string Old = """
        listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, policy: p }, { name: office, kind: forward, bind: 127.0.0.1:0 }]
        policies:
          p:
            default: allow
            rules:
              - { id: ads, deny: true, hosts: [.ads.example] }
              - { id: films, deny: true, reply: { types: [video/*], larger: 100MiB } }
              - { id: lessons, deny: true, hosts: [games.example], times: [{ days: mon-fri, from: "08:00", to: "15:30", zone: Europe/Berlin }] }
        """;

    private readonly TempFolder _folder = new();

    public PolicyTrialTests() => File.WriteAllText(_folder.File("school.yaml"), Old);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task CasesThatComeAsExpected_Pass() => Assert.Equal((0, "9 passed, 0 failed\n", ""), await TestAsync("""
        config: school.yaml
        cases:
          - { ask: GET http://ads.example/banner.js, client: 10.2.0.7, headers: { Accept: "*/*" }, at: "2026-09-01T10:00:00+02:00", expect: deny, rule: ads }
          - { ask: CONNECT games.example:443, at: "2026-09-01T16:00:00+02:00", expect: allow }
          - { ask: CONNECT games.example:443, at: "2026-09-01T10:00:00+02:00", expect: deny, rule: lessons }
          - { ask: GET http://x.example/film.mp4, reply: { status: 200, type: video/mp4, length: 200MiB }, expect: deny, rule: films, at: 2026-09-01T10:00:00Z }
          - { ask: GET http://x.example/film.mp4, reply: { type: video/mp4 }, expect: allow, at: 2026-09-01T10:00:00Z }
          - { ask: GET http://ads.example/, listener: office, expect: allow }
          - { ask: CONNECT fine.example:443, sni: www.ads.example, expect: deny, rule: ads }
          - { ask: CONNECT fine.example:443, sni: none, expect: allow }
          - { ask: CONNECT 192.0.2.1:443, sni: not-tls, expect: allow }
        """));

    [Fact]
    public async Task CasesThatComeOtherwise_FailWithTheirPlaceAndWhy()
    {
        var (code, output, error) = await TestAsync("""
            config: school.yaml
            cases:
              - { ask: GET http://ads.example/, expect: allow, at: 2026-09-01T10:00:00Z }
              - { ask: GET http://ads.example/, expect: deny, rule: films, at: 2026-09-01T10:00:00Z }
              - { ask: GET http://fine.example/, expect: allow }
            """);
        Assert.Equal(1, code);
        var file = _folder.File("cases.yaml");
        Assert.Equal($"""
            {file}:3:5: GET http://ads.example/: expected allow, came deny by rule 'ads'
              rule says matches why
              ads deny yes hosts: ads.example is named by '.ads.example'
              2 more - a rule before decided
            {file}:4:5: GET http://ads.example/: expected deny by rule 'films', came deny by rule 'ads'
              rule says matches why
              ads deny yes hosts: ads.example is named by '.ads.example'
              2 more - a rule before decided
            1 passed, 2 failed

            """.ReplaceLineEndings("\n"), System.Text.RegularExpressions.Regex.Replace(output, "(?<=[^ \n]) +", " "));
        Assert.Equal("", error);
    }

    [Fact]
    public async Task CaseThatTheClockDecides_IsWarnedOf()
    {
        var (code, output, error) = await TestAsync("config: school.yaml\ncases: [{ ask: GET http://games.example/, expect: report }]\n");
        Assert.Equal(1, code);
        Assert.EndsWith("0 passed, 1 failed\n", output, StringComparison.Ordinal);
        Assert.Equal((0, "1 passed, 0 failed\n", ""), await TestAsync("config: school.yaml\ncases: [{ ask: GET http://fine.example/, expect: allow }]\n"));
        Assert.Equal($"{_folder.File("cases.yaml")}:2:9: warning: it comes otherwise at other times, write at: \"2026-09-01T10:00:00+02:00\"\n", error);
    }

    [Fact]
    public async Task ConfigurationOfTheOption_GoesBeforeThatOfTheFile()
    {
        await File.WriteAllTextAsync(_folder.File("other.yaml"), Old.Replace("ads.example", "others.example", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(_folder.File("cases.yaml"), "config: school.yaml\ncases: [{ ask: GET http://ads.example/, expect: allow, at: 2026-09-01T10:00:00Z }]\n", TestContext.Current.CancellationToken);
        Assert.Equal("1 passed, 0 failed\n", await Called.OutputAsync("policy", "test", _folder.File("cases.yaml"), "-c", _folder.File("other.yaml")));
        Assert.Equal((1, "", "nowhere.yaml: there is no such file\n"), await Called.RunAsync("policy", "test", _folder.File("cases.yaml"), "-c", "nowhere.yaml"));
    }

    [Fact]
    public async Task Diff_SaysWhoseRequestsWouldChange()
    {
        // Films become free, a host is refused, an answer that is large is not new.
        var next = Old.Replace("{ id: films, deny: true, reply: { types: [video/*], larger: 100MiB } }", "{ id: chat, deny: true, hosts: [.chat.example] }", StringComparison.Ordinal);
        await LogAsync(
            Line("GET", "http://ads.example/", "lab", "10.0.0.1", verdict: "deny"),
            Line("GET", "http://www.chat.example/a", "lab", "10.0.0.1"),
            Line("GET", "http://www.chat.example/b", "lab", "10.0.0.2"),
            Line("CONNECT", "img.chat.example:443", "lab", "10.0.0.3", kind: "connect"),
            Line("GET", "http://x.example/film", "lab", "10.0.0.1", more: ",\"http_response_header_content_type\":\"video/mp4\",\"http_response_body_size\":200000000"),
            Line("GET", "http://www.chat.example/", "office", "10.0.0.1"),
            Line("GET", "http://www.chat.example/", "gone", "10.0.0.1"),
            """{"time":"2026-09-01T08:00:00.000Z","kind":"relay","listener":"mail","url_full":"127.0.0.1:25"}""",
            """{"time":"2026-09-01T08:00:00.000Z","dropped":3}""",
            """{"time":"2026-09-01T08:00:00.000Z","kind":"http","http_response_status_code":400}""",
            "torn");
        var (code, output, error) = await DiffAsync(next);
        Assert.Equal(0, code);
        Assert.Equal("""
            verdict requests clients hosts first example
            allow -> deny by rule chat 3 10.0.0.1 and 2 www.chat.example, img.chat.example 2026-09-01T08:00:00Z GET http://www.chat.example/a
            deny by rule films -> allow by default 1 10.0.0.1 x.example 2026-09-01T08:00:00Z GET http://x.example/film
            4 of 7 requests would be judged otherwise

            """.ReplaceLineEndings("\n"), System.Text.RegularExpressions.Regex.Replace(output, " {2,}", " "));
        Assert.Equal("""
            1 requests came by listeners that one of the files does not have (gone): --policy NAME judges them all the same
            2 of 11 lines are no requests that could be read:
              line 10: names no method and URL: its head could not be read
              line 11: is no record in JSON
            3 records are missing from the log, as it says itself

            """.ReplaceLineEndings("\n"), error);

        var (_, text, _) = await DiffAsync(next, "--json", "--policy", "p");
        using var json = JsonDocument.Parse(text);
        var change = json.RootElement.GetProperty("changes")[0];
        Assert.Equal((5, "allow", "deny", "chat", 3, 2), (change.GetProperty("requests").GetInt32(), change.GetProperty("from").GetString(), change.GetProperty("to").GetString(),
            change.GetProperty("newRule").GetString(), change.GetProperty("clients").GetInt32(), change.GetProperty("hosts").GetInt32()));
        Assert.Equal((7, 0, 2, 3), (json.RootElement.GetProperty("requests").GetInt32(), json.RootElement.GetProperty("withoutListener").GetInt32(),
            json.RootElement.GetProperty("unreadLines").GetInt32(), json.RootElement.GetProperty("missing").GetInt32()));
    }

    [Fact]
    public async Task Diff_JudgesAtTheTimeOfEachRequest()
    {
        await LogAsync(Line("GET", "http://games.example/", "lab", "10.0.0.1"), Line("GET", "http://games.example/", "lab", "10.0.0.1", time: "2026-09-01T16:00:00.000Z"));
        var (_, output, _) = await DiffAsync(Old.Replace("- { id: lessons", "- { id: lessons, mode: report", StringComparison.Ordinal));
        Assert.EndsWith("1 of 2 requests would be judged otherwise\n", output, StringComparison.Ordinal);
        Assert.Contains("deny by rule lessons -> report by rule lessons", output, StringComparison.Ordinal);
        Assert.Equal("0 of 2 requests would be judged otherwise\n", (await DiffAsync(Old)).Output);
    }

    [Fact]
    public async Task Diff_OfWrongFiles_SaysSo()
    {
        await File.WriteAllTextAsync(_folder.File("bad.yaml"), "listeners: []\n", TestContext.Current.CancellationToken);
        var (code, _, error) = await Called.RunAsync("policy", "diff", _folder.File("school.yaml"), _folder.File("bad.yaml"), "--replay", "none.jsonl");
        Assert.Equal(1, code);
        Assert.Contains("bad.yaml:1:12: listeners: is an empty list", error, StringComparison.Ordinal);
        Assert.Equal((1, "", "none.jsonl: there is no such file\n"), await Called.RunAsync("policy", "diff", _folder.File("school.yaml"), _folder.File("school.yaml"), "--replay", "none.jsonl"));
        Assert.Equal((1, "", $"{_folder.File("school.yaml")}: there is no policy 'q'\n"),
            await Called.RunAsync("policy", "diff", _folder.File("school.yaml"), _folder.File("school.yaml"), "--replay", "none.jsonl", "--policy", "q"));
    }

    [Fact]
    public async Task LearnedPolicy_IsAConfigurationThatAllowsTheLog()
    {
        await LogAsync(
            Line("GET", "http://one.example.com/x", "lab", "10.0.0.1"), Line("GET", "http://two.example.com/", "lab", "10.0.0.1"), Line("GET", "http://three.example.com/y", "lab", "10.0.0.1"),
            Line("CONNECT", "ok.example:443", "lab", "10.0.0.3", kind: "connect"), Line("GET", "http://[2001:db8::1]:8080/", "lab", "10.0.0.1"),
            Line("GET", "http://ads.example/", "lab", "10.0.0.1", verdict: "deny"), Line("get", "http://odd.example/", "lab", "10.0.0.1"));
        var (code, yaml, error) = await Called.RunAsync("learn", _folder.File("access.jsonl"), "--policy", "p");
        Assert.Equal((0, "1 of 7 lines are no requests that could be read:\n  line 7: no rule can name 'get odd.example'\n"), (code, error));
        Assert.Equal("""
            # Allows 5 exchanges of a log and, but for hosts below the domains that begin with a dot or a star, nothing else.
            policies:
              p:
                default: deny
                rules:
                  - id: learned-1
                    allow: true
                    methods: [CONNECT]
                    ports: [443]
                    hosts:
                      - ok.example
                  - id: learned-2
                    allow: true
                    methods: [GET]
                    ports: [80]
                    hosts:
                      - "*.example.com"
                  - id: learned-3
                    allow: true
                    methods: [GET]
                    ports: [8080]
                    hosts:
                      - "2001:db8::1"

            """.ReplaceLineEndings("\n"), yaml);
        // What was let through still is, and what was refused is refused.
        var (_, output, _) = await DiffAsync("listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, policy: p }]\n" + yaml);
        Assert.Equal("verdict requests clients hosts first example\nallow -> deny by default 1 10.0.0.1 odd.example 2026-09-01T08:00:00Z get http://odd.example/\n1 of 7 requests would be judged otherwise\n",
            System.Text.RegularExpressions.Regex.Replace(output, " {2,}", " "));
    }

    [Fact]
    public async Task EmptyLog_TeachesToAllowNothing()
    {
        await LogAsync();
        Assert.EndsWith("  learned:\n    default: deny\n    rules: []\n", await Called.OutputAsync("learn", _folder.File("access.jsonl")), StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> TestAsync(string cases)
    {
        await File.WriteAllTextAsync(_folder.File("cases.yaml"), cases, TestContext.Current.CancellationToken);
        return await Called.RunAsync("policy", "test", _folder.File("cases.yaml"));
    }

    private async Task<(int Code, string Output, string Error)> DiffAsync(string next, params string[] more)
    {
        await File.WriteAllTextAsync(_folder.File("next.yaml"), next, TestContext.Current.CancellationToken);
        return await Called.RunAsync(["policy", "diff", _folder.File("school.yaml"), _folder.File("next.yaml"), "--replay", _folder.File("access.jsonl"), .. more]);
    }

    private Task LogAsync(params string[] lines) => File.WriteAllLinesAsync(_folder.File("access.jsonl"), lines, TestContext.Current.CancellationToken);

    private static string Line(string method, string url, string listener, string client, string kind = "http", string verdict = "allow", string time = "2026-09-01T08:00:00.000Z", string more = "") =>
        $$"""{"time":"{{time}}","number":1,"listener":"{{listener}}","kind":"{{kind}}","client_address":"{{client}}","http_request_method":"{{method}}","url_full":"{{url}}","http_response_status_code":200,"verdict":"{{verdict}}"{{more}}}""";
}
