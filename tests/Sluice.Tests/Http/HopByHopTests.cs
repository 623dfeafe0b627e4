using Sluice.Http;
using static Sluice.Tests.Http.RequestCheckTests;

namespace Sluice.Tests.Http;

public class HopByHopTests
{
    [Theory]
    // RFC 9110 s.7.6.1: "for each connection-option in this field, remove any header or trailer field(s) from the message with the same name"
    [InlineData("Connection: X-Foo|X-Foo: 1|X-Bar: 2", "X-Bar: 2")]
    [InlineData("Connection: close, x-foo , X-BAR|X-Foo: 1|X-Bar: 2|x-foo: 3", "")]
    [InlineData("Connection: a|Connection: b|A: 1|B: 2|C: 3", "C: 3")]
    // "fields ... known to require removal before forwarding"
    [InlineData("Proxy-Connection: keep-alive|Keep-Alive: timeout=5|TE: trailers|Transfer-Encoding: chunked|Upgrade: h2c|X: 1", "X: 1")]
    [InlineData("Connection: Upgrade, HTTP2-Settings|Upgrade: h2c|HTTP2-Settings: AAA|X: 1", "X: 1")]
    // "MUST NOT send a connection option corresponding to a field that is intended for all recipients"
    [InlineData("Connection: close, Host, Content-Length, Cache-Control|Host: h|Content-Length: 5|Cache-Control: no-store",
        "Host: h|Content-Length: 5|Cache-Control: no-store")]
    [InlineData("Connection: authorization,date,via|Authorization: Basic eA==|Date: x|Via: 1.1 a", "Authorization: Basic eA==|Date: x|Via: 1.1 a")]
    [InlineData("Connection: X-Forwarded-For|X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 1.2.3.4")]
    // s.6.6.2: Trailer is about the message
    [InlineData("Trailer: X-Sum|Connection: close", "Trailer: X-Sum")]
    // nothing to do
    [InlineData("Host: h|Connection: , ,|Accept: */*", "Host: h|Accept: */*")]
    public void FieldsOfOneConnection_AreNotForwarded(string sent, string kept)
    {
        var request = Fields(sent);
        HopByHop.RemoveFromRequest(request);
        Assert.Equal(Fields(kept), request);

        var response = Fields(sent);
        HopByHop.RemoveFromResponse(response);
        Assert.Equal(Fields(kept), response);
    }

    [Fact]
    public void ProxyCredentials_StayWithUs()
    {
        var request = Fields("Proxy-Authorization: Basic eA==|Proxy-Authenticate: x");
        HopByHop.RemoveFromRequest(request);
        Assert.Equal(Fields("Proxy-Authenticate: x"), request);

        var response = Fields("Proxy-Authenticate: Basic|Proxy-Authentication-Info: x|WWW-Authenticate: Basic");
        HopByHop.RemoveFromResponse(response);
        Assert.Equal(Fields("WWW-Authenticate: Basic"), response);
    }

    [Theory]
    [InlineData("close", true)]
    [InlineData("Keep-Alive, Close", true)]
    [InlineData("closed, x-close", false)]
    [InlineData("", false)]
    public void Option_IsFoundAsAWholeMember(string value, bool found) =>
        Assert.Equal(found, ConnectionOptions.Contains(new FieldList([new("connection", "a"), new("Connection", value)]), "close"));

    [Theory]
    // RFC 9112 s.9.3
    [InlineData(ProtocolVersion.Http11, "", true)]
    [InlineData(ProtocolVersion.Http11, "Connection: close", false)]
    [InlineData(ProtocolVersion.Http10, "", false)]
    [InlineData(ProtocolVersion.Http10, "Connection: keep-alive", true)]
    [InlineData(ProtocolVersion.Http10, "Connection: keep-alive, close", false)]
    public void Persistence_FollowsVersionAndOptions(ProtocolVersion version, string lines, bool persists) =>
        Assert.Equal(persists, ConnectionOptions.Persists(version, Fields(lines)));
}
