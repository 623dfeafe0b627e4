using Sluice.Http;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy;

public class CensorTests
{
    [Fact]
    public void NoPolicy_AllowsAll() =>
        Assert.Same(Verdict.Allowed, Ask.One().Censor.Judge(null, Ask.Get("http://a.test/")));

    [Fact]
    public void TheFirstRuleThatMatches_Decides()
    {
        var load = Ask.Policy(false,
            new RuleOptions { Id = "good", Action = RuleAction.Allow, Hosts = ["ok.ads.test", "fine.test"] },
            new RuleOptions { Id = "ads", Action = RuleAction.Deny, Hosts = [".ads.test"], Status = 404, Reason = "No ads." });
        Assert.Empty(load.Problems);
        Assert.Equal(("allow", "good", 0), Facts(load, "http://ok.ads.test/"));
        Assert.Equal(("deny", "ads", 404), Facts(load, "http://ads.test/"));
        Assert.Equal("No ads.", load.Censor.Judge("p", Ask.Get("http://ads.test/")).Reason);
        Assert.Equal(("deny", null, 403), Facts(load, "http://other.test/"));
        Assert.Equal([("p", "good", 1), ("p", "ads", 2)], load.Censor.Hits().Select(hits => (hits.Policy, hits.Rule, hits.Hits)));
    }

    [Fact]
    public void ARuleWithoutHosts_MatchesEverything()
    {
        var load = Ask.One(new RuleOptions { Id = "all", Action = RuleAction.Deny, Status = 451 });
        Assert.Equal(("deny", "all", 451), Facts(load, "http://other.test/"));
    }

    [Theory]
    [InlineData("2130706433")]
    [InlineData("0x7f.0.0.1")]
    [InlineData("0177.0.0.1")]
    [InlineData("127.1")]
    [InlineData("127.0.0.1.")]
    [InlineData("::ffff:7f00:1")]
    public void AnAddressInAnotherSpelling_IsTheSameHost(string host)
    {
        var target = new RequestTarget(TargetForm.Absolute, "http", host, 80, "/");
        var request = new RequestHead { Method = "GET", Target = target, Version = ProtocolVersion.Http11, Fields = [] };
        Assert.True(Ask.Deny("127.0.0.1").Judge(request).Denies);
    }

    [Fact]
    public void TheReply_KeepsTheVerdictOnTheRequest()
    {
        var load = Ask.One(Ask.Deny("a.test"));
        var request = Ask.Get("http://b.test/");
        var asked = load.Censor.Judge("p", request);
        Assert.Same(asked, load.Censor.JudgeReply("p", asked, request, default, new ResponseHead { Status = 200, Fields = [] }));
    }

    [Fact]
    public void AllowingByDefault_AllocatesNothing()
    {
        var load = Ask.One(Ask.Deny(".ads.test", "/banner/", "file:*.exe", "x.test/y"));
        var request = Ask.Get("http://www.deep.example.test/some/path");
        load.Censor.Judge("p", request);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
                load.Censor.Judge("p", request);
        }));
    }

    [Fact]
    public void RulesBehindOneForAll_AndRulesThatNameTheSame_AreNeverReached()
    {
        var problems = PolicyCheck.Problems(new PolicyOptions
        {
            Name = "office",
            DefaultAllows = true,
            Rules =
            [
                new() { Id = "ads", Action = RuleAction.Deny, Hosts = ["a.test", "b.test"], HostsFile = "x.txt" },
                new() { Id = "again", Action = RuleAction.Allow, Hosts = ["B.test"], Where = "s.yaml:9:5" },
                new() { Id = "file", Action = RuleAction.Deny, HostsFile = "x.txt", Where = "s.yaml:10:5" },
                new() { Id = "new", Action = RuleAction.Deny, Hosts = ["b.test", "c.test"] },
                new() { Id = "all", Action = RuleAction.Allow },
                new() { Id = "ads", Action = RuleAction.Deny, Hosts = ["d.test"], Where = "s.yaml:13:5" },
            ],
        });
        Assert.Equal(
            [
                "s.yaml:9:5: rule 'again' is never reached: rule 'ads' before it names the same",
                "s.yaml:10:5: rule 'file' is never reached: rule 'ads' before it names the same",
                "s.yaml:13:5: another rule of policy 'office' has the id 'ads' too",
                "s.yaml:13:5: rule 'ads' is never reached: rule 'all' before it matches everything",
            ],
            problems.Select(p => p.ToString()));
    }

    private static (string, string?, int) Facts(CensorLoad load, string url)
    {
        var verdict = load.Censor.Judge("p", Ask.Get(url));
        return (verdict.Outcome, verdict.Rule, verdict.Status);
    }
}
