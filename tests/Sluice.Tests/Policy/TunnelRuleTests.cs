using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Tests.Config;

namespace Sluice.Tests.Policy;

/// <summary>Tunnels, judged by their CONNECT and again by their first octets.</summary>
public class TunnelRuleTests
{
    private const string Blocks = "allow [{ id: bad, deny: true, hosts: [.bad.test] }]";
    private const string Lets = "deny [{ id: good, allow: true, hosts: [.good.test, 192.0.2.1] }]";
    private const string Tls = """
        allow [{ id: cdn, allow: true, hosts: [.cdn.test], tls: [mismatch] }, { id: lie, deny: true, tls: [mismatch] }, { id: hidden, deny: true, tls: [no-sni, ech] },
               { id: other, deny: true, ports: [443], tls: [not-tls] }]
        """;
    private const string OnlyTls = "deny [{ id: web, allow: true, hosts: [.good.test], tls: [match] }, { id: ssh, allow: true, hosts: [git.good.test], ports: [22] }]";

    private const string Elsewhere = "allow [{ id: safe, hosts: [www.search.test], dialAs: safe.search.test }]";

    [Theory]
    // A list of what is denied sees both names.
    [InlineData(Blocks, "good.test:443", "good.test", "allow ")]
    [InlineData(Blocks, "good.test:443", "other.test", "allow ")]
    [InlineData(Blocks, "good.test:443", "www.bad.test", "deny bad")]
    [InlineData(Blocks, "bad.test:443", "good.test", "deny bad")]
    [InlineData(Blocks, "192.0.2.1:443", "bad.test", "deny bad")]
    [InlineData(Blocks, "192.0.2.1:443", "good.test", "allow ")]
    [InlineData(Blocks, "192.0.2.1:443", "no-sni", "allow ")]
    [InlineData(Blocks, "[2001:db8::1]:443", "bad.test", "deny bad")]
    [InlineData(Blocks, "good.test:443", "not-tls", "allow ")]
    [InlineData(Blocks, "good.test:443", "malformed", "deny tls")]
    // No name lends its permission to another.
    [InlineData(Lets, "good.test:443", "good.test", "allow good")]
    [InlineData(Lets, "GOOD.test.:443", "good.test", "allow good")]
    [InlineData(Lets, "good.test:443", "www.good.test", "allow good")]
    [InlineData(Lets, "good.test:443", "bad.test", "deny ")]
    [InlineData(Lets, "bad.test:443", "good.test", "deny ")]
    [InlineData(Lets, "192.0.2.1:443", "good.test", "allow good")]
    [InlineData(Lets, "192.0.2.1:443", "bad.test", "deny ")]
    [InlineData(Lets, "192.0.2.2:443", "good.test", "deny ")]
    [InlineData(Lets, "good.test:443", "malformed", "deny tls")]
    // Rules on what the first octets are, in their order.
    [InlineData(Tls, "a.test:443", "a.test", "allow ")]
    [InlineData(Tls, "a.test:443", "b.test", "deny lie")]
    [InlineData(Tls, "a.cdn.test:443", "b.cdn.test", "allow cdn")]
    [InlineData(Tls, "a.cdn.test:443", "b.test", "deny lie")]
    [InlineData(Tls, "a.test:443", "b.cdn.test", "deny lie")]
    [InlineData(Tls, "192.0.2.1:443", "a.test", "allow ")]
    [InlineData(Tls, "a.test:443", "no-sni", "deny hidden")]
    [InlineData(Tls, "a.test:443", "a.test ech", "deny hidden")]
    [InlineData(Tls, "a.test:443", "not-tls", "deny other")]
    [InlineData(Tls, "a.test:22", "not-tls", "allow ")]
    [InlineData(Tls, "a.test:443", "malformed", "deny tls")]
    // What allows may wait for the first octets, too.
    [InlineData(OnlyTls, "www.good.test:443", "www.good.test", "allow web")]
    [InlineData(OnlyTls, "www.good.test:443", "a.good.test", "deny ")]
    [InlineData(OnlyTls, "www.good.test:443", "no-sni", "deny ")]
    [InlineData(OnlyTls, "www.good.test:443", "not-tls", "deny ")]
    [InlineData(OnlyTls, "git.good.test:22", "not-tls", "allow ssh")]
    [InlineData(OnlyTls, "bad.test:443", "bad.test", "deny ")]
    // Only a rule that names it lets through what cannot be read.
    [InlineData("allow [{ id: odd, allow: true, hosts: [odd.test], tls: [malformed] }]", "odd.test:443", "malformed", "allow odd")]
    [InlineData("allow [{ id: odd, allow: true, hosts: [odd.test], tls: [malformed] }]", "a.test:443", "malformed", "deny tls")]
    [InlineData("allow [{ id: x, deny: true, hosts: [x.test] }, { id: all, allow: true }]", "a.test:443", "malformed", "deny tls")]
    // Whole URLs and filters speak of hosts, too; what does not is not looked at.
    [InlineData("allow [{ id: u, deny: true, urls: [\"*bad*\"] }]", "good.test:443", "bad.test", "deny u")]
    [InlineData("allow [{ id: p, deny: true, ports: [25] }]", "good.test:443", "malformed", "allow ")]
    // Who asks for a host that is dialled elsewhere must have gone there.
    [InlineData(Elsewhere, "www.search.test:443", "www.search.test", "allow ")]
    [InlineData(Elsewhere, "192.0.2.1:443", "www.search.test", "deny tls")]
    [InlineData(Elsewhere, "a.test:443", "www.search.test", "deny tls")]
    [InlineData(Elsewhere, "www.search.test:443", "a.test", "deny tls")]
    [InlineData(Elsewhere, "a.test:443", "b.test", "allow ")]
    // On trial.
    [InlineData("allow [{ id: lie, deny: true, mode: report, tls: [mismatch] }]", "a.test:443", "b.test", "report lie")]
    [InlineData("allow [{ id: bad, deny: true, mode: report, hosts: [b.test] }]", "a.test:443", "b.test", "report bad")]
    [InlineData("allow [{ id: trial, deny: true, mode: report, hosts: [b.test] }, { id: lie, deny: true, tls: [mismatch] }]", "a.test:443", "b.test", "deny lie")]
    public void Tunnel_IsJudgedByEachOfItsNames(string policy, string connect, string shown, string expected)
    {
        var verdict = Judge(Load(policy), connect, shown);
        Assert.Equal(expected, $"{verdict.Outcome} {verdict.Rule}");
    }

    [Fact]
    public void Rule_CountsOnceForEachTunnel()
    {
        const string policy = """
            allow [{ id: seen, tag: seen, schemes: [connect] }, { id: lied, tag: lied, tls: [mismatch] }, { id: named, tag: named, hosts: [.test] },
                   { id: second, tag: second, hosts: [b.test] }, { id: ok, allow: true, hosts: [.test] }, { id: never, deny: true, tls: [mismatch] }]
            """;
        var censor = Load(policy);
        var verdict = Judge(censor, "a.test:443", "b.test");
        Assert.Equal("seen,lied,named,second", verdict.Tags);
        Assert.Equal("ok", verdict.Rule);
        Assert.Equal(["seen 1", "lied 1", "named 1", "second 1", "ok 1", "never 0"], Hits(censor));
        Judge(censor, "a.test:443", "a.test");
        Assert.Equal(["seen 2", "lied 1", "named 2", "second 1", "ok 2", "never 0"], Hits(censor));
    }

    [Theory]
    [InlineData("allow [{ id: bad, deny: true, hosts: [bad.test] }, { id: lie, deny: true, tls: [mismatch] }]", "a.test:443", "bad.test", "bad 0,lie 1")]
    [InlineData("allow [{ id: bad, deny: true, hosts: [bad.test] }, { id: ech, deny: true, tls: [ech] }]", "a.test:443", "bad.test", "bad 1,ech 0")]
    [InlineData("allow [{ id: bad, deny: true, hosts: [bad.test] }, { id: lie, deny: true, tls: [mismatch] }]", "bad.test:443", "a.test", "bad 1,lie 0")]
    [InlineData("deny [{ id: a, allow: true, hosts: [a.test], tls: [match] }, { id: b, allow: true, hosts: [.test] }]", "a.test:443", "b.test", "a 0,b 1")]
    [InlineData("allow [{ id: bad, deny: true, hosts: [bad.test] }]", "a.test:443", "malformed", "bad 0")]
    public void PolicyOnTrial_CountsTheSameRules(string policy, string connect, string shown, string hits)
    {
        var (enforced, reporting) = (Load(policy), Load(policy, "mode: report, "));
        var (denied, noted) = (Judge(enforced, connect, shown), Judge(reporting, connect, shown));
        Assert.False(noted.Denies);
        Assert.Equal((denied.Denies, denied.Rule), (noted.Reports, denied.Denies ? noted.Rule : denied.Rule));
        Assert.Equal(hits, string.Join(',', Hits(enforced)));
        Assert.Equal(hits, string.Join(',', Hits(reporting)));
    }

    [Fact]
    public void Limit_IsTakenOfOnceForEachTunnel_AndNotWhenItIsJudgedAgain()
    {
        var censor = Load("allow [{ id: few, hosts: [.test], limit: { requests: 2, per: rule, every: 1h } }, { id: seen, tag: seen, tls: [mismatch] }]");
        var request = Ask.Connect("a.test:443");
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal("seen", Judge(censor, "a.test:443", "b.test").Tags);
            Assert.False(censor.JudgeAgain("p", request, default, TunnelStart.OfHello(request.Target, "b.test", hasEch: false)).Denies);
        }
        Assert.Equal(("few", 429), (censor.Judge("p", request).Rule, censor.Judge("p", request).Status));
    }

    [Fact]
    public async Task List_CountsOnceForEachTunnel()
    {
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, ".test\n", TestContext.Current.CancellationToken);
        await using var censor = Load($"allow [{{ id: t, tag: t, hosts: {{ file: \"{path}\" }} }}, {{ id: n, deny: true, tls: [no-sni] }}]");
        Judge(censor, "a.test:443", "b.test");
        Assert.Equal(1, Assert.Single(censor.Lists()).Hits);
        File.Delete(path);
    }

    [Theory]
    [InlineData(Blocks, true)]
    [InlineData(Tls, true)]
    [InlineData("allow [{ id: u, tag: u, urls: [\"*a*\"] }]", true)]
    [InlineData("deny [{ id: p, allow: true, ports: [443], clients: [10.0.0.0/8] }]", false)]
    [InlineData("allow [{ id: r, deny: true, hosts: [a.test], reply: { types: [video/*] } }]", false)]
    [InlineData("allow []", false)]
    public void TunnelIsLookedInto_WhereARuleCouldSayMoreOfIt(string policy, bool looks) => Assert.Equal(looks, Load(policy).LooksIntoTunnels("p"));

    [Fact]
    public void RequestThatIsNoTunnel_MatchesNoRuleOnTls()
    {
        var censor = Load("allow [{ id: a, allow: true, tls: [match] }, { id: t, deny: true, tls: [match, mismatch, by-address, no-sni, not-tls, malformed, ech] }, { id: d, deny: true }]");
        Assert.Equal("d", censor.Judge("p", Ask.Get("http://a.test/")).Rule);
        Assert.Equal("a", censor.Judge("p", Ask.Connect("a.test:443")).Rule);
    }

    private static Censor Load(string policy, string more = "")
    {
        var parts = policy.ReplaceLineEndings(" ").Split(' ', 2);
        var configuration = Given.Right($"""
            listeners: [{"{"} name: lab, kind: forward, bind: 127.0.0.1:0 {"}"}]
            policies: {"{"} p: {"{"} default: {parts[0]}, {more}rules: {parts[1]} {"}"} {"}"}
            """);
        var load = Censor.Load(configuration.Policies, TimeProvider.System, NullLogger.Instance);
        Assert.Empty(load.Problems);
        return load.Censor;
    }

    /// <param name="shown">A server name, with ech behind it or not, or a fact.</param>
    private static Verdict Judge(Censor censor, string connect, string shown)
    {
        var request = Ask.Connect(connect);
        var words = shown.Split(' ');
        var start = shown switch
        {
            "not-tls" => new TunnelStart(TlsFacts.NotTls),
            "malformed" => new TunnelStart(TlsFacts.Malformed),
            "no-sni" => TunnelStart.OfHello(request.Target, null, hasEch: false),
            _ => TunnelStart.OfHello(request.Target, words[0], words.Length > 1),
        };
        var before = Hits(censor);
        var explained = censor.Explain("p", request, default, start: start).Verdict;
        Assert.Equal(before, Hits(censor));
        var verdict = censor.Judge("p", request);
        verdict = verdict.Denies ? verdict : censor.JudgeTunnel("p", verdict, request, default, start);
        Assert.Equal((verdict.Outcome, verdict.Rule, verdict.Reason), (explained.Outcome, explained.Rule, explained.Reason));
        return verdict;
    }

    private static string[] Hits(Censor censor) => [.. censor.Hits().Select(h => $"{h.Rule} {h.Hits}")];
}
