using System.Text;
using Sluice.Policy.Users;

namespace Sluice.Tests.Policy.Users;

/// <summary>RFC 7617 s.2, RFC 9110 s.11.4.</summary>
public class BasicCredentialsTests
{
    // RFC 7617 s.2: the user-id ends at the first colon; s.2.1: UTF-8 (its own example has a pound sign).
    [Theory]
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame")]
    [InlineData("Basic dGVzdDoxMjPCow==", "test", "123\u00a3")]
    [InlineData("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame")]
    [InlineData("BASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame")]
    [InlineData("Basic   QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame")]
    [InlineData("Basic YTpiOmM6", "a", "b:c:")]
    [InlineData("Basic YTo=", "a", "")]
    public void Credentials_AreUserAndPassword(string field, string name, string password) =>
        Assert.Equal((name, password), Decode(field));

    [Theory]
    [InlineData("")]
    [InlineData("Basic")]
    [InlineData("Basic ")]
    [InlineData("Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("BasicQWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Basic\tQWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Basic QWxhZGRpbg==")] // no colon
    [InlineData("Basic OnNlY3JldA==")] // no user
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")] // no padding
    [InlineData("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==, Basic YTpi")] // two lines
    [InlineData("Basic QWxh ZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("Basic !!!!")]
    [InlineData("Basic YTpi\u00e9\u00e9\u00e9\u00e9")]
    [InlineData("Basic YTr8")] // a:\xfc, Latin-1
    [InlineData("Basic YToAYg==")] // NUL in the password
    [InlineData("Basic YQo6Yg==")] // LF in the name
    [InlineData("Basic YTpifw==")] // DEL
    public void WhatIsNoneOfThese_IsMalformed(string field) => Assert.Null(Decode(field));

    [Fact]
    public void Credentials_HaveAGreatestLength()
    {
        Assert.NotNull(Decode(Passwords.Basic("a", new string('x', BasicCredentials.MostOctets - 2))));
        Assert.Null(Decode(Passwords.Basic("a", new string('x', BasicCredentials.MostOctets - 1))));
    }

    private static (string, string)? Decode(string field) =>
        BasicCredentials.TryDecode(field, new byte[BasicCredentials.MostOctets], out var octets, out var colon) ? BasicCredentials.Split(octets, colon) : null;
}
