using Sluice.Http;

namespace Sluice.Tests.Http;

public class ConnectionAuthenticationTests
{
    [Theory]
    [InlineData("NTLM", true)]
    [InlineData("ntlm TlRMTVNTUAABAAAA", true)]
    [InlineData("Negotiate oYG2MIGzoAMKAQA=", true)]
    [InlineData("NEGOTIATE\toYG2", true)]
    [InlineData("Basic realm=\"x\", Negotiate, NTLM", true)]
    [InlineData("Basic realm=\"x\" ,\tntlm", true)]
    [InlineData("Basic realm=\"a, NTLM", true)]
    [InlineData(",,NTLM", true)]
    [InlineData("Basic bnRsbTpudGxt", false)]
    [InlineData("Bearer NTLM", false)]
    [InlineData("NTLMv3 x", false)]
    [InlineData("Digest realm=\"NTLM\"", false)]
    [InlineData("", false)]
    public void Scheme_IsFoundInEveryList(string value, bool found)
    {
        foreach (var name in (string[])["Authorization", "PROXY-AUTHORIZATION"])
        {
            Assert.Equal(found, ConnectionAuthentication.IsInRequest(new FieldList([new Field("Host", "a"), new Field(name, value)])));
            Assert.False(ConnectionAuthentication.IsInResponse(new FieldList([new Field(name, value)])));
        }
        foreach (var name in (string[])["WWW-Authenticate", "proxy-authenticate"])
        {
            Assert.Equal(found, ConnectionAuthentication.IsInResponse(new FieldList([new Field(name, "Basic realm=y"), new Field(name, value)])));
            Assert.False(ConnectionAuthentication.IsInRequest(new FieldList([new Field(name, value)])));
        }
    }
}
