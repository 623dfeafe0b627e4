using Sluice.Records;

namespace Sluice.Tests.Config;

public class OverridesTests
{
    [Fact]
    public void Variables_OverrideTheFileInAnyCase()
    {
        var c = Given.Right(Given.Forward + "cache: { memory: 1GiB }\nlogs: { access: off }\n",
            ("SLUICE__Cache__Memory", "64MiB"),
            ("sluice__limits__CONNECT", "5s"),
            ("SLUICE__Limits__ConnectPorts", "443, 8000-9000"),
            ("SLUICE__Limits__MaxFields", "100"),
            ("SLUICE__Logs__Access__Format", "json"),
            ("SLUICE__Listeners__0__Name", "first"),
            ("SLUICE__Listeners__0__Allow__0", "10.0.0.0/8"),
            ("SLUICE__Listeners__1__Kind", "tcp"),
            ("SLUICE__Listeners__1__Bind", "127.0.0.1:0"),
            ("SLUICE__Listeners__1__To", "127.0.0.1:5678"),
            ("SLUICE__Policies__office__Default", "deny"),
            ("SLUICE__Policies__OFFICE__Rules__0__Id", "work"),
            ("SLUICE__Policies__office__Rules__0__Allow", "true"),
            ("SLUICE__Policies__office__Rules__0__Hosts", ".example.com, example.org"),
            ("SLUICE__Cache__Rules__0__Id", "env"),
            ("SLUICE__Cache__Rules__0__Paths", "/a/*, /b/*"),
            ("SLUICE__Cache__Rules__0__IgnoreQuery", "utm_*,fbclid"),
            ("SLUICE__Cache__Rules__1__Id", "all"),
            ("SLUICE__Cache__Rules__1__IgnoreQuery", "all"),
            ("SLUICE__Cache__Rules__2__Id", "missing"),
            ("SLUICE__Cache__Rules__2__Status", "404,410"),
            ("SLUICE__Cache__Rules__2__Ttl", "1h"),
            ("SLUICE__Admin__Socket", "/tmp/admin.sock"),
            ("SLUICE", "not ours"));
        Assert.Equal(64 << 20, c.Cache.MemoryBytes);
        Assert.Equal(["/a/*", "/b/*"], c.Cache.Rules[0].Paths);
        Assert.Equal(["utm_*", "fbclid"], c.Cache.Rules[0].IgnoreQuery);
        Assert.True(c.Cache.Rules[1].IgnoreAllQuery);
        Assert.Equal([404, 410], c.Cache.Rules[2].Status.Select(s => s.First));
        Assert.Equal("/tmp/admin.sock", c.Admin.Socket);
        Assert.Equal(TimeSpan.FromSeconds(5), c.Limits.Connect);
        Assert.Equal(2, c.Limits.ConnectPorts.Count);
        Assert.Equal(100, c.Limits.MaxFields);
        Assert.Equal(LogFormat.Json, Assert.Single(c.Log.Access).Format);
        Assert.Equal(["first", "tcp@127.0.0.1:0"], c.Listeners.Select(l => l.Name));
        Assert.Single(c.Listeners[0].Allow);
        Assert.Equal([".example.com", "example.org"], Assert.Single(Assert.Single(c.Policies).Rules).Hosts);
    }

    [Fact]
    public void AccessLogs_AreNamedByTheirNumbersWhereThereAreSeveral()
    {
        var several = Given.Right(Given.Forward + "logs: { access: { format: squid } }",
            ("SLUICE__Logs__Access__1__To", "syslog://127.0.0.1:514"), ("SLUICE__Logs__Access__0__Format", "json"), ("SLUICE__Logs__Anonymise", "true"), ("SLUICE__Logs__Redact__Query", "token,*key*")).Log;
        Assert.Equal([LogFormat.Json, LogFormat.Readable], several.Access.Select(output => output.Format));
        Assert.NotNull(several.Access[1].Syslog);
        Assert.Equal(["token", "*key*"], several.Redact.Query);
        Assert.Equal(16, Given.Right(Given.Forward, ("SLUICE__Logs__Anonymise__Ipv4", "16")).Log.Anonymise!.Ipv4);
        Assert.Empty(Given.Right(Given.Forward + "logs: { access: [{ format: json }] }", ("SLUICE__Logs__Access", "off")).Log.Access);
        Assert.Equal("SLUICE__Logs__Access__Format: 'Access' is a list, name an item of it by its number, 0 to 1",
            Given.ProblemsOf(Given.Forward + "logs: { access: [{ format: json }] }", ("SLUICE__Logs__Access__Format", "json")));
    }

    [Theory]
    [InlineData("SLUICE__Cache__Memory", "lots", "SLUICE__Cache__Memory: 'lots' is not a size, write a number and a unit such as 64KiB, 256MiB or 1GiB")]
    [InlineData("SLUICE__Limit__Connect", "5s", "SLUICE__Limit__Connect: unknown name 'Limit', did you mean 'SLUICE__Limits__Connect'?")]
    [InlineData("SLUICE__Cache", "5s", "SLUICE__Cache: 'Cache' is a section, name a key of it, as in SLUICE__Cache__Memory")]
    [InlineData("SLUICE__Cache__Memory__Size", "5s", "SLUICE__Cache__Memory__Size: 'Memory' has nothing below it, remove '__Size'")]
    [InlineData("SLUICE__Listeners__x__Bind", ":1", "SLUICE__Listeners__x__Bind: 'x' is not the number of an item of 'listeners', write 0 to 1")]
    [InlineData("SLUICE__", "1", "SLUICE__: unknown name '', known here: Listeners, Cache, Users, Upstreams, Policies, Lists, Logs, Capture, Page, Resolver, Otlp, Admin, Dashboard, Limits")]
    [InlineData("SLUICE__Listeners__0__Bind", ":18140", "SLUICE__Listeners__0__Bind: ':18140' would be an open relay for everyone who reaches it: add allow: [10.0.0.0/8] with your client networks, or bind to 127.0.0.1:18140")]
    public void WrongVariable_IsToldByItsName(string name, string value, string problem) =>
        Assert.Equal(problem, Given.ProblemsOf(Given.Forward, (name, value)));
}
