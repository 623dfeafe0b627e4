using System.Text;
using Sluice.Policy.Filters;

namespace Sluice.Tests.Policy.Filters;

public class PublicSuffixTests
{
    /// <summary>After the test cases of publicsuffix.org.</summary>
    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("b.example.com", "example.com")]
    [InlineData("a.b.example.com", "example.com")]
    [InlineData("com", "com")]
    [InlineData("example.nosuchtop", "example.nosuchtop")]
    [InlineData("a.b.example.nosuchtop", "example.nosuchtop")]
    [InlineData("test.ac.jp", "test.ac.jp")]
    [InlineData("www.test.kyoto.jp", "test.kyoto.jp")]
    [InlineData("a.b.ide.kyoto.jp", "b.ide.kyoto.jp")]
    [InlineData("a.b.c.kobe.jp", "b.c.kobe.jp")]
    [InlineData("c.kobe.jp", "c.kobe.jp")]
    [InlineData("www.city.kobe.jp", "city.kobe.jp")]
    [InlineData("www.foo.ck", "www.foo.ck")]
    [InlineData("a.www.foo.ck", "www.foo.ck")]
    [InlineData("a.www.ck", "www.ck")]
    [InlineData("www.example.co.uk", "example.co.uk")]
    [InlineData("me.github.io", "me.github.io")]
    [InlineData("x.me.github.io", "me.github.io")]
    [InlineData("www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("[2001:db8::1]", "[2001:db8::1]")]
    [InlineData("localhost", "localhost")]
    [InlineData("", "")]
    public void Domain_IsTheSuffixAndOneLabel(string host, string domain) =>
        Assert.Equal(domain, host[PublicSuffixes.DomainStart(Encoding.ASCII.GetBytes(host))..]);
}
