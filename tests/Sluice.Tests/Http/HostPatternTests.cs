using Sluice.Http;

namespace Sluice.Tests.Http;

public class HostPatternTests
{
    [Theory]
    [InlineData("a.test", "a.test", true)]
    [InlineData("a.test", "www.a.test", false)]
    [InlineData("a.test", "ba.test", false)]
    [InlineData(".a.test", "a.test", true)]
    [InlineData(".a.test", "www.a.test", true)]
    [InlineData(".a.test", "ba.test", false)]
    [InlineData("*.a.test", "a.test", false)]
    [InlineData("*.a.test", "x.y.a.test", true)]
    [InlineData("A.Test.", "a.test", true)]
    [InlineData("Bücher.test", "xn--bcher-kva.test", true)]
    [InlineData("0x7f.1", "127.0.0.1", true)]
    [InlineData("[::1]", "::1", true)]
    public void Pattern_MatchesHosts(string text, string host, bool matches)
    {
        Assert.Null(HostPattern.TryParse(text, out var pattern));
        Assert.Equal(matches, pattern.Matches(host));
    }

    [Theory]
    [InlineData(".a.test", "a.test", true)]
    [InlineData(".a.test", "*.a.test", true)]
    [InlineData(".a.test", ".b.a.test", true)]
    [InlineData("*.a.test", ".a.test", false)]
    [InlineData("*.a.test", ".b.a.test", true)]
    [InlineData("a.test", "a.test", true)]
    [InlineData("a.test", ".a.test", false)]
    [InlineData(".b.a.test", ".a.test", false)]
    public void Pattern_CoversAnother(string all, string one, bool covers)
    {
        HostPattern.TryParse(all, out var first);
        HostPattern.TryParse(one, out var second);
        Assert.Equal(covers, first.Covers(second));
        // As written it comes out.
        Assert.Equal(all, first.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a..b")]
    [InlineData("a.test:80")]
    [InlineData("http://a.test")]
    [InlineData(".1.2.3.4")]
    public void WhatIsNoPattern_IsRefused(string text) => Assert.NotNull(HostPattern.TryParse(text, out _));
}
