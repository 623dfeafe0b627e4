using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

public sealed class SocketListenerTests
{
    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("::1", "::1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    [InlineData("::", "127.0.0.1")] // dual mode
    [InlineData("::", "::1")]
    public async Task Connection_IsAccepted(string bind, string dial)
    {
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Parse(bind), 0));
        var accepting = listener.FirstAsync();
        Assert.NotEqual(0, listener.EndPoint.Port);
        using var client = await Wire.ConnectAsync(new IPEndPoint(IPAddress.Parse(dial), listener.EndPoint.Port));
        using var accepted = await accepting.Soon();
        Assert.Equal(((IPEndPoint)client.LocalEndPoint!).Port, accepted!.RemoteEndPoint!.Port);
        Assert.Equal(listener.EndPoint.Port, accepted.LocalEndPoint!.Port);
    }

    [Fact]
    public async Task Unbind_EndsPendingAcceptsQuietlyAndFreesThePort()
    {
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0));
        var accepting = listener.FirstAsync();
        listener.Unbind();
        Assert.Null(await accepting.Soon());
        using var again = await BoundAsync(listener.EndPoint);
    }

    /// <summary>A process that another test is just starting may have the former's descriptor for a moment.</summary>
    private static async Task<SocketListener> BoundAsync(IPEndPoint at)
    {
        for (var began = TimeProvider.System.GetTimestamp(); ; await Task.Delay(10))
        {
            try
            {
                return new SocketListener(at);
            }
            catch (AddressInUseException) when (TimeProvider.System.GetElapsedTime(began) < Wire.Patience)
            {
            }
        }
    }

    [Fact]
    public async Task DescriptorsNearTheLimit_PauseAcceptingUntilThereIsRoom()
    {
        var time = new ManualTime();
        var log = new LogLines();
        var acceptBelow = 0;
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0), time, log, () => acceptBelow);
        var accepting = listener.FirstAsync();
        using var client = await Wire.ConnectAsync(listener.EndPoint);
        while (log.Lines.Length == 0) // it has accepted, and pauses
            await Task.Yield();
        for (var i = 0; i < 5; i++)
            time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(accepting.IsCompleted);
        Assert.Single(log.Lines); // at most one a second
        acceptBelow = int.MaxValue;
        while (!accepting.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        using var accepted = await accepting.Soon();
        await client.SendAsync("x");
        Assert.Equal("x"u8.ToArray(), await accepted!.ReadAsync(1));
    }

    [Fact]
    public async Task UnbindDuringThePause_EndsTheAccept()
    {
        var log = new LogLines();
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0), new ManualTime(), log, () => 0);
        var accepting = listener.FirstAsync();
        using var client = await Wire.ConnectAsync(listener.EndPoint);
        while (log.Lines.Length == 0)
            await Task.Yield();
        listener.Unbind();
        Assert.Null(await accepting.Soon());
    }

    [Fact]
    public void PortInUse_IsSaidSo()
    {
        using var listener = new SocketListener(new IPEndPoint(IPAddress.Loopback, 0));
        var error = Assert.Throws<AddressInUseException>(() => new SocketListener(listener.EndPoint));
        Assert.Contains(listener.EndPoint.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ForeignAddress_Throws() =>
        Assert.Throws<SocketException>(() => new SocketListener(new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)));
}
