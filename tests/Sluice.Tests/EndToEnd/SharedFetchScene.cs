using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The steps that tests of shared fetches are made of.</summary>
internal static class SharedFetchScene
{
    /// <summary>Requests that come after all of those that wait.</summary>
    public const int Barriers = 8;

    public static readonly byte[] Large = MakeBody(600_000);

    public static byte[] MakeBody(int length)
    {
        var body = new byte[length];
        for (var i = 0; i < length; i++)
            body[i] = (byte)(i * 31 ^ i >> 9);
        return body;
    }

    public static async Task<List<RawConnection>> AskAsync(RunningProxy proxy, ScriptedOrigin origin, int count, string? field = null)
    {
        var clients = new List<RawConnection>();
        var before = Lookups(proxy);
        for (var i = 0; i < count; i++)
        {
            var client = await proxy.ConnectAsync();
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{(field is null ? "" : field + "\r\n")}\r\n");
            clients.Add(client);
        }
        await UntilAsync(() => Lookups(proxy) >= before + count);
        return clients;
    }

    /// <summary>Each is followed by its joining or beginning a fetch, on the same stack.</summary>
    private static long Lookups(RunningProxy proxy) => proxy.Cache.Hits + proxy.Cache.Misses + proxy.Cache.Revalidations;

    /// <summary>The requests that were sent before have been begun: what is asked after them on a new connection has its answer. The sockets
    /// are served in turn, so a few of these come after all of them.</summary>
    public static async Task AllWaitAsync(RunningProxy proxy, ScriptedOrigin origin)
    {
        await UntilAsync(() => origin.Heads >= 1);
        for (var i = 0; i < Barriers; i++)
            Assert.Equal(504, (await proxy.GetAsync(origin, "/barrier", "Cache-Control: only-if-cached")).Status);
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        async Task PollAsync()
        {
            while (!condition())
                await Task.Yield();
        }
        await PollAsync().Within();
    }

    public static async Task EndAsync(List<RawConnection> clients)
    {
        foreach (var client in clients)
            await client.DisposeAsync();
    }
}
