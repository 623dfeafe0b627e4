using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Net;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

public class RelayTests
{
    [Fact]
    public async Task Relay_CarriesBytesAndIsOneRecord()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await using (var client = await proxy.ConnectAsync())
        {
            await client.SendAsync("hello");
            Assert.Equal("hello", await client.ReadTextAsync(5));
            client.HalfClose();
            Assert.Empty(await client.ReadToEndAsync());
        }
        var record = await proxy.OnlyRecordAsync();
        Assert.Equal(RecordKind.Relay, record.Kind);
        Assert.Equal((5, 5), (record.RequestBytes, record.ResponseBytes));
        Assert.Equal(origin.EndPoint, record.Upstream);
        Assert.Null(record.Error);
    }

    [Fact]
    public async Task ManyClientsAtOnce_EachHaveTheirOwnUpstream()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await using var client = await proxy.ConnectAsync();
            for (var n = 0; n < 50; n++)
            {
                var text = $"{i}/{n};";
                await client.SendAsync(text);
                Assert.Equal(text, await client.ReadTextAsync(text.Length));
            }
        }));
        Assert.Equal(20, origin.Connections);
        await proxy.EndAsync(20);
    }

    [Fact]
    public async Task HalfClose_IsKeptInBothDirections()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            var all = await c.ReadToEndAsync();
            await c.SendAsync($"got {all.Length}");
        });
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync(new byte[1 << 20]);
        client.HalfClose();
        Assert.Equal("got 1048576", Encoding.Latin1.GetString(await client.ReadToEndAsync()));
    }

    [Fact]
    public async Task RefusedUpstream_ResetsTheClientAndIsRecorded()
    {
        using var closed = new ClosedPort();
        await using var proxy = await RunningProxy.RelayAsync(closed.EndPoint);
        try
        {
            await using var client = await proxy.ConnectAsync();
            await client.ExpectClosedAsync();
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // The reset came before connect() had looked.
        }
        Assert.Equal("connection_refused", (await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task UpstreamsReset_IsPassedOnAndRecorded()
    {
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await c.ReadSomeAsync();
            c.Reset();
        });
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync("x");
        await Assert.ThrowsAnyAsync<IOException>(client.ReadToEndAsync);
        Assert.NotNull((await proxy.OnlyRecordAsync()).Error);
    }

    [Fact]
    public async Task NameWithSeveralAddresses_IsReachedByTheOneThatAnswers()
    {
        // Both ::1 and 127.0.0.1 may be localhost; only one of them listens.
        await using var origin = Echo();
        await using var proxy = await RunningProxy.RelayAsync(new HostPort("localhost", origin.Port));
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
    }

    [Fact]
    public async Task UpstreamOnIpv6_IsReached()
    {
        await using var origin = Echo(IPAddress.IPv6Loopback);
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await using var client = await proxy.ConnectAsync();
        await client.SendAsync("six");
        Assert.Equal("six", await client.ReadTextAsync(3));
    }

    [Fact]
    public async Task SlowReader_StopsTheWriter()
    {
        const int offered = 64 << 20;
        var sent = 0L;
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.StartRaw(async c =>
        {
            await reading.Task;
            await c.WaitUntilGoneAsync();
        });
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        await using var client = await proxy.ConnectAsync();
        var block = new byte[64 << 10];
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (sent < offered)
            {
                // A block that is not taken within a second is not taken.
                using var full = new CancellationTokenSource();
                var sending = client.Socket.SendAsync(block, full.Token);
                full.CancelAfter(TimeSpan.FromSeconds(1));
                sent += await sending;
            }
        });
        // What the kernel's buffers of four sockets hold, and one block of ours: far from all.
        Assert.InRange(sent, 1, offered / 2);
        reading.SetResult();
    }

    [Fact]
    public async Task IdleRelay_IsClosed()
    {
        await using var origin = Echo();
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint, new() { TunnelIdle = TimeSpan.FromMilliseconds(300) });
        await using var client = await proxy.ConnectAsync();
        await client.WaitUntilGoneAsync();
        Assert.NotNull((await proxy.OnlyRecordAsync()).Error);
    }

    private static ScriptedOrigin Echo(IPAddress? address = null) => ScriptedOrigin.StartRaw(async c =>
    {
        while (await c.ReadSomeAsync() is { Length: > 0 } bytes)
            await c.SendAsync(bytes);
    }, address);
}
