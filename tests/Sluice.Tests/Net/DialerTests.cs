using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

public sealed class DialerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private readonly ManualTime _time = new();
    private readonly SocketListener _listener = new(new IPEndPoint(IPAddress.Loopback, 0));

    private int Port => _listener.EndPoint.Port;

    public void Dispose() => _listener.Dispose();

    private Dialer Resolving(params string[] addresses) =>
        new(_ => new(addresses.Select(IPAddress.Parse).ToArray()), _time);

    private async Task<DialResult> DialAsync(Dialer dialer, string host = "a.example", AddressRules? rules = null)
    {
        var result = await dialer.DialAsync(new HostPort(host, Port), rules ?? AddressRules.Any, Limit,
            TestContext.Current.CancellationToken).AsTask().Soon();
        result.Socket?.Dispose();
        return result;
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.1")] // refused, then connected
    [InlineData("127.0.0.2", "127.0.0.3", "::1", "127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    public async Task FirstAddressThatConnects_Wins(params string[] addresses)
    {
        var result = await DialAsync(Resolving(addresses));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, Port), result.Remote);
        Assert.Equal(DialError.None, result.Error);
    }

    [Fact]
    public async Task Ipv6Literal_IsDialled()
    {
        using var v6 = new SocketListener(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        var result = await new Dialer(_time).DialAsync(new HostPort("::1", v6.EndPoint.Port), AddressRules.Any, Limit,
            TestContext.Current.CancellationToken);
        using var socket = result.Socket;
        Assert.Equal(v6.EndPoint, result.Remote);
    }

    [Fact]
    public async Task AllRefused_IsRefusedAndNamesTheFirst()
    {
        var result = await DialAsync(Resolving("127.0.0.2", "127.0.0.3"));
        Assert.Equal(new DialResult(null, new IPEndPoint(IPAddress.Parse("127.0.0.2"), Port), DialError.Refused), result);
    }

    [Fact]
    public async Task UnknownName_IsNameNotFound()
    {
        var dialer = new Dialer(_ => throw new SocketException((int)SocketError.HostNotFound), _time);
        Assert.Equal(DialError.NameNotFound, (await DialAsync(dialer)).Error);
        Assert.Equal(DialError.NameNotFound, (await DialAsync(new Dialer(_time), new string('a', 300))).Error);
        Assert.Equal(DialError.NameNotFound, (await DialAsync(Resolving())).Error);
    }

    [Fact]
    public async Task ResolverThatDoesNotAnswer_IsNameTimedOut()
    {
        var never = new TaskCompletionSource<IPAddress[]>();
        var dialing = DialAsync(new Dialer(_ => new(never.Task), _time));
        _time.Advance(Limit);
        Assert.Equal(DialError.NameTimedOut, (await dialing.Soon()).Error);
    }

    [Fact]
    public async Task Cancellation_IsThrown()
    {
        using var cancel = new CancellationTokenSource();
        var never = new TaskCompletionSource<IPAddress[]>();
        var dialing = new Dialer(_ => new(never.Task), _time)
            .DialAsync(new HostPort("a", 1), AddressRules.Any, Limit, cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialing.Soon());
    }

    /// <summary>A listener whose backlog is full: the kernel drops the SYN, so that connecting hangs.</summary>
    private static async Task<(Socket Listener, List<Socket> Fill)> BlackHoleAsync(int port)
    {
        var hole = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        hole.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), port));
        hole.Listen(0);
        var fill = new List<Socket>();
        for (var i = 0; i < 3; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            fill.Add(socket);
            var connecting = socket.ConnectAsync(hole.LocalEndPoint!);
            // The first takes the only place.
            if (i == 0)
                await connecting.Soon();
            else
                _ = connecting.ContinueWith(t => t.Exception, TaskScheduler.Default);
        }
        return (hole, fill);
    }

    [Fact]
    public async Task AddressThatDoesNotAnswer_IsOvertakenAfter250ms()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog drops SYNs on Linux only");
        var (hole, fill) = await BlackHoleAsync(Port);
        var dialing = DialAsync(Resolving("127.0.0.2", "127.0.0.1"));
        Assert.False(dialing.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(250)); // RFC 8305 s.5
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, Port), (await dialing.Soon()).Remote);
        fill.ForEach(s => s.Dispose());
        hole.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.0.0.2", "127.0.0.2", "::ffff:127.0.0.2")]
    public async Task AddressThatDoesNotAnswer_TimesOut(params string[] addresses)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog drops SYNs on Linux only");
        var (hole, fill) = await BlackHoleAsync(Port);
        var dialing = DialAsync(Resolving(addresses));
        Assert.False(dialing.IsCompleted);
        _time.Advance(Limit);
        Assert.Equal(DialError.TimedOut, (await dialing.Soon()).Error);
        fill.ForEach(s => s.Dispose());
        hole.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("0x7f000001")]
    [InlineData("2130706433")]
    [InlineData("0177.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("0")]
    [InlineData("::")]
    public async Task OwnListener_IsProhibitedInEverySpelling(string host)
    {
        var rules = new AddressRules(
            [_listener.EndPoint, new IPEndPoint(IPAddress.IPv6Loopback, Port)], [IPAddress.Loopback]);
        Assert.Equal(new DialResult(null, null, DialError.Prohibited), await DialAsync(new Dialer(_time), host, rules));
    }

    [Fact]
    public async Task MixedAddresses_NeverDialTheProhibitedOne()
    {
        var rules = new AddressRules([_listener.EndPoint], [IPAddress.Loopback]);
        var result = await DialAsync(Resolving("127.0.0.1", "127.0.0.2"), rules: rules);
        Assert.Equal(DialError.Refused, result.Error);
        Assert.Equal(IPAddress.Parse("127.0.0.2"), result.Remote!.Address);
    }
}
