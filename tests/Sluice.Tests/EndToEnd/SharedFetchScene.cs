using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>The steps that tests of shared fetches are made of.</summary>
internal static class SharedFetchScene
{
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
        for (var i = 0; i < count; i++)
        {
            var client = await proxy.ConnectAsync();
            await client.SendAsync($"GET {origin.Url()} HTTP/1.1\r\nHost: {origin.Authority}\r\n{(field is null ? "" : field + "\r\n")}\r\n");
            clients.Add(client);
        }
        return clients;
    }

    /// <summary>So many wait for what the origin has been asked for.</summary>
    public static Task AllWaitAsync(RunningProxy proxy, ScriptedOrigin origin, int count) => UntilAsync(() => origin.Heads >= 1 && proxy.FetchReaders == count);

    public static async Task UntilAsync(Func<bool> condition)
    {
        async Task PollAsync()
        {
            while (!condition())
                await Task.Delay(2);
        }
        await PollAsync().Within();
    }

    public static async Task EndAsync(List<RawConnection> clients)
    {
        foreach (var client in clients)
            await client.DisposeAsync();
    }
}
