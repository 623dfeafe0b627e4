using System.Net;
using System.Text;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Captures, as tshark reads them: each stream is what its ends saw, and there is nothing to complain of.</summary>
public class CaptureTests
{
    [Fact]
    public async Task Relay_IsTwoStreamsOfTheSameOctets()
    {
        var large = Pattern(3 << 20);
        await using var origin = ScriptedOrigin.StartRaw(async connection =>
        {
            await connection.ReadExactlyAsync(large.Length);
            await connection.SendAsync(large);
            Assert.Empty(await connection.ReadToEndAsync());
            await connection.SendAsync("after the half-close");
        });
        await using var proxy = await RunningProxy.RelayAsync(origin.EndPoint);
        using var capture = CapturedFile.Begin(proxy);
        string local;
        await using (var client = await proxy.ConnectAsync())
        {
            local = client.Local.ToString();
            await client.SendAsync(large);
            Assert.Equal(large, await client.ReadExactlyAsync(large.Length));
            client.HalfClose();
            Assert.Equal("after the half-close", Encoding.Latin1.GetString(await client.ReadToEndAsync()));
        }
        await proxy.EndAsync(1);
        var seen = (await capture.ReadAsync()).FindsNothing();
        Assert.Equal(2, seen.Streams.Count);
        byte[] back = [.. large, .. "after the half-close"u8];
        foreach (var stream in new[] { seen.Stream(local, $"{proxy.EndPoint}"), seen.Stream(null, origin.Authority) })
        {
            Assert.Equal(large, stream.FromClient);
            Assert.Equal(back, stream.FromServer);
        }
        Assert.Equal(4, seen.Packets.Count(packet => (packet.Flags & 1) != 0));
    }

    private static byte[] Pattern(int octets)
    {
        var pattern = new byte[octets];
        for (var i = 0; i < octets; i++)
            pattern[i] = (byte)(i * 31 + (i >> 8));
        return pattern;
    }
}
