using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Tests.Config;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy;

/// <summary>What each condition matches, and how rules follow each other, as they are written in a file.</summary>
public class RuleTests
{
    /// <summary>Conditions, and requests that they match (+) or not (-): <c>METHOD URL|Field: value</c>.</summary>
    public static TheoryData<string, string[]> Conditions() => new()
    {
        { "clients: [10.1.0.0/16, \"fd00::/8\"]", ["+ 10.1.2.3 GET http://a.test/", "+ fd00::1 GET http://a.test/", "+ ::ffff:10.1.0.9 GET http://a.test/", "- 10.2.0.1 GET http://a.test/", "- GET http://a.test/"] },
        { "listeners: [lab]", ["+ GET http://a.test/"] },
        { "listeners: [office]", ["- GET http://a.test/"] },
        { "schemes: [http]", ["+ GET http://a.test/", "- CONNECT a.test:443"] },
        { "schemes: [connect]", ["- GET http://a.test/", "+ CONNECT a.test:443"] },
        { "ports: [443, 8000-8999]", ["+ CONNECT a.test:443", "+ GET http://a.test:8000/", "+ GET http://a.test:8999/", "- GET http://a.test:9000/", "- GET http://a.test/"] },
        { "methods: [POST, PUT]", ["+ POST http://a.test/", "- GET http://a.test/", "+ post http://a.test/"] },
        { "hosts: [.a.test, 192.0.2.1]", ["+ GET http://A.test./", "+ CONNECT b.a.test:443", "+ GET http://3221225985/", "- GET http://ba.test/"] },
        {
            "paths: [/repos/*/issues, \"regex:^/v[0-9]+/\"]",
            ["+ GET http://a.test/repos/x/y/issues?q=1", "+ GET http://a.test/a/../repos/x/issues", "+ GET http://a.test/%72epos/x/issues", "+ GET http://a.test/v12/", "- GET http://a.test/x/v12/", "- GET http://a.test/REPOS/x/issues", "- CONNECT a.test:443"]
        },
        { "paths: [/%61dmin/./*, \"*%7euser\"]", ["+ GET http://a.test/admin/x", "+ GET http://a.test/b/~user", "- GET http://a.test/b/user"] },
        {
            "urls: [\"http://a.test/x*\", \"*.b.test:443\", \"regex:(?i)secret=[0-9]{3}\"]",
            ["+ GET http://A.test:80/X/y", "+ CONNECT www.b.test:443", "+ GET http://c.test/?Secret=123", "- GET http://c.test/?Secret=12", "- GET http://a.test:81/x"]
        },
        {
            "query: { v: \"*\", mode: debug*, off: null }",
            ["+ GET http://a.test/?v&mode=Debug1", "+ GET http://a.test/?mode=x&mode=debug&v=", "+ GET http://a.test/?v=1&%6dode=debug", "- GET http://a.test/?v=1&mode=run", "- GET http://a.test/?v=1&mode=debug&off", "- GET http://a.test/", "- GET http://a.test/?mode=debug"]
        },
        {
            "headers: { User-Agent: \"*curl*\", Cookie: null }",
            ["+ GET http://a.test/|user-agent: Curl/8", "- GET http://a.test/|User-Agent: curl/8|Cookie: a=b", "- GET http://a.test/"]
        },
        { "times: [{ days: \"thu,sun\", from: \"00:00\", to: \"00:30\", zone: UTC }]", ["+ GET http://a.test/"] },
        { "times: [{ days: mon-wed }, { from: \"01:00\", to: \"02:00\", zone: Europe/Berlin }]", ["+ GET http://a.test/"] },
        { "times: [{ days: wed, from: \"22:00\", to: \"06:00\", zone: UTC }]", ["+ GET http://a.test/"] },
        { "times: [{ days: thu, from: \"22:00\", to: \"06:00\", zone: UTC }]", ["- GET http://a.test/"] },
        { "times: [{ days: fri-wed, zone: UTC }]", ["- GET http://a.test/"] },
        { "hosts: [a.test], methods: [GET], ports: [80]", ["+ GET http://a.test/", "- POST http://a.test/", "- GET http://a.test:81/", "- GET http://b.test/"] },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void Condition_MatchesWhatItSays(string conditions, string[] requests)
    {
        var censor = Load($"[{{ id: r, deny: true, {conditions} }}]");
        foreach (var row in requests)
        {
            var verdict = Judge(censor, row[2..]);
            Assert.True(verdict.Denies == (row[0] == '+'), $"{conditions}: {row}");
            Assert.Equal(verdict.Denies ? "r" : null, verdict.Rule);
        }
    }

    [Fact]
    public void RuleThatDecidesNothing_AddsAndLetsTheNextBeTried()
    {
        var censor = Load("""
            [{ id: t, tag: video, paths: [/v*] }, { id: u, tag: work, bypassCache: true, hosts: [.work.test] },
             { id: a, allow: true, hosts: [.work.test], tag: ok }, { id: d, deny: true, paths: [/v*] }]
            """);
        Assert.Equal(new Verdict { Rule = "a", Tags = "video,work,ok", BypassesCache = true, Position = 2 }, Judge(censor, "GET http://work.test/v"));
        var denied = Judge(censor, "GET http://b.test/v");
        Assert.Equal(("deny", "d", "video", false), (denied.Outcome, denied.Rule, denied.Tags, denied.BypassesCache));
        var other = Judge(censor, "GET http://b.test/");
        Assert.Equal(("allow", null, null), (other.Outcome, other.Rule, other.Tags));
        Assert.Equal(["t 2", "u 1", "a 1", "d 1"], censor.Hits().Select(h => $"{h.Rule} {h.Hits}"));
    }

    [Fact]
    public void RuleOnTrial_IsNotedAndTheNextDecides()
    {
        var censor = Load("[{ id: trial, deny: true, mode: report, hosts: [.a.test] }, { id: no, deny: true, hosts: [b.a.test] }]");
        var noted = Judge(censor, "GET http://a.test/");
        Assert.Equal(("report", "trial", false, 403), (noted.Outcome, noted.Rule, noted.Denies, noted.Status));
        Assert.Equal(("deny", "no"), (Judge(censor, "GET http://b.a.test/").Outcome, Judge(censor, "GET http://b.a.test/").Rule));
    }

    [Fact]
    public void PolicyOnTrial_CountsTheSameRules()
    {
        const string rules = """
            [{ id: t, tag: x, ports: [80] }, { id: ok, allow: true, hosts: [ok.a.test] }, { id: big, deny: true, reply: { larger: 1KiB } },
             { id: a, deny: true, hosts: [.a.test] }, { id: never, deny: true, hosts: [b.a.test], methods: [GET] }]
            """;
        var (enforced, reporting) = (Load(rules), Load(rules, "mode: report, "));
        var large = new ResponseHead { Status = 200, Fields = new FieldList([new("Content-Length", "2000")]) };
        foreach (var request in (string[])["GET http://a.test/", "GET http://ok.a.test/", "GET http://c.test/", "CONNECT b.a.test:443"])
        {
            var (denied, noted) = (Judge(enforced, request), Judge(reporting, request));
            Assert.False(noted.Denies);
            Assert.Equal((denied.Denies, denied.Rule), (noted.Reports, noted.Rule));
            if (!denied.Denies)
                enforced.JudgeReply("p", denied, HeadOf(request), default, large);
            Assert.False(reporting.JudgeReply("p", noted, HeadOf(request), default, large).Denies);
        }
        Assert.Equal(enforced.Hits().Select(h => (h.Rule, h.Hits)), reporting.Hits().Select(h => (h.Rule, h.Hits)));
        Assert.Equal(["t 3", "ok 1", "big 1", "a 2", "never 0"], reporting.Hits().Select(h => $"{h.Rule} {h.Hits}"));
    }

    [Theory]
    [InlineData("http://a.test/", 200, "Content-Type: video/MP4; x=y|Content-Length: 10", "deny video")]
    [InlineData("http://free.a.test/", 200, "Content-Type: video/mp4", "allow free")]
    [InlineData("http://a.test/", 404, "Content-Type: video/mp4", "allow ")]
    [InlineData("http://b.test/", 200, "Content-Type: text/html|Content-Length: 1048577", "deny large")]
    [InlineData("http://b.test/", 200, "Content-Type: text/html|Content-Length: 1048576", "allow ")]
    [InlineData("http://b.test/", 200, "Content-Type: text/html", "allow ")]
    [InlineData("http://c.test/", 200, "Content-Length: 9999999", "allow c")]
    public void RuleOnAnswers_KeepsItsPlaceAmongTheOthers(string url, int status, string fields, string expected)
    {
        var censor = Load("""
            [{ id: free, allow: true, hosts: [free.a.test] }, { id: video, deny: true, hosts: [.a.test], reply: { types: [video/*], status: [2xx] } },
             { id: c, allow: true, hosts: [c.test] }, { id: large, deny: true, reply: { larger: 1MiB } }]
            """);
        var onRequest = Judge(censor, $"GET {url}");
        Assert.False(onRequest.Denies);
        var reply = new ResponseHead { Status = status, Fields = FieldsOf(fields) };
        var verdict = censor.JudgeReply("p", onRequest, HeadOf($"GET {url}"), default, reply);
        Assert.Equal(expected, $"{verdict.Outcome} {verdict.Rule}");
    }

    [Theory]
    [InlineData("deny: true, paths: [/admin/*]", "/x/..%2Fadmin/a", true)]
    [InlineData("deny: true, paths: [/x/*]", "/x/..%2Fadmin/a", true)]
    [InlineData("deny: true, urls: [\"*/admin/*\"]", "/x/..%5cadmin/a", true)]
    [InlineData("allow: true, paths: [/x/*]", "/x/..%2Fadmin/a", true)]
    [InlineData("allow: true, paths: [/x/*]", "/x/y%2Fa", false)]
    [InlineData("deny: true, paths: [/admin]", "/x/..%2Fadmin/a", false)]
    public void EscapedSlash_HidesNothingAndAllowsNothing(string rule, string path, bool denies)
    {
        var censor = Load($"[{{ id: r, {rule} }}]", "", null, rule.StartsWith("allow", StringComparison.Ordinal) ? "deny" : "allow");
        Assert.Equal(denies, Judge(censor, $"GET http://a.test{path}").Denies);
    }

    [Fact]
    public void HitsAndTheLastOfThem_AreKept()
    {
        var time = new ManualTime();
        var censor = Load("[{ id: r, deny: true, hosts: [a.test] }, { id: s, deny: true, hosts: [s.test] }]", time: time);
        Judge(censor, "GET http://a.test/");
        time.Advance(TimeSpan.FromMinutes(1));
        Judge(censor, "GET http://a.test/");
        Assert.Equal([new RuleHits("p", "r", 2, time.GetUtcNow()), new RuleHits("p", "s", 0, null)], censor.Hits());
    }

    [Theory]
    [InlineData("(?=a)b", "backtracking")]
    [InlineData("(a)\\1", "backtracking")]
    [InlineData("(a", "is no regular expression")]
    public void RegexThatCanTakeForEver_IsRefused(string pattern, string why) =>
        Assert.Contains(why, TextPattern.TryParse("regex:" + pattern, out _));

    [Fact]
    public void ConditionsThatDoNotMatch_AllocateNothing()
    {
        var censor = Load("""
            [{ id: a, deny: true, clients: [10.0.0.0/8], ports: [99], methods: [PUT] }, { id: b, deny: true, headers: { X: y } },
             { id: c, deny: true, paths: [/no*, "regex:^/never"] }, { id: d, deny: true, query: { q: x } }]
            """);
        var (request, asker) = (HeadOf("GET http://www.a.test/some/path?a=b"), new Asker(IPAddress.Parse("192.0.2.1"), "lab"));
        for (var i = 0; i < 100; i++)
            censor.Judge("p", request, asker);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                censor.Judge("p", request, asker);
        }));
    }

    private static Censor Load(string rules, string more = "", TimeProvider? time = null, string otherwise = "allow")
    {
        var configuration = Given.Right($"""
            listeners: [{"{"} name: lab, kind: forward, bind: 127.0.0.1:0 {"}"}, {"{"} name: office, kind: forward, bind: 127.0.0.1:0 {"}"}]
            policies: {"{"} p: {"{"} default: {otherwise}, {more}rules: {rules.ReplaceLineEndings(" ")} {"}"} {"}"}
            """);
        var load = Censor.Load(configuration.Policies, time ?? new ManualTime(), NullLogger.Instance);
        Assert.Empty(load.Problems);
        return load.Censor;
    }

    /// <param name="asked"><c>[CLIENT] METHOD TARGET|Field: value</c></param>
    private static Verdict Judge(Censor censor, string asked)
    {
        var word = asked[..asked.IndexOf(' ', StringComparison.Ordinal)];
        var client = IPAddress.TryParse(word, out var address) ? address : null;
        return censor.Judge("p", HeadOf(client is null ? asked : asked[(word.Length + 1)..]), new Asker(client, "lab"));
    }

    private static RequestHead HeadOf(string asked)
    {
        var parts = asked.Split('|', 2);
        var words = parts[0].Split(' ');
        Assert.True(RequestTarget.TryParse(words[0], words[1], null, "http", null, out var target, out var why), string.Create(CultureInfo.InvariantCulture, $"{asked}: {why}"));
        return new RequestHead { Method = words[0], Target = target, Version = ProtocolVersion.Http11, Fields = FieldsOf(parts.Length > 1 ? parts[1] : "") };
    }

    private static FieldList FieldsOf(string text) => new(text.Split('|', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(": ", 2)).Select(pair => new Field(pair[0], pair[1])));
}
