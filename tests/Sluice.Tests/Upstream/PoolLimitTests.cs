using System.Net;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>How many connections an upstream gets, who waits for one, and when one is no longer kept.</summary>
public class PoolLimitTests
{
    /// <summary>Answers with the target as soon as the test says so.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly SemaphoreSlim _open = new(0);
        private readonly SemaphoreSlim _asked = new(0);

        public ScriptedOrigin Origin(params string[] fields) => ScriptedOrigin.Start(async x =>
        {
            _asked.Release();
            await _open.WaitAsync().Within();
            await x.ReplyAsync(200, x.Target, fields);
        });

        public void Open(int count = 1) => _open.Release(count);

        public void Dispose()
        {
            _open.Dispose();
            _asked.Dispose();
        }

        public async Task AskedAsync() => Assert.True(await _asked.WaitAsync(Waiting.Limit));
    }

    [Theory]
    [InlineData("X-Kept: yes", 1)]
    [InlineData("Connection: close", 4)]
    public async Task MoreThanTheLimit_WaitInTheirOrder(string field, int connections)
    {
        using var gate = new Gate();
        await using var origin = gate.Origin(field);
        using var asking = new Asking(mostPerUpstream: 1);
        var all = Enumerable.Range(0, 4).Select(i => asking.WholeAsync(Asking.Request(origin, target: $"/{i}"))).ToList();
        for (var i = 0; i < 4; i++)
        {
            await gate.AskedAsync();
            Assert.Equal(i + 1, origin.Heads);
            gate.Open();
            Assert.Equal($"/{i}", (await all[i].Within()).Body);
        }
        Assert.Equal(connections, origin.Connections);
    }

    [Fact]
    public async Task WaitThatIsTooLong_Is503AndTakesNothing()
    {
        using var gate = new Gate();
        await using var origin = gate.Origin();
        using var asking = new Asking(mostPerUpstream: 1);
        var first = asking.WholeAsync(Asking.Request(origin, target: "/1"));
        await gate.AskedAsync();
        var second = asking.WholeAsync(Asking.Request(origin, target: "/2"));
        asking.Time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(ForwardError.TooManyConnections, (await second.Within()).Error);
        gate.Open(2);
        Assert.Equal("/1", (await first.Within()).Body);
        Assert.Equal("/3", (await asking.WholeAsync(Asking.Request(origin, target: "/3"))).Body);
        Assert.Equal(1, origin.Connections);
    }

    [Fact]
    public async Task WaitingClientThatLeaves_TakesNothing()
    {
        using var gate = new Gate();
        await using var origin = gate.Origin();
        using var asking = new Asking(mostPerUpstream: 1);
        using var leaves = new CancellationTokenSource();
        var first = asking.WholeAsync(Asking.Request(origin, target: "/1"));
        await gate.AskedAsync();
        var second = asking.WholeAsync(Asking.Request(origin, target: "/2", leaves: leaves));
        var third = asking.WholeAsync(Asking.Request(origin, target: "/3"));
        await leaves.CancelAsync();
        Assert.Equal(ForwardError.ClientLeft, (await second.Within()).Error);
        gate.Open(2);
        Assert.Equal("/1", (await first.Within()).Body);
        Assert.Equal("/3", (await third.Within()).Body);
        Assert.Equal((1, 2), (origin.Connections, origin.Heads));
    }

    [Fact]
    public async Task DialThatFails_GivesItsPlaceBack()
    {
        using var closed = new ClosedPort();
        using var asking = new Asking(mostPerUpstream: 1);
        for (var i = 0; i < 3; i++)
            Assert.Equal(ForwardError.Refused, (await asking.WholeAsync(Asking.RequestTo("127.0.0.1", closed.Port))).Error);
    }

    [Fact]
    public async Task IdleConnectionThatTheRulesDoNotAdmit_MakesRoom()
    {
        await using var one = ScriptedOrigin.With("one");
        await using var two = ScriptedOrigin.Start(x => x.ReplyAsync(200, "two"), IPAddress.Parse("127.0.0.2"), port: one.Port);
        var addresses = new Queue<string>(["127.0.0.1", "127.0.0.2"]);
        using var asking = new Asking(_ => new([IPAddress.Parse(addresses.Dequeue())]), mostPerUpstream: 1);
        Assert.Equal("one", (await asking.WholeAsync(Asking.RequestTo("school.test", one.Port))).Body);
        var rules = new AddressRules([one.EndPoint], []);
        Assert.Equal("two", (await asking.WholeAsync(Asking.RequestTo("school.test", one.Port, rules))).Body);
        Assert.Equal(1, asking.Pool.Connections);
        // The place is the other's now.
        Assert.Equal("two", (await asking.WholeAsync(Asking.RequestTo("school.test", one.Port, rules))).Body);
        Assert.Equal((1, 1), (one.Connections, two.Connections));
    }

    [Theory]
    [InlineData("Keep-Alive: timeout=5, max=100", 3.9, true)]
    [InlineData("Keep-Alive: timeout=5, max=100", 4.5, false)]
    [InlineData("keep-alive: max=1,TIMEOUT=5", 4.5, false)]
    [InlineData("Keep-Alive: timeout=1000", 80, true)]
    [InlineData("Keep-Alive: timeout=1000", 95, false)]
    [InlineData("Keep-Alive: timeout=x, none, =", 80, true)]
    [InlineData("Keep-Alive: timeout=5, max=0", 0, false)]
    [InlineData("Keep-Alive: timeout=0", 0.3, false)]
    public async Task KeepAliveOfTheOrigin_IsHeeded(string field, double idleSeconds, bool kept)
    {
        await using var origin = ScriptedOrigin.With("ok", field);
        using var asking = new Asking();
        await asking.WholeAsync(Asking.Request(origin));
        asking.Time.Advance(TimeSpan.FromSeconds(idleSeconds));
        await asking.WholeAsync(Asking.Request(origin));
        Assert.Equal(kept ? 1 : 2, origin.Connections);
    }

    [Fact]
    public async Task OldConnection_IsNotUsedAgain()
    {
        await using var origin = ScriptedOrigin.With("ok");
        using var asking = new Asking(maxAge: TimeSpan.FromMinutes(3));
        for (var i = 0; i < 5; i++)
        {
            await asking.WholeAsync(Asking.Request(origin));
            asking.Time.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal(2, origin.Connections);
    }
}
