using System.Globalization;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Tests.Policy;

public sealed class PolicyLearnerTests
{
    private static readonly Gen<string> Hosts = Gen.OneOf(
        Gen.Select(Gen.OneOf("", "www.", "a.", "b.", "c.", "d.c.", "e.c.", "f.c.", "g.f.c."), Gen.OneOf("one.com", "two.co.uk", "three.github.io", "printer.lan"), (label, site) => label + site),
        Gen.OneOf("192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "localhost", "com", "co.uk", "github.io"));

    private static readonly Gen<(string Method, string Host, int Port)> Exchanges =
        Gen.Select(Gen.OneOf("GET", "GET", "POST", "HEAD", "CONNECT", "PROPFIND"), Hosts, Gen.OneOf(80, 443, 8080), (method, host, port) => (method, host, port));

    [Theory]
    [InlineData("GET a.one.com 80, GET b.one.com 80", "GET 80 a.one.com b.one.com")]
    [InlineData("GET a.one.com 80, GET b.one.com 80, GET c.one.com 80", "GET 80 *.one.com")]
    [InlineData("GET one.com 80, GET b.one.com 80, GET c.one.com 80", "GET 80 .one.com")]
    [InlineData("GET a.x.one.com 80, GET b.x.one.com 80, GET c.y.x.one.com 80", "GET 80 *.x.one.com")]
    [InlineData("GET a.co.uk 80, GET b.co.uk 80, GET c.co.uk 80, GET d.github.io 80, GET e.github.io 80, GET f.github.io 80", "GET 80 d.github.io e.github.io f.github.io a.co.uk b.co.uk c.co.uk")]
    [InlineData("GET a.one.com 80, GET b.one.com 80, CONNECT c.one.com 443", "CONNECT 443 c.one.com; GET 80 a.one.com b.one.com")]
    [InlineData("GET a.com 80, HEAD a.com 80, GET b.com 80, HEAD b.com 80, GET c.com 80", "GET 80 c.com; GET,HEAD 80 a.com b.com")]
    [InlineData("GET a.com 80, GET a.com 81, POST a.com 81", "GET 80 a.com; GET,POST 81 a.com")]
    [InlineData("GET a.com 80, GET a.com 8080", "GET 80,8080 a.com")]
    [InlineData("GET 192.0.2.1 80, GET 192.0.2.2 80, GET 192.0.2.3 80", "GET 80 192.0.2.1 192.0.2.2 192.0.2.3")]
    public void Learned_IsWhatWasAsked(string exchanges, string rules) => Assert.Equal(rules, Told(Learn(exchanges.Split(", ").Select(Of))));

    [Fact]
    public void NoExchanges_NoRules()
    {
        var policy = new PolicyLearner().Learn("p");
        Assert.Empty(policy.Rules);
        Assert.False(policy.DefaultAllows);
    }

    [Fact]
    public void HostThatNoListCanName_IsNotTaken() =>
        Assert.False(new PolicyLearner().TryAdd("GET", new RequestTarget(TargetForm.Absolute, "http", "a~b.com", 80, "/")));

    /// <summary>All that was asked is allowed; without any rule, host, method or port something would not be.</summary>
    [Fact]
    public void Learned_AllowsAllAndHasNothingNeedless() => Exchanges.Array[1, 40].Sample(exchanges =>
    {
        var policy = Learn(exchanges);
        Assert.Empty(Refused(policy, exchanges));
        Assert.All(Reduced(policy), less => Assert.NotEmpty(Refused(less, exchanges)));
    }, iter: 300);

    /// <summary>What is allowed that was not asked lies below a domain of a site of which so many hosts were asked in the same way, never below a public suffix.</summary>
    [Fact]
    public void Learned_IsWiderOnlyWithinSites() => Gen.Select(Exchanges.Array[1, 40], Exchanges.Array[40]).Sample((exchanges, others) =>
    {
        var policy = Learn(exchanges);
        var refused = Refused(policy, others).ToHashSet();
        foreach (var (method, host, port) in others.Where(other => !refused.Contains(other) && !exchanges.Contains(other)))
            Assert.True(exchanges.Distinct().Count(seen => seen.Method == method && seen.Port == port && Site(seen.Host) == Site(host)) >= PolicyLearner.Many, $"{method} {host} {port}: {Told(policy)}");
    }, iter: 300);

    private static string Site(string host)
    {
        foreach (var site in (string[])["one.com", "two.co.uk", "three.github.io", "printer.lan"])
            if (host == site || host.EndsWith("." + site, StringComparison.Ordinal))
                return site;
        return host;
    }

    private static PolicyOptions Learn(IEnumerable<(string Method, string Host, int Port)> exchanges)
    {
        var learner = new PolicyLearner();
        foreach (var exchange in exchanges)
            Assert.True(learner.TryAdd(exchange.Method, Request(exchange).Target));
        return learner.Learn("p");
    }

    private static IEnumerable<(string, string, int)> Refused(PolicyOptions policy, IEnumerable<(string Method, string Host, int Port)> exchanges)
    {
        var (censor, problems) = Censor.Load([policy], TimeProvider.System, NullLogger.Instance);
        Assert.Empty(problems);
        return [.. exchanges.Where(exchange => censor.Judge("p", Request(exchange)).Denies)];
    }

    /// <summary>The policy, each time without one thing.</summary>
    private static IEnumerable<PolicyOptions> Reduced(PolicyOptions policy) =>
        from rule in policy.Rules
        from less in (RuleOptions?[])[
            null,
            .. rule.Hosts.Count > 1 ? rule.Hosts.Select(host => rule with { Hosts = [.. rule.Hosts.Where(other => other != host)] }) : [],
            .. rule.Methods.Count > 1 ? rule.Methods.Select(method => rule with { Methods = [.. rule.Methods.Where(other => other != method)] }) : [],
            .. rule.Ports.Count > 1 ? rule.Ports.Select(port => rule with { Ports = [.. rule.Ports.Where(other => other != port)] }) : []]
        select policy with { Rules = [.. policy.Rules.Select(other => other == rule ? less : other).OfType<RuleOptions>()] };

    private static RequestHead Request((string Method, string Host, int Port) exchange)
    {
        var isTunnel = exchange.Method == "CONNECT";
        var target = new RequestTarget(isTunnel ? TargetForm.Authority : TargetForm.Absolute, isTunnel ? "" : "http", exchange.Host, exchange.Port, isTunnel ? "" : "/");
        return new RequestHead { Method = exchange.Method, Target = target, Version = ProtocolVersion.Http11, Fields = [] };
    }

    private static (string, string, int) Of(string text) => text.Split(' ') is [var method, var host, var port] ? (method, host, int.Parse(port, CultureInfo.InvariantCulture)) : default;

    private static string Told(PolicyOptions policy) =>
        string.Join("; ", policy.Rules.Select(rule => $"{string.Join(',', rule.Methods)} {string.Join(',', rule.Ports)} {string.Join(' ', rule.Hosts)}"));
}
