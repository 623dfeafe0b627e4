using System.Net;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>TLS to the upstream.</summary>
public class TlsTests
{
    private static Asking Here() => new(_ => new([IPAddress.Loopback]));

    [Fact]
    public async Task CertificateThatNobodyTrusts_IsRejected()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "secret"), certificate: TestCertificate.Localhost);
        using var asking = Here();
        Assert.Equal(ForwardError.CertificateRejected, (await asking.WholeAsync(Asking.Request(origin, tls: true))).Error);
        Assert.Empty(origin.Requests);
        Assert.Equal(0, asking.Pool.Connections);
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", ForwardError.TlsFailed)]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", ForwardError.TlsFailed)]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0028", ForwardError.TlsFailed)] // fatal alert: handshake_failure
    [InlineData("", ForwardError.Terminated)]
    public async Task ServerThatSpeaksNoTls_IsNotTakenForABadCertificate(string said, ForwardError error)
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.ReadSomeAsync();
            await c.SendAsync(said);
            c.HalfClose();
            await c.WaitUntilGoneAsync();
        });
        using var asking = Here();
        Assert.Equal(error, (await asking.WholeAsync(Asking.Request(origin, tls: true))).Error);
    }

    [Fact]
    public async Task ServerThatIsSilent_TimesOut()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.ReadSomeAsync();
            asked.SetResult();
            await c.WaitUntilGoneAsync();
        });
        using var asking = Here();
        var ask = asking.AskAsync(Asking.Request(origin, tls: true));
        await asked.Task.Within();
        asking.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ForwardError.ConnectTimedOut, (await ask.Within()).Error);
    }

    [Fact]
    public async Task ClientThatLeavesInTheHandshake_EndsIt()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.ReadSomeAsync();
            asked.SetResult();
            await c.WaitUntilGoneAsync();
        });
        using var asking = Here();
        using var leaves = new CancellationTokenSource();
        var ask = asking.AskAsync(Asking.Request(origin, tls: true, leaves: leaves));
        await asked.Task.Within();
        await leaves.CancelAsync();
        Assert.Equal(ForwardError.ClientLeft, (await ask.Within()).Error);
    }
}
