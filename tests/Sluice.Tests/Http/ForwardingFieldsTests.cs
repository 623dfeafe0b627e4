using System.Net;
using CsCheck;
using Sluice.Http;
using static Sluice.Tests.Http.RequestCheckTests;

namespace Sluice.Tests.Http;

public class ForwardingFieldsTests
{
    [Theory]
    [InlineData("X: 1", ProtocolVersion.Http11, "X: 1|Via: 1.1 sluice")]
    [InlineData("Via: 1.0 fred|X: 1|Via: 1.1 p.example.net", ProtocolVersion.Http2, "Via: 1.0 fred, 1.1 p.example.net, 2 sluice|X: 1")]
    [InlineData("Via: ", ProtocolVersion.Http10, "Via: 1.0 sluice")]
    public void Via_NamesUsLast(string sent, ProtocolVersion received, string expected)
    {
        var fields = Fields(sent);
        new Via("sluice").AppendTo(fields, received);
        Assert.Equal(Fields(expected), fields);
        Assert.True(new Via("Sluice").IsIn(fields));
    }

    [Theory]
    [InlineData("1.1 sluice", true)]
    [InlineData("1.0 a, HTTP/1.1 SLUICE (x)", true)]
    [InlineData("1.1\tsluice(x), 1.1 b", true)]
    [InlineData("1.1 a (b, \\), (c)), 1.1 sluice", true)]
    [InlineData("1.1 sluice2", false)]
    [InlineData("1.1 my-sluice", false)]
    [InlineData("1.1 sluice.example", false)]
    [InlineData("1.1 a (1.1 sluice)", false)]
    [InlineData("1.1 a (x, 1.1 sluice, y)", false)]
    [InlineData("1.1 a (x\\), 1.1 sluice", false)]
    [InlineData("sluice 1.1", false)]
    [InlineData("sluice", false)]
    [InlineData(") 1.1, 1.1 sluice", true)]
    [InlineData("(\\", false)]
    [InlineData("", false)]
    public void Via_KnowsItsOwnName(string value, bool found) =>
        Assert.Equal(found, new Via("sluice").IsIn(new FieldList([new("X", "1.1 sluice"), new("via", value)])));

    [Fact]
    public void Via_NameThatIsNoToken_IsNotTaken() =>
        Assert.Throws<ArgumentException>(() => new Via("a b"));

    [Fact]
    public void Via_AnyValue_NeverThrows() =>
        Gen.Char["1. sluice,()\\\t"].Array[0, 40].Sample(c => { _ = new Via("s").IsIn(new FieldList([new("Via", new string(c))])); }, iter: 3000);

    [Theory]
    // RFC 9110 s.7.6.2: "MUST check and update its value prior to forwarding the request"
    [InlineData("TRACE", "10", "9", false)]
    [InlineData("OPTIONS", "1", "0", false)]
    // "If the received value is zero (0), the intermediary MUST NOT forward the request"
    [InlineData("TRACE", "0", "0", true)]
    [InlineData("OPTIONS", "00", "00", true)]
    // "A recipient MAY ignore a Max-Forwards header field received with any other request methods."
    [InlineData("GET", "0", "0", false)]
    [InlineData("GET", "x", "x", false)]
    public void MaxForwards_IsCountedDown(string method, string sent, string forwarded, bool endsHere)
    {
        var fields = new FieldList([new("Max-Forwards", sent)]);
        Assert.Null(MaxForwards.CountDown(method, fields, out var ends));
        Assert.Equal((endsHere, forwarded), (ends, fields.Get("Max-Forwards")));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("1, 2")]
    [InlineData("99999999999")]
    public void MaxForwardsThatIsNoNumber_IsRefused(string value) =>
        Assert.Equal(BadMessage.InvalidMaxForwards, MaxForwards.CountDown("TRACE", new FieldList([new("Max-Forwards", value)]), out _));

    [Fact]
    public void MaxForwardsAbsent_ForwardsOn()
    {
        Assert.Null(MaxForwards.CountDown("TRACE", [], out var ends));
        Assert.False(ends);
    }

    [Theory]
    [InlineData("192.0.2.1", "h", "", "192.0.2.1", "for=192.0.2.1;host=h;proto=https")]
    [InlineData("::ffff:192.0.2.1", "h:81", "", "192.0.2.1", "for=192.0.2.1;host=\"h:81\";proto=https")]
    // RFC 7239 s.6: "an IPv6 address is always enclosed in square brackets" and quoted
    [InlineData("2001:db8::1", "[::1]", "", "2001:db8::1", "for=\"[2001:db8::1]\";host=\"[::1]\";proto=https")]
    [InlineData("fe80::1%3", "h", "", "fe80::1", "for=\"[fe80::1]\";host=h;proto=https")]
    [InlineData("192.0.2.1", "h", "X-Forwarded-For: 10.0.0.1|X-Forwarded-For: 10.0.0.2|Forwarded: for=10.0.0.1|X-Forwarded-Host: evil|X-Forwarded-Proto: x",
        "10.0.0.1, 10.0.0.2, 192.0.2.1", "for=10.0.0.1, for=192.0.2.1;host=h;proto=https")]
    public void Origin_IsToldForWhom(string client, string authority, string sent, string chain, string forwarded)
    {
        var fields = Fields(sent);
        ForwardedFor.Append(fields, IPAddress.Parse(client), "https", authority);
        Assert.Equal(chain, fields.Get("X-Forwarded-For"));
        Assert.Equal(forwarded, fields.Get("Forwarded"));
        Assert.Equal(authority, fields.Get("X-Forwarded-Host"));
        Assert.Equal("https", fields.Get("X-Forwarded-Proto"));
    }

    [Fact]
    public void ChainOfAHundredThousandAddresses_IsCutToItsNewest()
    {
        var chain = string.Join(", ", Enumerable.Range(0, 100_000).Select(i => $"10.{i >> 16}.{i >> 8 & 255}.{i & 255}"));
        var fields = new FieldList([new("X-Forwarded-For", chain), new("Forwarded", chain)]);
        ForwardedFor.Append(fields, IPAddress.Loopback, "http", "h");
        var kept = fields.Get("X-Forwarded-For")!;
        Assert.InRange(kept.Length, 900, 1100);
        Assert.EndsWith("10.1.134.158, 10.1.134.159, 127.0.0.1", kept);
        Assert.StartsWith("10.1.", kept);
        Assert.Equal("for=127.0.0.1;host=h;proto=http", fields.Get("Forwarded"));

        fields = new FieldList([new("X-Forwarded-For", new string('1', 5000))]);
        ForwardedFor.Append(fields, IPAddress.Loopback, "http", "h");
        Assert.Equal("127.0.0.1", fields.Get("X-Forwarded-For"));
    }

    [Fact]
    public void ProxyStatus_SaysWhatIsKnown()
    {
        Assert.Equal("sluice; error=connection_refused; next-hop=\"127.0.0.1:80\"; details=\"a \\\"b\\\" \\\\ ???\"",
            new ProxyStatus { Error = "connection_refused", NextHop = "127.0.0.1:80", Details = "a \"b\" \\ \u00e9\r\n" }.Format("sluice"));
        Assert.Equal("\"my proxy\"; next-hop=origin.example:443; next-protocol=h2; received-status=503",
            new ProxyStatus { NextHop = "origin.example:443", NextProtocol = "h2", ReceivedStatus = 503 }.Format("my proxy"));
    }

    [Fact]
    public void ProxyStatus_StandsBehindThoseNearerToTheOrigin()
    {
        var fields = Fields("Proxy-Status: a; error=dns_error|X: 1");
        new ProxyStatus { ReceivedStatus = 502 }.AppendTo(fields, "sluice");
        Assert.Equal(Fields("Proxy-Status: a; error=dns_error, sluice; received-status=502|X: 1"), fields);
    }

    [Fact]
    public void StructuredItem_FollowsItsGrammar()
    {
        var item = new StructuredItem("1sluice");
        item.True("hit");
        item.Integer("ttl", -30);
        item.Integer("big", long.MaxValue);
        item.TokenOrText("key", "*a/b:c");
        Assert.Equal("\"1sluice\"; hit; ttl=-30; big=999999999999999; key=*a/b:c", item.Finish());
    }
}
