using System.Net;
using System.Net.Sockets;
using Sluice.Net;
using Sluice.Tests.Kit;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>What the pool tells of each upstream.</summary>
public class StatesTests
{
    [Fact]
    public async Task Upstream_IsCountedFromDialToClose()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        using var asking = new Asking();
        var first = await asking.AskAsync(Asking.Request(origin)).Within();
        var second = await asking.AskAsync(Asking.Request(origin)).Within();
        Assert.Equal((2, 0, 2L, 2L), Only(asking) is var busy ? (busy.Open, busy.Idle, busy.Requests, busy.Connects) : default);
        await Asking.ReadAsync(first);
        await Asking.ReadAsync(second);
        Assert.Equal("ok", (await asking.WholeAsync(Asking.Request(origin))).Body);
        var kept = Only(asking);
        Assert.Equal((2, 2, 3L, 2L, 0L), (kept.Open, kept.Idle, kept.Requests, kept.Connects, kept.Failures));
        Assert.Equal(($"http://{origin.Authority}", true), (kept.Name, kept.IsConfigured));
        Assert.Equal((asking.Time.GetUtcNow(), 0.0), (kept.LastConnect, kept.ConnectMs));
        asking.Time.Advance(Asking.KeepAlive + TimeSpan.FromSeconds(10));
        Assert.Equal((0, 0), Only(asking) is var closed ? (closed.Open, closed.Idle) : default);
    }

    [Fact]
    public async Task FailedDials_AndBadAnswers_AreFailuresWithTheirReason()
    {
        await using var origin = ScriptedOrigin.Start(x => x.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
        using var asking = new Asking();
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)closed.LocalEndPoint!).Port;
        Assert.Equal(ForwardError.Refused, (await asking.WholeAsync(Asking.RequestTo("127.0.0.1", port))).Error);
        var refused = Only(asking);
        Assert.Equal((1L, 0L, "connection_refused"), (refused.Failures, refused.Connects, refused.LastError));
        Assert.Equal(asking.Time.GetUtcNow(), refused.LastErrorAt);

        var reply = await asking.AskAsync(Asking.Request(origin)).Within();
        await origin.DisposeAsync();
        await Asking.ReadAsync(reply);
        var broken = Assert.Single(asking.Pool.States, state => state.Name.EndsWith($":{origin.Port}", StringComparison.Ordinal));
        Assert.Equal((1L, 1L, "http_response_incomplete", 0), (broken.Failures, broken.Connects, broken.LastError, broken.Open));
    }

    [Fact]
    public async Task ProhibitedAddress_IsNoFailureOfTheUpstream()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        using var asking = new Asking();
        var rules = new AddressRules([origin.EndPoint], []);
        Assert.Equal(ForwardError.AddressProhibited, (await asking.WholeAsync(Asking.Request(origin, addresses: rules))).Error);
        Assert.Equal((0L, false), Only(asking) is var state ? (state.Failures, state.IsConfigured) : default);
    }

    [Fact]
    public async Task Waiting_IsTold()
    {
        await using var origin = ScriptedOrigin.Start(x => x.ReplyAsync(200, "ok"));
        using var asking = new Asking(mostPerUpstream: 1);
        var first = await asking.AskAsync(Asking.Request(origin)).Within();
        var second = asking.AskAsync(Asking.Request(origin));
        Assert.Equal(1, Only(asking).Waiting);
        await Asking.ReadAsync(first);
        Assert.Equal("ok", await Asking.ReadAsync(await second.Within()));
        Assert.Equal(0, Only(asking).Waiting);
    }

    [Fact]
    public void NamesOfClients_AreForgottenWhereThereAreTooMany()
    {
        var time = new ManualTime();
        var table = new UpstreamTable(time);
        var clients = new AddressRules([new IPEndPoint(IPAddress.Loopback, 1)], []);
        for (var i = 0; i < UpstreamTable.Most; i++)
            table.Of(new Destination(false, new HostPort($"h{i}", 80)), clients).Ended(ForwardError.Refused, null);
        table.Of(new Destination(true, new HostPort("configured", 443)), AddressRules.Any).Connected(TimeSpan.Zero);
        table.Prune();
        Assert.Equal(UpstreamTable.Most + 1, table.States([]).Count);
        time.Advance(TimeSpan.FromMinutes(2));
        table.Of(new Destination(false, new HostPort("h0", 80)), clients).Ended(ForwardError.Refused, null);
        table.Prune();
        var states = table.States([]);
        Assert.Equal(UpstreamTable.Most + 1, states.Count);
        Assert.Contains(states, state => state.Name == "https://configured:443");
        Assert.Contains(states, state => state is { Name: "http://h0:80", Failures: 2 });
        Assert.Equal(UpstreamState.Others, states[^1].Name);
        Assert.Equal(UpstreamTable.Most + 1, states.Sum(state => state.Failures));
        for (var i = 0; i < 5 * UpstreamTable.Most; i++)
            table.Of(new Destination(false, new HostPort($"flood{i}", 80)), clients);
        Assert.Equal(4 * UpstreamTable.Most + 1, table.States([]).Count);
    }

    private static UpstreamState Only(Asking asking) => Assert.Single(asking.Pool.States);
}
