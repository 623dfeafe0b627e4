using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>Which connection a request goes on, and how long one is kept.</summary>
public class PoolTests
{
    /// <summary>Answers by the number of the connection, from 1.</summary>
    private static ScriptedOrigin Numbering(Func<OriginExchange, Task>? before = null)
    {
        var numbers = new System.Runtime.CompilerServices.ConditionalWeakTable<RawConnection, object>();
        var count = 0;
        return ScriptedOrigin.Start(async x =>
        {
            var number = (int)numbers.GetValue(x.Connection, _ => Interlocked.Increment(ref count));
            if (before is not null)
                await before(x);
            await x.ReplyAsync(200, $"{number}");
        });
    }

    /// <summary>So many at once, answered only when all have been asked; then all are idle.</summary>
    private static async Task FillAsync(Asking asking, ScriptedOrigin origin, int count)
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => asking.AskAsync(Asking.Request(origin)))).Within();
        foreach (var reply in replies)
            Assert.NotEmpty(await Asking.ReadAsync(reply));
    }

    [Fact]
    public async Task KeptConnections_AreUsedLastInFirstOut()
    {
        await using var origin = Numbering();
        using var asking = new Asking();
        var first = await asking.AskAsync(Asking.Request(origin)).Within();
        var second = await asking.AskAsync(Asking.Request(origin)).Within();
        Assert.Equal("2", await Asking.ReadAsync(second));
        Assert.Equal("1", await Asking.ReadAsync(first));
        // From no event loop, which would take a connection of its own first.
        for (var i = 0; i < 2; i++)
            Assert.Equal("1", (await Task.Run(() => asking.WholeAsync(Asking.Request(origin)))).Body);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task MoreThanTheLimit_AreClosed()
    {
        await using var origin = Numbering();
        using var asking = new Asking();
        await FillAsync(asking, origin, Asking.IdleConnections + 3);
        Assert.Equal(Asking.IdleConnections, asking.Pool.Connections);
        Assert.Equal(Asking.IdleConnections + 3, origin.Connections);
    }

    [Fact]
    public async Task IdleForTooLong_IsClosedAndNothingIsLeft()
    {
        var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            await x.ReplyAsync(200, "ok");
            await x.WaitUntilGoneAsync();
            gone.SetResult();
        });
        using var asking = new Asking();
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin))).Body);
        asking.Time.Advance(Asking.KeepAlive - TimeSpan.FromSeconds(1));
        Assert.Equal(1, asking.Pool.Connections);
        Assert.False(gone.Task.IsCompleted);
        asking.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, asking.Pool.Connections);
        await gone.Task.Within();
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin))).Body);
        Assert.Equal(2, origin.Connections);
    }

    [Fact]
    public async Task Use_BeginsTheIdleTimeAnew()
    {
        await using var origin = Numbering();
        using var asking = new Asking();
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal("1", (await asking.WholeAsync(Asking.Request(origin))).Body);
            asking.Time.Advance(Asking.KeepAlive - TimeSpan.FromSeconds(1));
        }
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task OtherRulesThanWhenItWasDialled_AreAskedAgain()
    {
        await using var origin = Numbering();
        using var asking = new Asking();
        Assert.Equal("1", (await asking.WholeAsync(Asking.Request(origin))).Body);
        var rules = new AddressRules([origin.EndPoint], []);
        Assert.Equal(ForwardError.AddressProhibited, (await asking.WholeAsync(Asking.Request(origin, addresses: rules))).Error);
        // It is still there for those who may use it.
        Assert.Equal(1, asking.Pool.Connections);
        Assert.Equal("1", (await asking.WholeAsync(Asking.Request(origin))).Body);
    }

    // RFC 9110 s.9.2.2, RFC 9112 s.9.3.1 (C5): the connection dies when the second request has been read.
    [Theory]
    [InlineData("GET", null, true)]
    [InlineData("HEAD", null, true)]
    [InlineData("OPTIONS", null, true)]
    [InlineData("DELETE", null, true)]
    [InlineData("DELETE", "", true)]
    [InlineData("POST", null, false)]
    [InlineData("PATCH", "", false)]
    [InlineData("UNKNOWN", null, false)]
    [InlineData("PUT", "content that is gone", false)]
    public async Task KeptConnectionThatDies_IsReplacedOnceWhereThatIsSafe(string method, string? body, bool again)
    {
        await using var origin = Numbering(async x =>
        {
            if (x.Number == 2)
                await x.CloseAsync();
        });
        using var asking = new Asking();
        await asking.WholeAsync(Asking.Request(origin));
        var answer = await asking.WholeAsync(Asking.Request(origin, method, body: body is null ? null : Asking.Text(body)));
        Assert.Equal(again ? ForwardError.None : ForwardError.Terminated, answer.Error);
        Assert.Equal(again ? 3 : 2, origin.Heads);
        Assert.Equal(again ? 2 : 1, origin.Connections);
    }

    [Fact]
    public async Task NewConnectionThatDies_IsNotReplaced()
    {
        await using var origin = ScriptedOrigin.Start(x => x.CloseAsync());
        using var asking = new Asking();
        Assert.Equal(ForwardError.Terminated, (await asking.WholeAsync(Asking.Request(origin))).Error);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task KeptConnectionThatBeganToAnswer_IsNotReplaced()
    {
        await using var origin = ScriptedOrigin.Start(async x =>
        {
            if (x.Number == 1)
            {
                await x.ReplyAsync(200, "ok");
                return;
            }
            await x.WriteAsync("H");
            await x.CloseAsync();
        });
        using var asking = new Asking();
        await asking.WholeAsync(Asking.Request(origin));
        Assert.Equal(ForwardError.Incomplete, (await asking.WholeAsync(Asking.Request(origin))).Error);
        Assert.Equal(2, origin.Heads);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task KeptConnectionThatIsSeenToBeClosed_IsNotUsed(string method)
    {
        var closed = new TaskCompletionSource<RawConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var origin = Numbering(async x =>
        {
            if (x.Number == 1)
            {
                await x.ReplyAsync(200, "1");
                await x.CloseAsync();
                closed.SetResult(x.Connection);
                throw new IOException("the script ends here");
            }
        });
        using var asking = new Asking();
        var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        await closed.Task.Within();
        Assert.Equal("1", await Asking.ReadAsync(reply));
        Assert.Equal("2", (await asking.WholeAsync(Asking.Request(origin, method, body: Asking.Text("x")))).Body);
    }

    [Fact]
    public async Task AnswerLeftUnread_ClosesItsConnection()
    {
        await using var origin = Numbering();
        using var asking = new Asking();
        await using (await asking.AskAsync(Asking.Request(origin)).Within())
            Assert.Equal(1, asking.Pool.Connections);
        Assert.Equal(0, asking.Pool.Connections);
    }

    // C1, C2
    [Theory]
    [InlineData(SocketError.HostNotFound, ForwardError.NameNotFound)]
    [InlineData(SocketError.TryAgain, ForwardError.NameTimedOut)]
    public async Task NameThatDoesNotResolve_SaysWhy(SocketError said, ForwardError error)
    {
        await using var origin = Numbering();
        using var asking = new Asking(_ => throw new SocketException((int)said));
        Assert.Equal(error, (await asking.WholeAsync(Asking.Request(origin, tls: true))).Error);
    }

    [Fact]
    public async Task ClosedPort_IsRefused()
    {
        using var closed = new ClosedPort();
        using var asking = new Asking();
        Assert.Equal(ForwardError.Refused, (await asking.WholeAsync(Asking.RequestTo("127.0.0.1", closed.Port))).Error);
    }

    [Fact]
    public async Task NameServerThatIsSilent_TimesOut()
    {
        await using var origin = Numbering();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asking = new Asking(_ =>
        {
            asked.SetResult();
            return new(new TaskCompletionSource<IPAddress[]>().Task);
        });
        var ask = asking.AskAsync(Asking.Request(origin, tls: true));
        await asked.Task.Within();
        asking.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ForwardError.NameTimedOut, (await ask.Within()).Error);
    }

    // C3
    [Fact]
    public async Task AddressThatIsSilent_TimesOut()
    {
        // A full backlog: the kernel answers no more SYNs.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var at = (IPEndPoint)listener.LocalEndPoint!;
        await using var one = await RawConnection.OpenAsync(at);
        using var asking = new Asking();
        await using var origin = Numbering();
        var template = Asking.Request(origin);
        var ask = asking.AskAsync(new UpstreamRequest
        {
            To = new Destination(false, new HostPort(at.Address.ToString(), at.Port)),
            Addresses = template.Addresses, Method = "GET", Target = "/", Fields = template.Fields,
        });
        asking.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ForwardError.ConnectTimedOut, (await ask.Within()).Error);
        Assert.Equal(0, asking.Pool.Connections);
    }
}
