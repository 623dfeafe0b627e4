using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>A certificate authority that nobody knows: a root, an intermediate, and what they issue.</summary>
public sealed class TestAuthority
{
    private static readonly DateTimeOffset From = TimeProvider.System.GetUtcNow().AddDays(-1);
    private static readonly DateTimeOffset Until = From.AddDays(30);

    private readonly X509Certificate2 _issuer;

    public TestAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Root = Authority("CN=Test Root", key).CreateSelfSigned(From, Until);
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Intermediate = Authority("CN=Test Intermediate", issuerKey).Create(Root, From, Until, Serial());
        _issuer = Intermediate.CopyWithPrivateKey(issuerKey);
    }

    public X509Certificate2 Root { get; }

    public X509Certificate2 Intermediate { get; }

    /// <summary>A server's certificate, by the intermediate.</summary>
    /// <param name="issuerUrl">Where it says that its issuer can be fetched (RFC 5280 s.4.2.2.1).</param>
    public X509Certificate2 Issue(string name, string? issuerUrl = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        if (issuerUrl is not null)
            request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension([], [issuerUrl]));
        using var issued = request.Create(_issuer, From, Until, Serial());
        using var made = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static byte[] Serial() => RandomNumberGenerator.GetBytes(8);
}
