using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Net;

public sealed class RelayTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly Deadlines _deadlines;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _sockets = [];
    private Socket _client = null!;
    private Socket _upstream = null!;
    private Relay _relay = null!;
    private Task<RelayResult> _running = null!;

    public RelayTests() => _deadlines = new Deadlines(_time);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stop.Dispose();
        _deadlines.Dispose();
        _sockets.ForEach(s => s.Dispose());
    }

    /// <summary>The test holds the far ends of both connections.</summary>
    private async Task StartAsync(byte[]? early = null, TimeSpan? idle = null, int? buffers = null, IPAddress? on = null)
    {
        (_client, var near) = await Wire.OwnPairAsync(buffers, on);
        (_upstream, var far) = await Wire.OwnPairAsync(buffers, on);
        _sockets.AddRange([_client, _upstream, near, far]);
        _relay = new Relay(near, far, _deadlines);
        _running = _relay.RunAsync(early, idle ?? Timeout.InfiniteTimeSpan, _stop.Token);
    }

    private async Task<RelayResult> EndAsync() => await _running.Soon();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task FinOfEachSide_EndsOnlyItsDirection(string on)
    {
        foreach (var clientFirst in new[] { true, false })
        {
            await StartAsync(on: IPAddress.Parse(on));
            var (first, second) = clientFirst ? (_client, _upstream) : (_upstream, _client);
            await first.SendAsync("all I have");
            first.Shutdown(SocketShutdown.Send);
            Assert.Equal("all I have"u8.ToArray(), await second.ReadToEndAsync());
            await second.SendAsync("still ");
            await second.SendAsync("answered");
            second.Shutdown(SocketShutdown.Send);
            Assert.Equal("still answered"u8.ToArray(), await first.ReadToEndAsync());
            var result = await EndAsync();
            Assert.Equal(RelayEnd.Completed, result.End);
            Assert.Equal(clientFirst ? (10, 14) : (14, 10), (result.BytesUp, result.BytesDown));
        }
    }

    [Fact]
    public async Task EarlyBytes_ComeFirst()
    {
        await StartAsync(early: "early "u8.ToArray());
        await _client.SendAsync("late");
        Assert.Equal("early late"u8.ToArray(), await _upstream.ReadAsync(10));
        _client.Shutdown(SocketShutdown.Send);
        _upstream.Shutdown(SocketShutdown.Send);
        Assert.Equal(10, (await EndAsync()).BytesUp);
    }

    [Fact]
    public async Task BulkBothWaysAtOnce_ArrivesByteForByte()
    {
        var (up, down) = (Wire.Noise(5 << 20, 1), Wire.Noise(5 << 20, 2));
        await StartAsync();
        var sending = Task.WhenAll(SendAndFinishAsync(_client, up), SendAndFinishAsync(_upstream, down));
        var got = await Task.WhenAll(_upstream.ReadToEndAsync(), _client.ReadToEndAsync()).Soon();
        await sending;
        Assert.Equal(up, got[0]);
        Assert.Equal(down, got[1]);
        Assert.Equal(RelayEnd.Completed, (await EndAsync()).End);
    }

    private static async Task SendAndFinishAsync(Socket socket, byte[] bytes)
    {
        await socket.SendAllAsync(bytes);
        socket.Shutdown(SocketShutdown.Send);
    }

    [Fact]
    public async Task ReaderThatDoesNotRead_StopsTheWriter()
    {
        const int offered = 32 << 20;
        await StartAsync(buffers: 16 << 10);
        var bytes = Wire.Noise(1 << 20);
        _client.Blocking = false;
        // The writer is stopped once a send would block and the relay has not taken a byte since.
        long accepted = 0, seen = -1;
        for (var quiet = 0; quiet < 20 && accepted < offered;)
        {
            try
            {
                accepted += _client.Send(bytes);
                quiet = 0;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.WouldBlock)
            {
                quiet = seen == _relay.BytesUp ? quiet + 1 : 0;
                seen = _relay.BytesUp;
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }
        Assert.InRange(accepted, 1, 4 << 20); // four socket buffers and one of 64 KiB
        _client.Shutdown(SocketShutdown.Send);
        Assert.Equal(accepted, (await _upstream.ReadToEndAsync()).Length);
    }

    [Theory]
    [InlineData(true, RelayEnd.ClientReset)]
    [InlineData(false, RelayEnd.UpstreamReset)]
    public async Task ResetOfOneSide_ReachesTheOtherBehindItsBytes(bool clientResets, RelayEnd end)
    {
        await StartAsync();
        var (one, other) = clientResets ? (_client, _upstream) : (_upstream, _client);
        await one.SendAsync("half");
        Assert.Equal("half"u8.ToArray(), await other.ReadAsync(4));
        one.Reset();
        Assert.Equal(SocketError.ConnectionReset, await other.ReadErrorAsync());
        Assert.Equal(end, (await EndAsync()).End);
    }

    [Fact]
    public async Task ResetAfterTheOtherSidesFin_IsPassedOn()
    {
        await StartAsync();
        _client.Shutdown(SocketShutdown.Send);
        Assert.Empty(await _upstream.ReadToEndAsync());
        _upstream.Reset();
        Assert.Equal(SocketError.ConnectionReset, await _client.ReadErrorAsync());
        Assert.Equal(RelayEnd.UpstreamReset, (await EndAsync()).End);
    }

    [Fact]
    public async Task SilenceInBothDirections_EndsIt()
    {
        await StartAsync(idle: TimeSpan.FromSeconds(10));
        for (var i = 0; i < 3; i++) // 21 s in all, never 10 of silence
        {
            var one = i % 2 == 0 ? _client : _upstream;
            var other = i % 2 == 0 ? _upstream : _client;
            _time.Advance(TimeSpan.FromSeconds(7));
            await one.SendAsync("x");
            await other.ReadAsync(1);
            // The byte is counted after it was sent.
            while (_relay.BytesUp + _relay.BytesDown <= i)
                await Task.Yield();
        }
        await Task.Yield();
        Assert.False(_running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(11));
        var result = await EndAsync();
        Assert.Equal(RelayEnd.IdleTimedOut, result.End);
        Assert.Equal(TimeSpan.FromSeconds(14), result.FirstByteDown);
        Assert.Equal(SocketError.ConnectionReset, await _client.ReadErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await _upstream.ReadErrorAsync());
    }

    [Fact]
    public async Task Stop_ResetsBoth()
    {
        await StartAsync();
        await _stop.CancelAsync();
        Assert.Equal(RelayEnd.Stopped, (await EndAsync()).End);
        Assert.Equal(SocketError.ConnectionReset, await _client.ReadErrorAsync());
        Assert.Equal(SocketError.ConnectionReset, await _upstream.ReadErrorAsync());
    }
}
