using System.Net;
using System.Security.Cryptography.X509Certificates;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Who is believed, and that nobody gets a connection on which another was believed.</summary>
public class TlsIdentityTests
{
    private static readonly TrustedRoots Own = new([TestCertificate.Localhost]);

    private static readonly TrustedRoots Another = new([new TestAuthority().Root]);

    private static Asking Here() => new(_ => new([IPAddress.Loopback]));

    private static UpstreamRequest Request(ScriptedOrigin origin, TlsIdentity? identity, string host = "localhost")
    {
        var template = Asking.Request(origin);
        return new UpstreamRequest
        {
            To = new Destination(true, new HostPort(host, origin.Port)) { Identity = identity },
            Addresses = template.Addresses, Method = "GET", Target = "/", Fields = template.Fields,
        };
    }

    // Each is asked on the same host and port, when a connection that was made with Own is idle.
    public static TheoryData<TlsIdentity?, ForwardError> Strangers => new()
    {
        { null, ForwardError.CertificateRejected },
        { new TlsIdentity(null, null), ForwardError.CertificateRejected },
        { new TlsIdentity(null, Another), ForwardError.CertificateRejected },
        { new TlsIdentity("other.example", Own), ForwardError.CertificateRejected },
        // The name that it would have been asked for anyway: believed, but on a connection of its own.
        { new TlsIdentity("localhost", Own), ForwardError.None },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task IdleConnectionOfAnotherIdentity_IsNotUsed(TlsIdentity? stranger, ForwardError error)
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}"), certificate: TestCertificate.Localhost);
        using var asking = Here();
        Assert.Equal("1", (await asking.WholeAsync(Request(origin, new TlsIdentity(null, Own)))).Body);
        Assert.Equal(1, asking.Pool.Connections);

        Assert.Equal(error, (await asking.WholeAsync(Request(origin, stranger))).Error);
        Assert.Equal(2, origin.Connections);
        Assert.Equal(error == ForwardError.None ? 2 : 1, origin.Heads);
    }

    [Fact]
    public async Task IdleConnectionOfTheSameIdentity_IsUsed()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, $"{x.Number}"), certificate: TestCertificate.Localhost);
        using var asking = Here();
        for (var i = 1; i <= 3; i++)
        {
            var same = new TlsIdentity(null, new TrustedRoots([X509CertificateLoader.LoadCertificate(TestCertificate.Localhost.RawData)]));
            Assert.Equal($"{i}", (await asking.WholeAsync(Request(origin, same))).Body);
        }
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task ServerName_IsProvenInsteadOfTheHost()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"), certificate: TestCertificate.Localhost);
        using var asking = Here();
        var elsewhere = Request(origin, new TlsIdentity(null, Own), "elsewhere.example");
        Assert.Equal(ForwardError.CertificateRejected, (await asking.WholeAsync(elsewhere)).Error);
        var named = Request(origin, new TlsIdentity("localhost", Own), "elsewhere.example");
        Assert.Equal("ok", (await asking.WholeAsync(named)).Body);
    }

    [Fact]
    public async Task IssuerUrlInACertificate_IsNotFetched()
    {
        // It may name any address inside, and whoever names it is nobody yet.
        await using var inside = ScriptedOrigin.With("not a certificate");
        var certificate = new TestAuthority().Issue("localhost", inside.Url("/issuer.crt"));
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"), certificate: certificate);
        using var asking = Here();
        Assert.Equal(ForwardError.CertificateRejected, (await asking.WholeAsync(Request(origin, null))).Error);
        Assert.Equal(ForwardError.CertificateRejected, (await asking.WholeAsync(Request(origin, new TlsIdentity(null, Own)))).Error);
        Assert.Equal(0, inside.Connections);
    }
}
