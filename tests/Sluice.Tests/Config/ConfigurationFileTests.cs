using System.Net;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Tests.Config;

public class ConfigurationFileTests
{
    [Fact]
    public void RulesOfTheCache_AreReadIntoTheirOptions()
    {
        var rules = Given.Right("""
            listeners: [{ kind: forward, bind: 127.0.0.1:0, purge: [127.0.0.1, 10.0.0.0/8] }]
            cache:
              rules:
                - { id: packages, hosts: [deb.debian.org, .a.test], paths: [/debian/pool/*], ttl: 30d, override: true }
                - { id: images, types: [image/*], status: [200, 4xx], minTtl: 1h, maxTtl: 2h, staleWhileRevalidate: 1d, staleIfError: 2d }
                - { id: tracking, hosts: [.a.test], ignoreQuery: [utm_*, fbclid], sortQuery: true, ignoreReload: true }
                - { id: api, paths: [/api/*], bypass: true }
                - { id: none, paths: [/static/*], ignoreQuery: all, ttl: 0s }
            """).Cache.Rules;
        Assert.Equal(["packages", "images", "tracking", "api", "none"], rules.Select(r => r.Id));
        Assert.Equal(["deb.debian.org", ".a.test"], rules[0].Hosts.Select(h => h.ToString()));
        Assert.Equal((TimeSpan.FromDays(30), true), (rules[0].Ttl, rules[0].Override));
        Assert.Equal([new StatusRange(200, 200), new StatusRange(400, 499)], rules[1].Status);
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromDays(1), TimeSpan.FromDays(2)),
            (rules[1].MinTtl, rules[1].MaxTtl, rules[1].StaleWhileRevalidate, rules[1].StaleIfError));
        Assert.Equal(["utm_*", "fbclid"], rules[2].IgnoreQuery);
        Assert.Equal((true, true, false), (rules[2].SortQuery, rules[2].IgnoreReload, rules[2].IgnoreAllQuery));
        Assert.True(rules[3].Bypass);
        Assert.Equal((true, TimeSpan.Zero), (rules[4].IgnoreAllQuery, rules[4].Ttl));
    }

    [Fact]
    public void WholeFile_IsReadIntoItsOptions()
    {
        using var given = new Given("""
            listeners:
              - { kind: forward, bind: 0.0.0.0:0, policy: office, allow: [10.0.0.0/8, 192.168.1.7] }
              - { name: app, kind: reverse, bind: ":0", to: "https://[::1]/", forwarded: false }
              - { kind: tcp, bind: "[::1]:0", to: db.example:5432 }
            cache:
              memory: 64MiB
              maxEntry: 1MiB
            policies:
              office:
                default: allow
                rules:
                  - { id: ads, deny: true, status: 404, reason: No ads here, hosts: { file: blocked.txt } }
                  - { id: work, allow: true, hosts: [.example.com, "*.example.org"] }
            logs:
              access: { format: json, to: access.log }
            limits:
              connect: 500ms
              tunnelIdle: 1d
              maxBody: 10GB
              connectPorts: [443, "1024-65535"]
            """);
        File.WriteAllText(Path.Combine(given.Folder, "blocked.txt"), "ads.example\n");
        Assert.Equal("", given.Problems());
        var c = given.Load().Configuration!;

        Assert.Collection(c.Listeners,
            l =>
            {
                Assert.Equal(("forward@0.0.0.0:0", ListenerKind.Forward, "office", false), (l.Name, l.Kind, l.Policy, l.Forwarded));
                Assert.Equal([IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("192.168.1.7/32")], l.Allow);
            },
            l => Assert.Equal(("app", "https", new HostPort("::1", 443), false, IPAddress.IPv6Any), (l.Name, l.ToScheme, l.To!.Value, l.Forwarded, l.Bind.Address)),
            l => Assert.Equal((ListenerKind.Tcp, new HostPort("db.example", 5432), IPAddress.IPv6Loopback), (l.Kind, l.To!.Value, l.Bind.Address)));
        Assert.Equal(new CacheOptions { MemoryBytes = 64 << 20, MaxEntryBytes = 1 << 20 }, c.Cache);
        Assert.Equal([new LogOutputOptions { Format = LogFormat.Json, File = Path.Combine(given.Folder, "access.log") }], c.Log.Access);
        var policy = Assert.Single(c.Policies);
        Assert.True(policy.DefaultAllows);
        Assert.Equal((RuleAction.Deny, 404, "No ads here", Path.Combine(given.Folder, "blocked.txt")),
            (policy.Rules[0].Action, policy.Rules[0].Status, policy.Rules[0].Reason, policy.Rules[0].HostsFile));
        Assert.Equal([".example.com", "*.example.org"], policy.Rules[1].Hosts);
        Assert.EndsWith("sluice.yaml:13:9", policy.Rules[1].Where, StringComparison.Ordinal);
        Assert.Equal((TimeSpan.FromMilliseconds(500), TimeSpan.FromDays(1), 10_000_000_000L), (c.Limits.Connect, c.Limits.TunnelIdle, c.Limits.MaxBodyBytes));
        Assert.Equal([new PortRange(443, 443), new PortRange(1024, 65535)], c.Limits.ConnectPorts);
    }

    [Fact]
    public void LeastFile_HasTheDefaults()
    {
        var c = Given.Right(Given.Forward);
        Assert.Equal(new CacheOptions(), c.Cache);
        Assert.Equal([new LogOutputOptions()], c.Log.Access);
        Assert.Equal(new LimitOptions { ConnectPorts = c.Limits.ConnectPorts }, c.Limits);
        Assert.Empty(c.Policies);
    }

    [Fact]
    public void SeveralAccessLogs_EachHaveAFormatAndAPlace()
    {
        using var given = new Given(Given.Forward + """
            logs:
              access:
                - { format: json, to: access.json }
                - { format: squid, to: "-" }
                - { format: combined, to: syslog://127.0.0.1:514, facility: local3, appName: gate }
                - { to: "syslog+tcp://[::1]:601" }
                - { to: syslog:///dev/log }
            """);
        var log = given.Load().Configuration!.Log;
        Assert.Equal(
        [
            new LogOutputOptions { Format = LogFormat.Json, File = Path.Combine(given.Folder, "access.json") },
            new LogOutputOptions { Format = LogFormat.Squid },
            new LogOutputOptions { Format = LogFormat.Combined, Syslog = new SyslogOptions { Host = new HostPort("127.0.0.1", 514), Facility = SyslogFacility.Local3, AppName = "gate" } },
            new LogOutputOptions { Syslog = new SyslogOptions { Host = new HostPort("::1", 601), OverTcp = true } },
            new LogOutputOptions { Syslog = new SyslogOptions { Path = "/dev/log" } },
        ], log.Access);
        Assert.Equal("syslog://127.0.0.1:514, syslog+tcp://[::1]:601, syslog:///dev/log", string.Join(", ", log.Access.Skip(2).Select(output => output.Place)));
    }

    [Fact]
    public void RedactionAnonymityAndFields_AreRead()
    {
        var log = Given.Right(Given.Forward + "logs: { redact: { query: [token, \"*key*\"], cookies: [session], headers: [X-Api-Key] }, anonymise: { ipv4: 16 }, fields: { request: [X-Request-Id], response: [Server] } }").Log;
        Assert.Equal(new RedactionOptions { Query = ["token", "*key*"], Cookies = ["session"], Headers = ["X-Api-Key"] }, log.Redact);
        Assert.Equal(new AnonymityOptions { Ipv4 = 16, Ipv6 = 48 }, log.Anonymise);
        Assert.Equal(["X-Request-Id", "Server"], log.RequestFields.Concat(log.ResponseFields));
        Assert.Equal(new AnonymityOptions(), Given.Right(Given.Forward + "logs: { anonymise: true }").Log.Anonymise);
    }

    [Fact]
    public void AccessLogOff_IsOff() => Assert.Empty(Given.Right(Given.Forward + "logs: { access: off }").Log.Access);

    [Theory]
    [InlineData("", "sluice.yaml: the file is empty, the least is: listeners: [{ kind: forward, bind: 127.0.0.1:3128 }]")]
    [InlineData("# only this\n", "sluice.yaml: the file is empty, the least is: listeners: [{ kind: forward, bind: 127.0.0.1:3128 }]")]
    [InlineData("- a\n", "sluice.yaml:1:1: the file is not a map of sections, begin with: listeners:")]
    [InlineData("cache: { memory: 1MiB }", "sluice.yaml:1:1: 'listeners' is missing, write for example listeners: [{ kind: forward, bind: 127.0.0.1:3128 }]")]
    [InlineData("listeners: []", "sluice.yaml:1:12: listeners: is an empty list, write for example [{ kind: forward, bind: 127.0.0.1:3128 }]")]
    [InlineData("listeners:", "sluice.yaml:1:11: listeners: is not a list, begin each item with '- '")]
    [InlineData(Given.Forward + "---\na: b\n", "sluice.yaml:2:1: a second document begins here, a configuration is one document: remove the '---'")]
    [InlineData(Given.Forward + "cache: { disk: { size: 1GiB } }", "sluice.yaml:2:16: 'path' is missing, write path: PATH")]
    [InlineData(Given.Forward + "cache: { disk: { path: store, size: 1MiB } }", "sluice.yaml:2:37: size: '1MiB' is out of range, write 16777216 or more")]
    [InlineData(Given.Forward + "cache: { disk: { path: store, size: 1GiB, maxEntry: 2GiB } }", "sluice.yaml:2:53: maxEntry: '2GiB' is more than size, which is 1GiB")]
    [InlineData(Given.Forward + "cache: { disk: { path: no/such/store, size: 1GiB } }", "sluice.yaml:2:24: path: 'no/such/store' is in a folder that does not exist: no/such")]
    [InlineData(Given.Forward + "cache: !!map { memory: 1MiB }", "sluice.yaml:2:8: tags are not taken, remove the '!' and its word (or put the value in quotes if it begins with !)")]
    [InlineData(Given.Forward + "cache: { memory: 1MiB, maxEntry: 2MiB }", "sluice.yaml:2:34: maxEntry: '2MiB' is more than memory, which is 1MiB")]
    [InlineData(Given.Forward + "cache: { memory: }", "sluice.yaml:2:18: memory: has no value, write for example memory: 256MiB")]
    [InlineData(Given.Forward + "? [a]\n: b\n", "sluice.yaml:2:3: a key is a word, not a list or a map")]
    [InlineData(Given.Forward + "limits: { maxFields: 7 }", "sluice.yaml:2:22: maxFields: '7' is out of range, write 8 to 10000")]
    [InlineData(Given.Forward + "limits: { maxFields: \"70\" }", "sluice.yaml:2:22: maxFields: '70' is not a whole number, write 8 to 10000 without quotes")]
    [InlineData(Given.Forward + "limits: { connectPorts: [443, 9000-8000] }", "sluice.yaml:2:31: connectPorts[1]: '9000-8000' has its ends the wrong way round, write 8000-9000")]
    [InlineData(Given.Forward + "limits: { maxHead: 4KiB }", "sluice.yaml:2:20: maxHead: maxRequestLine (8KiB) is more than maxHead (4KiB), of which it is a part")]
    public void WrongFile_GivesItsProblem(string yaml, string problem) => Assert.Equal(problem, Given.ProblemsOf(yaml));

    [Theory]
    [InlineData("kind: forward, bind: 127.0.0.1:0, to: http://a", "to: stands at a forward listener, whose clients name the destination: remove it, or write kind: reverse")]
    [InlineData("kind: reverse, bind: 127.0.0.1:0", "to: 'to' is missing, write for example to: http://127.0.0.1:5678")]
    [InlineData("kind: tcp, bind: 127.0.0.1:0", "to: 'to' is missing, write for example to: 127.0.0.1:5678")]
    [InlineData("kind: tcp, bind: 127.0.0.1:0, to: http://a.example/", "to: 'http://a.example/' is a URL, a tcp listener relays bytes: write host:port, as in a.example:80")]
    [InlineData("kind: reverse, bind: 127.0.0.1:0, to: a.example:80", "to: 'a.example:80' is not a URL, write http://a.example:80")]
    [InlineData("kind: reverse, bind: 127.0.0.1:0, to: http://u:p@a.example", "to: 'http://...@a.example' has a user, write the URL without one")]
    [InlineData("kind: reverse, bind: 127.0.0.1:0, to: ftp://a", "to: 'ftp://a' has the unknown scheme 'ftp', write http:// or https://")]
    [InlineData("kind: tcp, bind: 127.0.0.1:0, to: a:1, forwarded: true", "forwarded: stands at a tcp listener, which has no requests: remove it")]
    [InlineData("kind: forwrad, bind: 127.0.0.1:0", "kind: 'forwrad' is not known, did you mean 'forward'?")]
    [InlineData("kind: forward, bind: 127.0.0.1", "bind: '127.0.0.1' has no port, write 127.0.0.1:3128")]
    [InlineData("kind: forward, bind: 127.1:80", "bind: '127.1:80' is not an address and a port: '127.1' is not an IPv4 address")]
    [InlineData("kind: forward, bind: 127.0.0.1:65536", "bind: '127.0.0.1:65536' has a port above 65535")]
    [InlineData("kind: forward, bind: '::1:3128'", "bind: '::1:3128' lacks brackets, write \"[::1]:3128\"")]
    [InlineData("kind: forward, bind: [ '::1' ]", "bind: is a list: write an IPv6 address with its port in quotes, as in \"[::1]:80\"")]
    [InlineData("kind: forward, bind: '*:80'", "bind: '*:80' is not an address and a port, write :80 for all addresses")]
    [InlineData("kind: forward, bind: 203.0.113.9:80, allow: [10.0.0.0/8]", "bind: '203.0.113.9:80' is not an address of this machine")]
    [InlineData("kind: forward, bind: 127.0.0.1:0, allow: [10.0.0.1/8]", "allow[0]: '10.0.0.1/8' has bits set beyond /8, write 10.0.0.0/8, or 10.0.0.1 for this one address")]
    [InlineData("kind: forward, bind: 127.0.0.1:0, allow: []", "allow: is an empty list, which would serve nobody: name the client networks, or remove it")]
    [InlineData("kind: forward, bind: 127.0.0.1:0, policy: p", "policy: unknown policy 'p', there is no section policies")]
    public void WrongListener_GivesItsProblem(string listener, string problem)
    {
        var told = Given.ProblemsOf($"listeners: [{{ {listener} }}]");
        Assert.Equal(problem, told[(told.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    [Theory]
    [InlineData("{ id: a, hosts: [b] }", "deny: a rule says what it does: write deny: true or allow: true (or tag, bypassCache, route, dialAs, limit or capture, then the next rule is tried)")]
    [InlineData("{ id: a, deny: true, allow: true, hosts: [b] }", "allow: a rule has deny or allow, not both")]
    [InlineData("{ id: a, deny: false, hosts: [b] }", "deny: 'false' leaves open what the rule does, write allow: true")]
    [InlineData("{ id: a, deny: true, status: 200 }", "status: '200' is out of range, write 400 to 599")]
    [InlineData("{ id: a, allow: true, status: 404 }", "status: stands in a rule that allows, remove it: only a refusal has a status")]
    [InlineData("{ id: a, deny: true, hosts: b.example }", "hosts: is not a list, write [b.example], or { file: PATH } or { url: URL } for a list")]
    [InlineData("{ id: a, deny: true, hosts: [] }", "hosts: is an empty list, which matches nothing: write a host, or remove the rule")]
    [InlineData("{ deny: true }", "'id' is missing, write id: and a name")]
    public void WrongRule_GivesItsProblem(string rule, string problem)
    {
        var told = Given.ProblemsOf($"{Given.Forward}policies: {{ p: {{ default: allow, rules: [{rule}] }} }}");
        Assert.Equal(problem, told[(told.IndexOf(": ", StringComparison.Ordinal) + 2)..]);
    }

    [Fact]
    public void NotUtf8_IsToldWithItsPlace()
    {
        using var given = new Given([.. "listeners:\n  - caf"u8, 0xe9, .. ": x\n"u8]);
        Assert.Equal("sluice.yaml:2:8: the file is not UTF-8 from here on, save it as UTF-8", given.Problems());
    }

    [Fact]
    public void ByteOrderMark_IsSkipped()
    {
        using var given = new Given([0xef, 0xbb, 0xbf, .. "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]"u8]);
        Assert.Equal("", given.Problems());
    }

    [Fact]
    public void MissingFileAndFolder_AreTold()
    {
        Assert.Equal("/no/such.yaml: there is no such file", Assert.Single(ConfigurationFile.Load("/no/such.yaml", new Dictionary<string, string>()).Problems).ToString());
        Assert.Equal("/tmp: this is a folder, name the file in it", Assert.Single(ConfigurationFile.Load("/tmp", new Dictionary<string, string>()).Problems).ToString());
    }

    [Theory]
    [InlineData("a: [b\nc: d\n")]
    [InlineData("a: 'b\n")]
    [InlineData("h: [*]\n")]
    [InlineData("a: b: c\n")]
    [InlineData("a: @x\n")]
    [InlineData(" :\ta")]
    [InlineData("{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{{")]
    public void BrokenYaml_IsOneProblemWithItsPlace(string yaml) =>
        Assert.Matches(@"^sluice\.yaml:\d+:\d+: [^\n]+$", Given.ProblemsOf(yaml));

    [Fact]
    public void AnyText_NeverThrows() =>
        CsCheck.Check.Sample(
            CsCheck.Gen.OneOf(
                CsCheck.Gen.String[CsCheck.Gen.Char["ab:[]{}-\n \t\"'*&!|>%@,#?1"], 0, 40],
                CsCheck.Gen.String[0, 30]),
            text => Assert.NotEmpty(Given.ProblemsOf(text)), iter: 2_000);
}
