namespace Sluice.Tests.Policy;

public class ListEntryTests
{
    [Theory]
    // The host exactly.
    [InlineData("example.com", "http://example.com/", true)]
    [InlineData("example.com", "http://www.example.com/", false)]
    [InlineData("example.com", "http://example.com.evil.test/", false)]
    [InlineData("example.com", "http://notexample.com/", false)]
    [InlineData("Example.COM", "http://eXaMple.com/", true)]
    [InlineData("example.com.", "http://example.com/", true)]
    [InlineData("example.com", "http://example.com./", true)]
    [InlineData("example.com", "http://example.com:8080/x", true)]
    [InlineData("localhost", "http://localhost/", true)]
    // All below it, not itself.
    [InlineData("*.example.com", "http://example.com/", false)]
    [InlineData("*.example.com", "http://www.example.com/", true)]
    [InlineData("*.example.com", "http://a.b.c.example.com/", true)]
    [InlineData("*.example.com", "http://wwwexample.com/", false)]
    // The domain: both.
    [InlineData(".example.com", "http://example.com/", true)]
    [InlineData(".example.com", "http://a.b.example.com/", true)]
    [InlineData(".example.com", "http://badexample.com/", false)]
    [InlineData(".com", "http://example.com/", true)]
    // International names, either way.
    [InlineData("bücher.example", "http://xn--bcher-kva.example/", true)]
    [InlineData("BÜCHER.example", "http://xn--bcher-kva.example/", true)]
    [InlineData("xn--bcher-kva.example", "http://XN--bcher-KVA.example/", true)]
    [InlineData(".пример.test", "http://www.xn--e1afmkfd.test/", true)]
    [InlineData("例え。テスト", "http://xn--r8jz45g.xn--zckzah/", true)]
    // Addresses, in every spelling.
    [InlineData("192.0.2.7", "http://192.0.2.7/", true)]
    [InlineData("192.0.2.7", "http://[::ffff:192.0.2.7]/", true)]
    [InlineData("192.0.2.7", "http://[::FFFF:C000:207]/", true)]
    [InlineData("[::ffff:192.0.2.7]", "http://192.0.2.7/", true)]
    [InlineData("127.1", "http://127.0.0.1/", true)]
    [InlineData("[2001:db8::1]", "http://[2001:DB8:0:0:0:0:0:1]/", true)]
    [InlineData("2001:db8::1", "http://[2001:db8::1]:8080/", true)]
    [InlineData("2001:db8::1", "http://[2001:db8::2]/", false)]
    // Host and path prefix.
    [InlineData("example.com/ads/", "http://example.com/ads/a.gif", true)]
    [InlineData("example.com/ads/", "http://example.com/news", false)]
    [InlineData("example.com/ads/", "http://www.example.com/ads/", false)]
    [InlineData(".example.com/ads/", "http://www.example.com/ads/", true)]
    [InlineData("*.example.com/ads/", "http://example.com/ads/", false)]
    [InlineData("example.com/ads/", "http://example.com/ADS/", true)]
    [InlineData("example.com/watch?v=1", "http://example.com/watch?v=12", true)]
    [InlineData("example.com/ads/", "http://example.com/x/../ads/", true)]
    [InlineData("example.com/ads/", "http://example.com/ads/../x", false)]
    [InlineData("example.com/", "http://example.com", true)]
    // Anywhere in path and query.
    [InlineData("/banner/", "http://a.test/x/banner/y", true)]
    [InlineData("/banner/", "http://a.test/x/banners/y", false)]
    [InlineData("/banner/", "http://a.test/x?u=/banner/", true)]
    [InlineData("/Banner/", "http://a.test/bAnner/", true)]
    [InlineData("/banner/", "http://a.test/b%61nner/", true)]
    [InlineData("/b%61nner/", "http://a.test/banner/", true)]
    [InlineData("/banner/", "http://a.test/x/./banner//y", true)]
    [InlineData("/banner/", "http://a.test/x/%2e%2E/../banner/y", true)]
    [InlineData("/banner/", "http://a.test/x\\banner\\y", true)]
    [InlineData("/banner/", "http://a.test/?u=/b%61nner/", true)]
    [InlineData("/bücher/", "http://a.test/b%C3%BCcher/", true)]
    [InlineData("/banner/", "http://banner/", false)]
    // File names.
    [InlineData("file:setup.exe", "http://a.test/x/Setup.EXE", true)]
    [InlineData("file:setup.exe", "http://a.test/x/setup.exe?v=1", true)]
    [InlineData("file:setup.exe", "http://a.test/setup.exe/x", false)]
    [InlineData("file:setup.exe", "http://a.test/mysetup.exe", false)]
    [InlineData("file:*.exe", "http://a.test/x/mysetup.exe", true)]
    [InlineData("file:*.exe", "http://a.test/x/mysetup%2Eexe", true)]
    [InlineData("file:*.exe", "http://a.test/x.exe/", false)]
    [InlineData("file:*.exe", "http://a.test/x?f=a.exe", false)]
    [InlineData("file:a?c.*", "http://a.test/abc.zip", true)]
    [InlineData("file:a?c.*", "http://a.test/abbc.zip", false)]
    public void AnEntry_NamesWhatItsSyntaxSays(string entry, string url, bool denied)
    {
        var rule = Ask.Deny(entry);
        Assert.Empty(Ask.One(rule).Problems);
        Assert.Equal(denied, rule.Judge(Ask.Get(url)).Denies);
    }

    [Theory]
    [InlineData("example.com", "example.com:443", true)]
    [InlineData(".example.com", "www.EXAMPLE.com.:443", true)]
    [InlineData("192.0.2.7", "[::ffff:192.0.2.7]:443", true)]
    [InlineData("example.com/ads/", "example.com:443", false)]
    [InlineData("/ads/", "example.com:443", false)]
    [InlineData("file:*", "example.com:443", false)]
    public void Connect_IsJudgedByItsHost(string entry, string target, bool denied) =>
        Assert.Equal(denied, Ask.Deny(entry).Judge(Ask.Connect(target)).Denies);

    [Theory]
    [InlineData("http://example.com/", "'http://example.com/' names a scheme: write 'example.com/'")]
    [InlineData("example.com:80", "'example.com:80' names a port: an entry is a host, on every port")]
    [InlineData("[::1]:80", "'[::1]:80' names a port: an entry is a host, on every port")]
    [InlineData("0.0.0.0 ads.test", "'0.0.0.0 ads.test' has white space inside: write one entry a line")]
    [InlineData("ads.*.test", "'ads.*.test' has a '*' elsewhere than in '*.' at its start")]
    [InlineData("*", "'*' has a '*' elsewhere than in '*.' at its start")]
    [InlineData("||ads.test^", "'||ads.test^' is no host name, address, /part or file:name")]
    [InlineData("a..b", "'a..b' is no host name, address, /part or file:name")]
    [InlineData("ads.test#x", "'ads.test#x' is no host name, address, /part or file:name")]
    [InlineData("1.2.3.256", "'1.2.3.256' is no host name, address, /part or file:name")]
    [InlineData("*.1.2.3.4", "'*.1.2.3.4' is an address, and nothing is below an address")]
    [InlineData("10.0.0.0/8", "'10.0.0.0/8' looks like a network: an entry is one address")]
    [InlineData("/", "'/' would match every address: for that write a rule without hosts")]
    [InlineData("//.", "'//.' would match every address: for that write a rule without hosts")]
    [InlineData("file:", "'file:' names no file")]
    [InlineData("file:..", "'file:..' names no file")]
    [InlineData("file:a/b", "'file:a/b' has a slash: a file name is the last segment of a path")]
    [InlineData("a\u001bb", "'a\\x1Bb' has control characters inside")]
    public void WhatIsNoEntry_IsAProblemThatSaysWhatToWrite(string entry, string problem)
    {
        var rule = Ask.Deny(entry) with { Where = "sluice.yaml:14:7" };
        Assert.Equal([$"sluice.yaml:14:7: {problem}"], Ask.One(rule).Problems.Select(p => p.ToString()));
    }
}
