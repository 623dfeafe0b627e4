using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Whether the next connection resumes the session of the last: OpenSSL's own server says so in its answer.</summary>
public class TlsResumptionTests
{
    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task NextConnectionToTheSameName_ResumesAndStillJudgesTheChain(string version)
    {
        var authority = new TestAuthority();
        // A name of its own: sessions belong to the process.
        var name = $"resumed{version.Replace('_', '-')}.example";
        using var folder = new TempFolder();
        var certificate = authority.Issue(name);
        File.WriteAllText(folder.File("own.pem"),
            certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(folder.File("chain.pem"), authority.Intermediate.ExportCertificatePem());
        using var server = await StartAsync(folder, version);

        using var asking = new Asking(_ => new([IPAddress.Loopback]));
        var told = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var answer = await asking.WholeAsync(new UpstreamRequest
            {
                To = new Destination(true, new HostPort(name, server.Port)) { Identity = new TlsIdentity(null, new TrustedRoots([authority.Root])) },
                Addresses = AddressRules.Any, Method = "GET", Target = "/", Fields = new FieldList([new Field("Host", name)]),
            });
            Assert.Equal((200, ForwardError.None), (answer.Status, answer.Error));
            told.Add(answer.Body.Contains("\nReused, ", StringComparison.Ordinal) ? "Reused" : answer.Body.Contains("\nNew, ", StringComparison.Ordinal) ? "New" : answer.Body);
        }
        Assert.Equal(["New", "Reused", "Reused"], told);

        var stranger = await asking.WholeAsync(new UpstreamRequest
        {
            To = new Destination(true, new HostPort(name, server.Port)),
            Addresses = AddressRules.Any, Method = "GET", Target = "/", Fields = new FieldList([new Field("Host", name)]),
        });
        Assert.Equal(ForwardError.CertificateRejected, stranger.Error);
    }

    private static async Task<Server> StartAsync(TempFolder folder, string version)
    {
        var path = RealClients.Find("openssl");
        Assert.SkipWhen(path is null, "needs openssl, which ./test installs");
        var process = Process.Start(new ProcessStartInfo(path!,
        [
            "s_server", "-accept", "127.0.0.1:0", "-cert", folder.File("own.pem"), "-key", folder.File("own.pem"),
            "-cert_chain", folder.File("chain.pem"), "-alpn", "http/1.1", "-www", version,
        ]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
        while (await process.StandardOutput.ReadLineAsync().Within() is { } line)
            if (line.StartsWith("ACCEPT ", StringComparison.Ordinal))
                return new Server(process, IPEndPoint.Parse(line["ACCEPT ".Length..]).Port);
        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    private sealed record Server(Process Process, int Port) : IDisposable
    {
        public void Dispose()
        {
            Process.Kill();
            Process.Dispose();
        }
    }
}
