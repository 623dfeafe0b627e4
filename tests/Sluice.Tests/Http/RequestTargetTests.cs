using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class RequestTargetTests
{
    [Theory]
    // RFC 9112 s.3.2.1: origin-form, the host from Host
    [InlineData("GET", "/", "example.com", "http://example.com/", TargetForm.Origin)]
    [InlineData("GET", "/a?b=c", "EXAMPLE.com.", "http://example.com/a?b=c", TargetForm.Origin)]
    [InlineData("GET", "//evil/x", "h", "http://h//evil/x", TargetForm.Origin)]
    [InlineData("GET", "/", "h:8080", "http://h:8080/", TargetForm.Origin)]
    [InlineData("GET", "/", "h:80", "http://h/", TargetForm.Origin)]
    [InlineData("GET", "/", "h:", "http://h/", TargetForm.Origin)]
    [InlineData("GET", "/", "[2001:DB8::1]:81", "http://[2001:db8::1]:81/", TargetForm.Origin)]
    [InlineData("GET", "/", "[::ffff:1.2.3.4]", "http://[::ffff:1.2.3.4]/", TargetForm.Origin)]
    [InlineData("GET", "/a|b?x[]={}^`\\", "h", "http://h/a|b?x[]={}^`\\", TargetForm.Origin)]
    [InlineData("GET", "/100%", "h", "http://h/100%", TargetForm.Origin)]
    // RFC 9112 s.3.2.2: absolute-form overrides Host
    [InlineData("GET", "http://target/x", "other", "http://target/x", TargetForm.Absolute)]
    [InlineData("GET", "HTTP://Target", null, "http://target/", TargetForm.Absolute)]
    [InlineData("GET", "http://h?q", "", "http://h/?q", TargetForm.Absolute)]
    [InlineData("GET", "https://h:443/", "h", "https://h/", TargetForm.Absolute)]
    [InlineData("GET", "https://h:80/", "h", "https://h:80/", TargetForm.Absolute)]
    [InlineData("GET", "http://h/@x:y", "h", "http://h/@x:y", TargetForm.Absolute)]
    // RFC 9112 s.3.2.3: authority-form
    [InlineData("CONNECT", "Example.com:443", "x", "example.com:443", TargetForm.Authority)]
    [InlineData("CONNECT", "[::1]:8443", null, "[::1]:8443", TargetForm.Authority)]
    [InlineData("CONNECT", "a_b.local:80", null, "a_b.local:80", TargetForm.Authority)]
    // RFC 9112 s.3.2.4: asterisk-form, also for an absolute URI without a path
    [InlineData("OPTIONS", "*", "h", "http://h", TargetForm.Asterisk)]
    [InlineData("OPTIONS", "http://h:8001", "h", "http://h:8001", TargetForm.Asterisk)]
    [InlineData("OPTIONS", "http://h/", "h", "http://h/", TargetForm.Absolute)]
    public void GoodTarget_IsTakenApart(string method, string raw, string? host, string url, TargetForm form)
    {
        Assert.True(RequestTarget.TryParse(method, raw, host, "http", null, out var target, out var why), why.ToString());
        Assert.Equal(url, target.Url);
        Assert.Equal(form, target.Form);
    }

    [Theory]
    // the line begins with none of the four forms
    [InlineData("GET", "", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "!", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "admin", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "h:80", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "../../", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "*", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "?q", "h", BadMessage.InvalidTarget)]
    // the authority is empty
    [InlineData("GET", "http://", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http:///", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http:///x", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://:80", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://./", "h", BadMessage.InvalidTarget)]
    // ports
    [InlineData("GET", "http://h:99999/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:65536/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:-1/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:+80/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:007/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:0/", "h", BadMessage.InvalidPort)]
    [InlineData("GET", "http://h:80:80/", "h", BadMessage.InvalidPort)]
    // other schemes
    [InlineData("GET", "ftp://h/", "h", BadMessage.SchemeNotSupported)]
    [InlineData("GET", "gopher://h/", "h", BadMessage.SchemeNotSupported)]
    [InlineData("GET", "file:///etc/passwd", "h", BadMessage.SchemeNotSupported)]
    [InlineData("GET", "cache_object://h/", "h", BadMessage.SchemeNotSupported)]
    [InlineData("GET", "urn:isbn:1", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http:/h/", "h", BadMessage.InvalidTarget)]
    // RFC 9110 s.4.2.4: user information
    [InlineData("GET", "http://u:p@h/", "h", BadMessage.UserInformation)]
    [InlineData("GET", "http://@h/", "h", BadMessage.UserInformation)]
    [InlineData("CONNECT", "u@h:443", "h", BadMessage.UserInformation)]
    // octets that no target may hold
    [InlineData("GET", "/#f", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/a b", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/\t", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/\0", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/\x7f", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/\u0080", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/\"", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "/<b>", "h", BadMessage.InvalidTarget)]
    // names that are no host
    [InlineData("GET", "http://a..b/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://a../", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://%31%32/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://a,b/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://h\\@evil/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://[::1/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://[1.2.3.4]/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://[fe80::1%25eth0]/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://[v1.x]/", "h", BadMessage.InvalidTarget)]
    [InlineData("GET", "http://[::1]x/", "h", BadMessage.InvalidPort)]
    // RFC 9110 s.9.3.6: CONNECT has host and port and nothing else
    [InlineData("CONNECT", "h", "h", BadMessage.InvalidPort)]
    [InlineData("CONNECT", "h:", "h", BadMessage.InvalidPort)]
    [InlineData("CONNECT", "h:0", "h", BadMessage.InvalidPort)]
    [InlineData("CONNECT", ":443", "h", BadMessage.InvalidTarget)]
    [InlineData("CONNECT", "", "h", BadMessage.InvalidTarget)]
    [InlineData("CONNECT", "http://h:443", "h", BadMessage.InvalidPort)]
    [InlineData("CONNECT", "/", "h", BadMessage.InvalidTarget)]
    [InlineData("CONNECT", "*", "h", BadMessage.InvalidTarget)]
    [InlineData("CONNECT", "h:443/", "h", BadMessage.InvalidPort)]
    // RFC 9112 s.3.2: an invalid Host is refused whatever the form
    [InlineData("GET", "/", null, BadMessage.NoHost)]
    [InlineData("GET", "/", "", BadMessage.NoHost)]
    [InlineData("GET", "/", "a, b", BadMessage.InvalidHost)]
    [InlineData("GET", "/", "google.com\0.x", BadMessage.InvalidHost)]
    [InlineData("GET", "/", "u@h", BadMessage.InvalidHost)]
    [InlineData("GET", "/", "h:x", BadMessage.InvalidHost)]
    [InlineData("GET", "/", "h/x", BadMessage.InvalidHost)]
    [InlineData("GET", "/", "::1", BadMessage.InvalidHost)]
    [InlineData("GET", "http://h/", "a b", BadMessage.InvalidHost)]
    [InlineData("CONNECT", "h:443", "a b", BadMessage.InvalidHost)]
    public void BadTarget_IsRefused(string method, string raw, string? host, BadMessage expected)
    {
        Assert.False(RequestTarget.TryParse(method, raw, host, "http", null, out _, out var why));
        Assert.Equal(expected, why);
        Assert.Equal(400, why.Row().Status);
    }

    [Fact]
    public void NoHostInReverse_TakesTheListenersAuthority()
    {
        Assert.True(RequestTarget.TryParse("GET", "/x", null, "https", "site.example:8443", out var target, out _));
        Assert.Equal("https://site.example:8443/x", target.Url);
    }

    [Theory]
    [InlineData("/a/b?c", "/a/b")]
    [InlineData("/", "/")]
    [InlineData("/%61dmin", "/admin")]
    [InlineData("/%2e%2E/admin", "/admin")]
    [InlineData("/x/%2e%2e/admin", "/admin")]
    [InlineData("//admin", "/admin")]
    [InlineData("/x//../admin", "/admin")]
    [InlineData("\\admin", "/admin")]
    [InlineData("/x\\..\\admin", "/admin")]
    [InlineData("/./admin/.", "/admin/")]
    [InlineData("/admin/x/..", "/admin/")]
    [InlineData("/../../..", "/")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/.well-known/x", "/.well-known/x")]
    [InlineData("/a%2fb%00%zz%", "/a%2Fb%00%zz%")]
    [InlineData("/%252e%252e/", "/%252e%252e/")]
    [InlineData("*", "*")]
    public void Path_HasOneSpelling(string sent, string normalized)
    {
        if (sent[0] == '\\')
            sent = "/" + sent;
        var target = new RequestTarget(sent == "*" ? TargetForm.Asterisk : TargetForm.Origin, "http", "h", 80, sent);
        Assert.Equal(normalized, target.NormalizedPath);
        Assert.Equal(sent, target.PathAndQuery);
    }

    [Fact]
    public void Query_IsApartFromThePath()
    {
        Assert.Equal("?c=/../", new RequestTarget(TargetForm.Origin, "http", "h", 80, "/a/../b?c=/../").Query.ToString());
        Assert.Equal("/b", new RequestTarget(TargetForm.Origin, "http", "h", 80, "/a/../b?c=/../").NormalizedPath);
        Assert.Equal("", new RequestTarget(TargetForm.Origin, "http", "h", 80, "/a").Query.ToString());
    }

    [Fact]
    public void TargetsAreEqual_WhateverHasBeenAskedOfThem()
    {
        var a = new RequestTarget(TargetForm.Origin, "http", "h", 80, "/");
        var b = a with { };
        Assert.Equal("http://h/", a.Url);
        Assert.Equal(a, b);
    }

    [Fact]
    public void AnyTarget_IsRefusedOrHasAUrlThatMeansTheSame() =>
        Gen.Select(Gen.OneOf("GET", "OPTIONS", "CONNECT"), Gen.OneOf(
            Gen.OneOf("http://", "https://", "/", "*", "h", "[::1]", ":", "80", "0", "@", "?", "#", "\\", "..", "a.B", "%2e", "\0", "\u00e9")
                .Array[0, 8].Select(string.Concat),
            Gen.Char.Array[0, 10].Select(c => "http://h" + new string(c)))).Sample((method, raw) =>
            {
                if (!RequestTarget.TryParse(method, raw, "H", "http", null, out var target, out _))
                    return true;
                Assert.InRange(target.Port, 1, 65535);
                Assert.NotNull(target.NormalizedPath);
                return RequestTarget.TryParse(method, target.Url, null, "http", null, out var again, out _)
                    && (again.Scheme, again.Host, again.Port) == (target.Scheme, target.Host, target.Port)
                    && (again.PathAndQuery == target.PathAndQuery);
            }, iter: 20_000);

    [Fact]
    public void AnyPath_IsNormalizedToOneWithoutDetours() =>
        Gen.OneOf("/", "/", "\\", ".", "..", "%2e", "%2E", "%5c", "%2f", "a", "%", "%%", "2", "e", "%32").Array[0, 12].Sample(pieces =>
        {
            var path = new RequestTarget(TargetForm.Origin, "http", "h", 80, "/" + string.Concat(pieces)).NormalizedPath;
            var segments = path[1..].Split('/');
            return path[0] == '/' && !path.Contains('\\') && !segments.Contains(".") && !segments.Contains("..")
                && !segments.SkipLast(1).Contains("");
        }, iter: 20_000);
}
