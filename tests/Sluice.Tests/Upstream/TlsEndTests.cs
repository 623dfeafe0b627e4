using System.Net;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>How an answer over TLS ends (RFC 9112 s.9.8): a FIN alone is anybody's.</summary>
public class TlsEndTests
{
    private const string UntilClose = "HTTP/1.1 200 OK\r\n\r\nhello";

    public static TheoryData<string, bool, ForwardError> Ends => new()
    {
        { UntilClose, true, ForwardError.None },
        { UntilClose, false, ForwardError.Incomplete },
        // These say themselves where they end.
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, ForwardError.None },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, ForwardError.None },
        { "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", true, ForwardError.Incomplete },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", true, ForwardError.Incomplete },
    };

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task EndOfTheConnection_EndsTheBodyOnlyWhereItIsSure(string said, bool closeNotify, ForwardError error)
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.WriteAsync(said);
            if (closeNotify)
                await x.Connection.EndTlsAsync();
            x.HalfClose();
        }, certificate: TestCertificate.Localhost);
        using var asking = new Asking(_ => new([IPAddress.Loopback]));
        var template = Asking.Request(origin);
        var answer = await asking.WholeAsync(new UpstreamRequest
        {
            To = new Destination(true, new HostPort("localhost", origin.Port))
            {
                Identity = new TlsIdentity(null, new TrustedRoots([TestCertificate.Localhost])),
            },
            Addresses = template.Addresses, Method = "GET", Target = "/", Fields = template.Fields,
        });
        Assert.Equal((200, "hello", error), (answer.Status, answer.Body, answer.Error));
    }
}
