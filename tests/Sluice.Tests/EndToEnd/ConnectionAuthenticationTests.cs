using System.Collections.Concurrent;
using System.Net;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>An upstream connection that knows who asks (NTLM, Negotiate) never carries the request of another.</summary>
public class ConnectionAuthenticationTests
{
    /// <summary>Answers with the number of the connection, and asks as NTLM does where a path says so.</summary>
    private static ScriptedOrigin Asking(ConcurrentQueue<(int Connection, string Target)> seen)
    {
        var numbers = new ConcurrentDictionary<RawConnection, int>();
        return ScriptedOrigin.Start(async x =>
        {
            var number = numbers.GetOrAdd(x.Connection, _ => numbers.Count + 1);
            seen.Enqueue((number, x.Target));
            if (x.Target.StartsWith("/challenge", StringComparison.Ordinal))
                await x.ReplyAsync(401, $"{number}", $"WWW-Authenticate: {x.Target[11..]}", "Cache-Control: no-store");
            else
                await x.ReplyAsync(200, $"{number}", "Cache-Control: no-store");
        });
    }

    private static async Task<string> AskAsync(RawConnection client, ScriptedOrigin origin, string target, string? credentials = null)
    {
        await client.SendAsync($"GET {target} HTTP/1.1\r\nHost: {origin.Authority}\r\n"
            + (credentials is null ? "" : $"Authorization: {credentials}\r\n") + "\r\n");
        return (await client.ReadResponseAsync()).Text;
    }

    [Theory]
    [InlineData("/challenge/NTLM", null)]
    [InlineData("/challenge/negotiate", null)]
    [InlineData("/", "NTLM TlRMTVNTUAABAAAA")]
    [InlineData("/", "Negotiate oYG2MIGzoAMKAQA=")]
    public async Task AuthenticatedConnection_IsItsClientsAlone(string target, string? credentials)
    {
        var seen = new ConcurrentQueue<(int, string)>();
        await using var origin = Asking(seen);
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        await using var victim = await proxy.ConnectAsync();
        await using var attacker = await proxy.ConnectAsync();
        Assert.Equal("1", await AskAsync(victim, origin, target, credentials));
        // The victim's connection is idle now, and the attacker has none.
        Assert.Equal("2", await AskAsync(attacker, origin, "/theirs"));
        // The handshake and what follows it stay on the one connection, though another is idle, too.
        Assert.Equal("1", await AskAsync(victim, origin, "/mine", "NTLM TlRMTVNTUAADAAAA"));
        Assert.Equal("1", await AskAsync(victim, origin, "/mine-later"));
        Assert.Equal("2", await AskAsync(attacker, origin, "/theirs-later"));
        Assert.Equal([(1, target), (2, "/theirs"), (1, "/mine"), (1, "/mine-later"), (2, "/theirs-later")], seen);
    }

    [Fact]
    public async Task AuthenticatedConnection_EndsWithItsClient()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.ReplyAsync(200, "ok");
            await x.WaitUntilGoneAsync();
            gone.TrySetResult();
        });
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        await using (var client = await proxy.ConnectAsync())
            Assert.Equal("ok", await AskAsync(client, origin, "/", "NTLM TlRMTVNTUAABAAAA"));
        await gone.Task.Within();
        // Whoever comes next gets one of its own.
        await using var other = await proxy.ConnectAsync();
        Assert.Equal("ok", await AskAsync(other, origin, "/"));
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task OtherCredentials_AreSentOnAnyConnection()
    {
        var seen = new ConcurrentQueue<(int, string)>();
        await using var origin = Asking(seen);
        await using var proxy = await RunningProxy.ReverseAsync(origin.EndPoint);
        for (var i = 0; i < 3; i++)
        {
            await using var client = await proxy.ConnectAsync();
            Assert.Equal("1", await AskAsync(client, origin, "/challenge/Basic", "Basic eDp5"));
            // By then the connection is kept.
            await proxy.RecordsAsync(i + 1);
        }
    }
}
