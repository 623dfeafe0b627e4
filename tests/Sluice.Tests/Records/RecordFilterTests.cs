using System.Net;
using Sluice.Records;

namespace Sluice.Tests.Records;

public class RecordFilterTests
{
    // A quarter of an hour after the samples.
    private static readonly DateTimeOffset Now = Sample.Miss().Time.AddMinutes(15);

    [Theory]
    [InlineData("since", "15m", true)]
    [InlineData("since", "14m", false)]
    [InlineData("since", "2026-01-02T03:04:05Z", true)]
    [InlineData("since", "2026-01-02T03:04:05.678Z", true)]
    [InlineData("since", "2026-01-02T04:04:06+01:00", false)]
    [InlineData("until", "14m", true)]
    [InlineData("until", "15m", false)]
    [InlineData("host", "example.com", true)]
    [InlineData("host", "EXAMPLE.com", true)]
    [InlineData("host", ".com", true)]
    [InlineData("host", ".example.com", true)]
    [InlineData("host", "*.example.com", false)]
    [InlineData("host", "ample.com", false)]
    [InlineData("client", "10.0.0.0/8", true)]
    [InlineData("client", "10.0.0.7", true)]
    [InlineData("client", "10.0.0.8/29", false)]
    [InlineData("client", "::/0", false)]
    [InlineData("user", "anna", true)]
    [InlineData("user", "ANNA", false)]
    [InlineData("listener", "forward", true)]
    [InlineData("listener", "for", false)]
    [InlineData("kind", "http", true)]
    [InlineData("kind", "connect", false)]
    [InlineData("method", "GET", true)]
    [InlineData("method", "get", true)]
    [InlineData("method", "GE", false)]
    [InlineData("url", "com/a", true)]
    [InlineData("url", "COM/a", false)]
    [InlineData("status", "403", true)]
    [InlineData("status", "4xx", true)]
    [InlineData("status", "400-403", true)]
    [InlineData("status", "404-499", false)]
    [InlineData("status", "0", false)]
    [InlineData("verdict", "deny", true)]
    [InlineData("verdict", "allow", false)]
    [InlineData("cache", "none", true)]
    [InlineData("cache", "HIT", false)]
    [InlineData("rule", "ads", true)]
    [InlineData("rule", "ad", false)]
    [InlineData("error", "any", false)]
    public void ACondition_HoldsOfADeniedRecord(string name, string value, bool holds) =>
        Assert.Equal(holds, Of((name, value)).Matches(Sample.Denied()));

    [Theory]
    [InlineData("relay", "error", "any", true)]
    [InlineData("relay", "error", "connection_refused", true)]
    [InlineData("relay", "error", "connection_reset", false)]
    [InlineData("relay", "host", "127.0.0.1", true)]
    [InlineData("relay", "method", "GET", false)]
    [InlineData("relay", "status", "0", true)]
    [InlineData("tunnel", "kind", "connect", true)]
    [InlineData("tunnel", "host", "example.com", true)]
    [InlineData("tunnel", "client", "2001:db8::/32", true)]
    [InlineData("tunnel", "url", ":443", true)]
    [InlineData("bad", "host", ".com", false)]
    [InlineData("bad", "url", "a", false)]
    [InlineData("bad", "user", "anna", false)]
    [InlineData("bad", "rule", "ads", false)]
    public void ACondition_HoldsOfOtherRecords(string record, string name, string value, bool holds) =>
        Assert.Equal(holds, Of((name, value)).Matches(Sample.Of(record)));

    [Theory]
    [InlineData("http://example.com/a", "example.com")]
    [InlineData("http://Example.COM.:8080?x", "example.com")]
    [InlineData("https://u:p@example.com/@b", "example.com")]
    [InlineData("http://[2001:DB8::1]:80/", "2001:db8::1")]
    [InlineData("[2001:db8::1]:443", "2001:db8::1")]
    [InlineData("http://[2001:db8::1]/", "2001:db8::1")]
    [InlineData("example.com:443", "example.com")]
    [InlineData("http://2130706433/", "127.0.0.1")]
    [InlineData("/a", null)]
    [InlineData("*", null)]
    [InlineData("", null)]
    [InlineData("http:///a", null)]
    [InlineData("http://a b/", null)]
    [InlineData("http://[/", null)]
    [InlineData(null, null)]
    public void TheHost_IsThatOfTheUrl(string? url, string? host) => Assert.Equal(host, new ExchangeRecord { Url = url }.Host);

    [Fact]
    public void All_Hold_OrItDoesNotMatch()
    {
        var filter = Of(("status", "4xx"), ("host", ".com"), ("client", "10.0.0.0/8"));
        Assert.True(filter.Matches(Sample.Denied()));
        Assert.False(filter.Matches(Sample.Miss()));
        Assert.True(RecordFilter.All.Matches(Sample.Bad()));
    }

    [Fact]
    public void AnIpv4Network_HoldsTheClientsOfADualModeSocket() =>
        Assert.True(Of(("client", "10.0.0.7")).Matches(new ExchangeRecord { Client = new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.7"), 1) }));

    [Fact]
    public void APartOfTheUrl_IsNotLookedForInItsUserInfo()
    {
        var record = new ExchangeRecord { Url = "http://anna:secret@example.com/a" };
        Assert.False(Of(("url", "secret")).Matches(record));
        Assert.True(Of(("url", "http://example.com/a")).Matches(record));
    }

    [Fact]
    public void WhatOnlyTheEndTells_IsNotAskedOfARequest()
    {
        var filter = Of(("status", "5xx"), ("cache", "hit"), ("error", "any"), ("kind", "upgrade"), ("host", "example.com"));
        Assert.Equal(Of(("host", "example.com")), filter.OfRequest);
        Assert.Equal(Of(("kind", "connect"), ("verdict", "deny")), Of(("kind", "connect"), ("verdict", "deny")).OfRequest);
    }

    [Theory]
    [InlineData("since", "yesterday", "since: 'yesterday' is neither a time such as 2026-03-01T08:00:00Z nor how long ago, write a number and a unit such as 500ms, 30s, 10m or 1h")]
    [InlineData("since", "15", "since: '15' has no unit, write 15s for seconds or 15ms for milliseconds")]
    [InlineData("until", "2026-03-01", "until: '2026-03-01' is not a time with its offset, write for example 2026-03-01T08:00:00Z")]
    [InlineData("until", "2026-03-01T08:00:00", "until: '2026-03-01T08:00:00' is not a time with its offset, write for example 2026-03-01T08:00:00Z")]
    [InlineData("host", "a:80", "host: 'a:80' names a port: an entry is a host, on every port")]
    [InlineData("client", "10.0.0.0/33", "client: '10.0.0.0/33' is not a network, the number after / is 0 to 32")]
    [InlineData("kind", "3", "kind: '3' is not known, write one of http, connect, upgrade, relay")]
    [InlineData("status", "6xx", "status: '6xx' is not a status, write for example 404, 4xx or 400-499, or 0: none was sent")]
    [InlineData("status", "499-400", "status: '499-400' has its ends the wrong way round, write 400-499")]
    [InlineData("verdict", "denied", "verdict: 'denied' is not known, write one of allow, deny, report")]
    [InlineData("cache", "cold", "cache: 'cold' is not known, write one of none, hit, miss, revalidated, stale, bypass")]
    public void WhatIsNoValue_IsToldWithWhatWouldBe(string name, string value, string wrong)
    {
        var filter = RecordFilter.All;
        Assert.Equal(wrong, RecordFilter.TryAdd(ref filter, name, value, Now));
        Assert.Equal(RecordFilter.All, filter);
    }

    [Fact]
    public void AnUnknownName_IsToldWithThoseThatAreKnown()
    {
        var filter = RecordFilter.All;
        Assert.Contains("known: since, until, host", RecordFilter.TryAdd(ref filter, "hosts", "a", Now), StringComparison.Ordinal);
    }

    private static RecordFilter Of(params (string Name, string Value)[] conditions)
    {
        var filter = RecordFilter.All;
        foreach (var (name, value) in conditions)
            Assert.Null(RecordFilter.TryAdd(ref filter, name, value, Now));
        return filter;
    }
}
