using System.Globalization;
using System.Net;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Policy.Conditions;
using Sluice.Tests.Config;
using Sluice.Tests.Kit;
using Sluice.Tests.Policy.Users;

namespace Sluice.Tests.Policy;

/// <summary>What each condition says of itself, and that explaining is judging.</summary>
public sealed class ExplainTests
{
    /// <summary>Conditions of a rule, a request of <see cref="Asked.Of"/>, and what is said of it.</summary>
    public static TheoryData<string, string, string> Texts() => new()
    {
        { "methods: [POST, PUT]", "GET http://a.test/", "- methods: GET is none of POST, PUT" },
        { "methods: [GET]", "GET http://a.test/", "+ methods: GET" },
        { "schemes: [connect]", "GET http://a.test/", "- schemes: http is none of connect" },
        { "schemes: [connect]", "CONNECT a.test:443", "+ schemes: connect" },
        { "listeners: [office]", "GET http://a.test/", "- listeners: lab is none of office" },
        { "listeners: [lab]", "GET http://a.test/", "+ listeners: lab" },
        { "ports: [443, 8000-8999]", "GET http://a.test:9000/", "- ports: 9000 is none of 443, 8000-8999" },
        { "ports: [443]", "CONNECT a.test:443", "+ ports: 443" },
        { "ports: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "CONNECT a.test:443", "- ports: 443 is none of 1, 2, 3, 4, 5, 6, 7, 8 and 2 more" },
        { "tls: [mismatch]", "CONNECT a.test:443", "- tls: it is known when the tunnel's first octets are there" },
        { "tls: [mismatch]", "GET http://a.test/", "- tls: there is no tunnel that is looked into" },
        { "clients: [10.1.0.0/24, 10.2.0.0/24]", "10.9.0.1 GET http://a.test/", "- clients: 10.9.0.1 is in none of 10.1.0.0/24, 10.2.0.0/24" },
        { "clients: [10.1.0.0/24, 10.2.0.0/24]", "10.2.0.7 GET http://a.test/", "+ clients: 10.2.0.7 is in 10.2.0.0/24" },
        { "clients: [10.1.0.0/24]", "GET http://a.test/", "- clients: the client is not known" },
        { "users: [ben]", "anna@10.0.0.1 GET http://a.test/", "- users: anna is none of ben" },
        { "users: [anna, ben]", "anna@10.0.0.1 GET http://a.test/", "+ users: anna" },
        { "users: [anna]", "GET http://a.test/", "- users: nobody has logged in" },
        { "groups: [staff]", "anna@10.0.0.1 GET http://a.test/", "- groups: anna is in none of staff" },
        { "groups: [staff, pupils]", "anna@10.0.0.1 GET http://a.test/", "+ groups: anna is in pupils" },
        { "groups: [staff]", "GET http://a.test/", "- groups: nobody has logged in" },
        { "times: [{ days: mon-wed, from: \"08:00\", to: \"15:30\", zone: UTC }]", "GET http://a.test/", "- times: thu 00:00 is in none of mon,tue,wed 08:00-15:30 UTC" },
        { "times: [{ zone: Europe/Berlin }]", "GET http://a.test/", "+ times: thu 01:00 is in every day 00:00-24:00 Europe/Berlin" },
        { "headers: { User-Agent: \"*curl*\", Cookie: null }", "GET http://a.test/|User-Agent: wget", "- headers: User-Agent 'wget' does not match *curl*" },
        { "headers: { User-Agent: \"*curl*\", Cookie: null }", "GET http://a.test/|User-Agent: curl|Cookie: a=b", "- headers: Cookie is there" },
        { "headers: { User-Agent: \"*curl*\", Cookie: null }", "GET http://a.test/|User-Agent: curl", "+ headers: User-Agent 'curl' matches *curl*, Cookie is absent" },
        { "headers: { X: y }", "GET http://a.test/", "- headers: X is absent" },
        { "paths: [/a*, /b]", "GET http://a.test/c", "- paths: /c is none of /a*, /b" },
        { "paths: [/a*]", "GET http://a.test/x/../a%62", "+ paths: /ab matches" },
        { "paths: [/a*]", "CONNECT a.test:443", "- paths: a tunnel shows no path" },
        { "paths: [/admin/*]", "GET http://a.test/x/..%2Fadmin/a", "+ paths: /x/..%2Fadmin/a matches, in one of its readings" },
        { "urls: [\"*secret*\"]", "GET http://a.test/x?y", "- urls: http://a.test/x?y is none of *secret*" },
        { "urls: [\"*secret*\"]", "GET http://a.test/secret", "+ urls: http://a.test/secret matches" },
        { "query: { v: 1*, off: null }", "GET http://a.test/?v=2&w=1", "- query: 'v=2&w=1' has no v that matches 1*" },
        { "query: { v: 1*, off: null }", "GET http://a.test/?v=1&off", "- query: off is there" },
        { "query: { v: 1*, off: null }", "GET http://a.test/?v=1", "+ query: 'v=1' has v that matches 1*, off is absent" },
        { "hosts: [.a.test, a.b.test/x]", "GET http://c.test/", "- hosts: c.test is not named" },
        { "hosts: [.a.test]", "GET http://www.A.test/", "+ hosts: www.a.test is named by '.a.test'" },
        { "hosts: [a.test/x]", "GET http://a.test/xy", "+ hosts: a.test/xy is named by 'a.test/x'" },
        { "hosts: [\"file:*.exe\"]", "GET http://a.test/x/s.exe", "+ hosts: /x/s.exe is named by 'file:*.exe'" },
        { "hosts: { file: list }", "GET http://ads.test/", "+ hosts: ads.test is named by 'ads.test', list:2" },
        { "hosts: { file: list }", "GET http://a.test/", "- hosts: a.test is not named in list" },
        { "filters: [filters]", "GET http://ads.test/x", "+ filters: '||ads.test^' blocks it, filters:1" },
        { "filters: [filters]", "GET http://ads.test/fine", "- filters: '@@/fine' excepts it, filters:2" },
        { "filters: [filters]", "GET http://a.test/", "- filters: none of 2 blocks it" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Condition_SaysWhyItHoldsOrNot(string conditions, string request, string said)
    {
        using var rules = new Rules($"[{{ id: r, deny: true, {conditions} }}]");
        var (head, asker) = Asked.Of(request);
        var trial = Assert.Single(rules.Censor.Explain("p", head, asker).Rules);
        var condition = Assert.Single(trial.Conditions);
        var text = condition.Text.Replace(rules.Folder.Path + "/", "", StringComparison.Ordinal);
        Assert.Equal(said, $"{(condition.Holds ? '+' : '-')} {condition.Name}: {text}");
    }

    [Fact]
    public void EveryKindOfCondition_HasItsTexts()
    {
        var kinds = typeof(Condition).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Condition))).Select(type => type.Name.Replace("Condition", "", StringComparison.Ordinal)).ToList();
        Assert.True(kinds.Count >= 11);
        var told = Texts().Select(row => row.Data.Item3.Split(' ', ':')[1]).Distinct().ToList();
        Assert.All(kinds, kind => Assert.Contains(told, name => name.StartsWith(kind.ToLowerInvariant()[..^1], StringComparison.Ordinal)));
    }

    [Fact]
    public void Rules_SayWhatCameOfThemInTheirOrder()
    {
        using var rules = new Rules("""
            [{ id: no, deny: true, ports: [81] }, { id: trial, deny: true, mode: report, hosts: [.a.test] }, { id: tag, tag: x, methods: [GET], ports: [80] },
             { id: large, deny: true, reply: { larger: 1KiB } }, { id: yes, allow: true, hosts: { file: list } }, { id: later, deny: true }]
            """);
        var (head, asker) = Asked.Of("GET http://ads.test/");
        var without = rules.Censor.Explain("p", head, asker);
        Assert.Equal(["no NotMatched ports", "trial NotMatched hosts", "tag Matched methods ports", "large OnReply", "yes Matched hosts", "later NotReached"], Told(without));
        Assert.Equal((rules.Folder.File("list"), 2), (without.Rules[4].List, without.Rules[4].Line));
        Assert.Equal(("allow", "yes", "x"), (without.Verdict.Outcome, without.Verdict.Rule, without.Verdict.Tags));

        var large = rules.Censor.Explain("p", head, asker, Reply(200, "text/html", 2000));
        Assert.Equal(("deny", "large"), (large.Verdict.Outcome, large.Verdict.Rule));
        Assert.Equal("200, text/html, 2000 bytes", large.Rules[3].Conditions[0].Text);
        var small = rules.Censor.Explain("p", head, asker, Reply(200, "text/html", 1000));
        Assert.Equal(("allow", "it is 1000 bytes, not more than 1024"), (small.Verdict.Outcome, small.Rules[3].Conditions[0].Text));
        Assert.Equal("trial OnTrial hosts", Told(rules.Censor.Explain("p", Asked.Of("GET http://a.test/").Head, asker)).ElementAt(1));
        Assert.All(rules.Censor.Hits(), hits => Assert.Equal(0, hits.Hits));
    }

    [Theory]
    [InlineData("status: [404]", "its status is 200")]
    [InlineData("types: [video/*, audio/*]", "it is text/html, none of video/*, audio/*")]
    [InlineData("status: [2xx], types: [text/*], larger: 999B", "200, text/html, 1000 bytes")]
    public void RuleOnAnswers_SaysWhy(string reply, string said)
    {
        using var rules = new Rules($"[{{ id: r, deny: true, reply: {{ {reply} }} }}]");
        var (head, asker) = Asked.Of("GET http://a.test/");
        var condition = Assert.Single(rules.Censor.Explain("p", head, asker, Reply(200, "text/html", 1000)).Rules[0].Conditions);
        Assert.Equal(("reply", said), (condition.Name, condition.Text));
    }

    [Fact]
    public void AnotherTime_IsTheOneThatIsNamed()
    {
        using var rules = new Rules("[{ id: r, deny: true, times: [{ days: sun, zone: UTC }] }]");
        var (head, asker) = Asked.Of("GET http://a.test/");
        Assert.False(rules.Censor.Explain("p", head, asker).Verdict.Denies);
        Assert.True(rules.Censor.Explain("p", head, asker, at: new DateTimeOffset(2026, 8, 30, 12, 0, 0, TimeSpan.Zero)).Verdict.Denies);
    }

    [Fact]
    public void Limit_IsNotUsedUpByExplaining()
    {
        using var rules = new Rules("[{ id: few, limit: { requests: 1, every: 1h } }]");
        var (head, asker) = Asked.Of("10.0.0.1 GET http://a.test/");
        for (var i = 0; i < 3; i++)
            Assert.False(rules.Censor.Explain("p", head, asker).Verdict.Denies);
        Assert.False(rules.Censor.Judge("p", head, asker).Denies);
        Assert.Equal(("few", 429), (rules.Censor.Explain("p", head, asker).Verdict.Rule, rules.Censor.Explain("p", head, asker).Verdict.Status));
        Assert.True(rules.Censor.Judge("p", head, asker).Denies);
    }

    private static readonly Gen<string> Hosts = Gen.OneOf("a.test", "b.a.test", "c.test", "10.0.0.1");

    private static readonly Gen<string> Conditions = Gen.OneOf(
        Gen.OneOf("hosts: [.a.test]", "hosts: [a.test, c.test]", "hosts: [\"*.a.test\"]", "hosts: { file: list }", "filters: [filters]"),
        Gen.OneOf("methods: [GET]", "ports: [80]", "ports: [443, 8000-9000]", "schemes: [connect]", "schemes: [http]", "listeners: [lab]", "listeners: [office]"),
        Gen.OneOf("clients: [10.1.0.0/16]", "users: [anna]", "groups: [pupils]", "groups: [staff]", "paths: [/x*]", "urls: [\"*test/y*\"]", "query: { q: null }", "query: { q: \"1*\" }", "headers: { X: \"*\" }", "headers: { X: null }"),
        Gen.OneOf("times: [{ days: thu, zone: UTC }]", "times: [{ days: fri, zone: UTC }]"));

    private static readonly Gen<string> Effects = Gen.OneOf("deny: true", "allow: true", "deny: true, mode: report", "tag: t", "bypassCache: true", "allow: true, tag: u");

    private static readonly Gen<string> RulesOfAPolicy = Gen.Select(Effects, Conditions.Array[0, 2], Gen.OneOf("", "", ", reply: { status: [2xx] }", ", reply: { larger: 1KiB }"),
        (effect, conditions, reply) => $"{effect}{string.Concat(conditions.DistinctBy(c => c.Split(':')[0]).Select(c => ", " + c))}{(effect.Contains("bypass", StringComparison.Ordinal) ? "" : reply)}").Array[0, 8]
        .Select(rules => $"[{string.Join(", ", rules.Select((rule, i) => string.Create(CultureInfo.InvariantCulture, $"{{ id: r{i}, {rule} }}")))}]");

    private static readonly Gen<string> Requests = Gen.Select(Gen.OneOf("", "10.1.0.7 ", "10.2.0.7 ", "anna@10.1.0.7 "), Hosts, Gen.OneOf("GET", "POST", "CONNECT"), Gen.OneOf("", ":8080"), Gen.OneOf("/", "/x?q=1", "/y?q"), Gen.OneOf("", "|X: 1"),
        (client, host, method, port, path, field) => $"{client}{method} {(method == "CONNECT" ? $"{host}{(port.Length == 0 ? ":443" : port)}" : $"http://{host}{port}{path}")}{field}");

    [Fact]
    public void Explain_SaysWhatJudgeSaysAndCountsNothing()
    {
        var policies = 0;
        Gen.Select(RulesOfAPolicy, Gen.OneOf("", "mode: report, "), Requests.Array[1, 12]).Sample((text, mode, requests) =>
        {
            using var rules = new Rules(text, mode, lenient: true);
            if (rules.Censor is not { } censor)
                return;
            Interlocked.Increment(ref policies);
            foreach (var request in requests)
            {
                var (head, asker) = Asked.Of(request);
                var before = censor.Hits().ToList();
                var (explained, withReply) = (censor.Explain("p", head, asker), censor.Explain("p", head, asker, Reply(200, "text/html", 2000)));
                Assert.Equal(before, censor.Hits());
                Assert.All(censor.Lists(), list => Assert.Equal(rules.ListHits(list.Path), list.Hits));
                var verdict = censor.Judge("p", head, asker);
                Assert.Equal(verdict, explained.Verdict);
                var matched = explained.Rules.Where(rule => rule.Outcome is RuleOutcome.Matched or RuleOutcome.OnTrial).Select(rule => rule.Rule);
                Assert.Equal(matched, censor.Hits().Zip(before).Where(pair => pair.First.Hits > pair.Second.Hits).Select(pair => pair.First.Rule));
                Assert.Equal(verdict.Denies ? verdict : censor.JudgeReply("p", verdict, head, asker, Reply(200, "text/html", 2000)), withReply.Verdict);
                rules.NoteLists();
            }
        }, iter: 300);
        // The others have rules that are never reached: the configuration refuses them.
        Assert.InRange(policies, 100, int.MaxValue);
    }

    private static IEnumerable<string> Told(Explanation explanation) =>
        explanation.Rules.Select(rule => $"{rule.Rule} {rule.Outcome} {string.Join(' ', rule.Conditions.Select(condition => condition.Name))}".TrimEnd());

    private static ResponseHead Reply(int status, string type, int length) => new()
    {
        Status = status, Fields = new FieldList([new("Content-Type", type), new("Content-Length", length.ToString(CultureInfo.InvariantCulture))]),
    };

    /// <summary>A policy p of listener lab, with a list of hosts and one of filters.</summary>
    private sealed class Rules : IDisposable
    {
        private Dictionary<string, long> _listHits = [];

        /// <param name="lenient">Rules that the configuration refuses, since one is in vain, are no failure of the test: there is no censor then.</param>
        public Rules(string rules, string mode = "", bool lenient = false)
        {
            File.WriteAllText(Folder.File("list"), "# ads\nads.test\n.b.a.test\n");
            File.WriteAllText(Folder.File("passwords"), string.Concat(((string[])["anna", "ben"]).Select(name => $"{name}:{Passwords.OpenSesame}\n")));
            File.WriteAllText(Folder.File("filters"), "||ads.test^\n@@/fine\n");
            File.WriteAllText(Folder.File("sluice.yaml"), $$"""
                listeners: [{ name: lab, kind: forward, bind: 127.0.0.1:0, login: true }, { name: office, kind: forward, bind: 127.0.0.1:0 }]
                users: { file: passwords, groups: { pupils: [anna], staff: [ben] } }
                policies: { p: { default: allow, {{mode}}rules: {{rules.ReplaceLineEndings(" ")}} } }
                """);
            var loaded = Sluice.Config.ConfigurationFile.Load(Folder.File("sluice.yaml"), new Dictionary<string, string>());
            if (lenient)
                Assert.All(loaded.Problems, problem => Assert.Contains("is never reached", problem.Message, StringComparison.Ordinal));
            else
                Assert.Empty(loaded.Problems);
            if (loaded.Configuration is { } configuration)
                Censor = Censor.Load(configuration.Policies, new ManualTime(), NullLogger.Instance).Censor;
            NoteLists();
        }

        public TempFolder Folder { get; } = new();

        public Censor Censor { get; } = null!;

        public void NoteLists() => _listHits = Censor?.Lists().ToDictionary(list => list.Path, list => list.Hits) ?? [];

        public long ListHits(string path) => _listHits.GetValueOrDefault(path);

        public void Dispose() => Folder.Dispose();
    }

    /// <summary><c>[[USER@]CLIENT] METHOD TARGET|Field: value</c>; every user is a pupil.</summary>
    private static class Asked
    {
        public static (RequestHead Head, Asker Asker) Of(string text)
        {
            var word = text[..text.IndexOf(' ', StringComparison.Ordinal)];
            var user = word.Contains('@', StringComparison.Ordinal) ? new User(word[..word.IndexOf('@', StringComparison.Ordinal)], ["pupils"]) : null;
            var client = IPAddress.TryParse(word[(word.IndexOf('@', StringComparison.Ordinal) + 1)..], out var address) ? address : null;
            var parts = (client is null ? text : text[(word.Length + 1)..]).Split('|');
            var words = parts[0].Split(' ');
            Assert.True(RequestTarget.TryParse(words[0], words[1], null, "http", null, out var target, out var why), $"{text}: {why}");
            var fields = new FieldList(parts[1..].Select(line => line.Split(": ", 2)).Select(pair => new Field(pair[0], pair[1])));
            return (new RequestHead { Method = words[0], Target = target, Version = ProtocolVersion.Http11, Fields = fields }, new Asker(client, "lab", user));
        }
    }
}
