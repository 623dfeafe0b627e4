using Sluice.Cache;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Large bodies from memory, before and after they have moved into pages that are sent by reference.</summary>
public class LargeHitTests
{
    private const int Length = 3_000_000;

    private static readonly byte[] Large = MakeBody(Length, 0);

    [Fact]
    public async Task BodyThatMoves_IsTheSameInEveryForm()
    {
        await using var origin = ScriptedOrigin.Start(x => AnswerAsync(x, Large));
        await using var proxy = await RunningProxy.ForwardAsync(cache: new CacheOptions { MemoryBytes = 16 << 20, MaxEntryBytes = 4 << 20 });
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(Large, (await proxy.GetAsync(origin)).Body);
            Assert.Equal(Large[70_001..2_500_001], (await proxy.GetAsync(origin, "/", "Range: bytes=70001-2500000")).Body);
            Assert.Equal(Large[^10..], (await proxy.GetAsync(origin, "/", "Range: bytes=-10")).Body);
            var parts = await proxy.GetAsync(origin, "/", "Range: bytes=0-99999, 2000000-2000009");
            Assert.Contains(Convert.ToHexString(Large.AsSpan(2_000_000, 10)), Convert.ToHexString(parts.Body), StringComparison.Ordinal);
            Assert.Contains(Convert.ToHexString(Large.AsSpan(0, 100_000)), Convert.ToHexString(parts.Body), StringComparison.Ordinal);
            var head = await proxy.AskAsync($"HEAD {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
            Assert.Equal((200, $"{Length}"), (head.Status, head["Content-Length"]));
        }
        Assert.Single(origin.Requests);
    }

    [Fact]
    public async Task BodyThatIsEvictedWhileItIsSent_IsSentWhole()
    {
        await using var origin = ScriptedOrigin.Start(x => AnswerAsync(x, x.Target.Contains("first", StringComparison.Ordinal) ? Large : MakeBody(Length, x.Target.Length)));
        await using var proxy = await RunningProxy.ForwardAsync(cache: new CacheOptions { MemoryBytes = 8 << 20, MaxEntryBytes = 4 << 20 });
        for (var i = 0; i < 10; i++)
            Assert.Equal(Large, (await proxy.GetAsync(origin, "/first")).Body);
        await using var slow = await proxy.ConnectAsync();
        await slow.SendAsync($"GET {origin.Url("/first")} HTTP/1.1\r\nHost: {origin.Authority}\r\n\r\n");
        var head = await slow.ReadHeadAsync();
        Assert.Contains("; hit", head["Cache-Status"]);
        // More than there is room for, each worth more than the first one in the end.
        for (var i = 1; i < 40; i++)
            for (var j = 0; j < 3; j++)
                Assert.Equal(Length, (await proxy.GetAsync(origin, "/" + new string('x', i % 8 + 1))).Body.Length);
        Assert.True(proxy.Cache.Evictions > 0);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(Large, await slow.ReadExactlyAsync(Length));
    }

    private static async Task AnswerAsync(OriginExchange x, byte[] body)
    {
        await x.WriteAsync($"HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nETag: \"{body[0]}\"\r\nContent-Length: {body.Length}\r\n\r\n");
        await x.WriteAsync(body);
    }

    private static byte[] MakeBody(int length, int seed)
    {
        var body = new byte[length];
        new Random(seed).NextBytes(body);
        return body;
    }
}
