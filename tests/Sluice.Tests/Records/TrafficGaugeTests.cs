using System.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Records;

public sealed class TrafficGaugeTests : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly List<OpenFlow> _open = [];
    private readonly TrafficGauge _gauge;

    public TrafficGaugeTests()
    {
        _gauge = new TrafficGauge(() => _open, _time);
        // Seconds are told of shortly after their end.
        _time.Advance(TimeSpan.FromMilliseconds(50));
    }

    public ValueTask DisposeAsync() => _gauge.DisposeAsync();

    [Fact]
    public void EachSecond_HasItsPoint()
    {
        Write([Hit("a", 100), Miss("a", 1000), Denied("b")]);
        _time.Advance(2 * Second);
        Write([Failed("c")]);
        _time.Advance(Second);
        var report = _gauge.Report(4, 10);
        var now = _time.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal([now - 4, now - 3, now - 2, now - 1], report.Series.Time);
        Assert.Equal([0, 3, 0, 1], report.Series.Exchanges);
        Assert.Equal([0, 0, 0, 1], report.Series.Failed);
        Assert.Equal([0, 1, 0, 0], report.Series.Denied);
        Assert.Equal([0, 1, 0, 0], report.Series.Hits);
        Assert.Equal([0, 2, 0, 0], report.Series.Lookups);
        Assert.Equal([0, 1100, 0, 0], report.Series.BytesDown);
        Assert.Equal([0, 100, 0, 0], report.Series.SavedBytes);
        Assert.Null(report.Series.P50[0]);
        Assert.Equal(10, report.Series.P50[1]!.Value, tolerance: 0.5);
        Assert.Equal((4, 1, 1, 1, 2, 1100), (report.Totals.Exchanges, report.Totals.Failed, report.Totals.Denied, report.Totals.Hits, report.Totals.Lookups, report.Totals.BytesDown));
    }

    [Fact]
    public void WhatIsOlderThanTheWindow_IsNotInIt()
    {
        Write([Miss("a", 1)]);
        _time.Advance(TrafficGauge.LongestWindow * Second);
        Assert.Equal(1, _gauge.Report(TrafficGauge.LongestWindow, 1).Totals.Exchanges);
        Assert.Equal(0, _gauge.Report(TrafficGauge.LongestWindow - 1, 1).Totals.Exchanges);
        _time.Advance(Second);
        Assert.Equal(0, _gauge.Report(TrafficGauge.LongestWindow, 1).Totals.Exchanges);
    }

    [Fact]
    public void Seconds_StayWhereTheyAreWhenTheClockIsSet()
    {
        Write([Miss("a", 1)]);
        _time.Advance(Second);
        _time.Step(TimeSpan.FromHours(-1));
        Write([Miss("a", 1), Miss("a", 1)]);
        _time.Advance(Second);
        var series = _gauge.Report(3, 1).Series;
        Assert.Equal([0, 1, 2], series.Exchanges);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds() - 1, series.Time[^1]);
    }

    [Fact]
    public void Listeners_AreToldApart()
    {
        var other = Miss("a", 7);
        other.Listener = "other";
        Write([Miss("a", 1), other]);
        _time.Advance(Second);
        var report = _gauge.Report(10, 10);
        Assert.Equal([("other", 1L, 7L), ("test", 1, 1)], report.Listeners.Select(listener => (listener.Name, listener.Exchanges, listener.BytesDown)));
        Assert.Equal(7, _gauge.Report(10, 10, listener: "other").Totals.BytesDown);
        Assert.Equal(0, _gauge.Report(10, 10, listener: "none").Totals.Exchanges);
    }

    [Fact]
    public void Tops_AreByWhatIsAskedFor()
    {
        Write([Hit("often.test", 1), Hit("often.test", 1), Miss("large.test", 1000), Denied("ads.test"), Denied("ads.test"), Denied("ads.test")]);
        Assert.Equal(["ads.test", "often.test", "large.test"], _gauge.Report(60, 10).Hosts.Select(host => host.Name));
        Assert.Equal(["large.test"], _gauge.Report(60, 1, TrafficOrder.Bytes).Hosts.Select(host => host.Name));
        Assert.Equal(["often.test"], _gauge.Report(60, 1, TrafficOrder.Hits).Hosts.Select(host => host.Name));
        var report = _gauge.Report(60, 10);
        Assert.Equal([new RuleTraffic("ads", 3, 3)], report.Rules);
        Assert.Equal([new NamedTraffic("anna", 3, 0, 3, 0, 0)], report.Users);
        // The same client, whether its socket was of both families or not.
        Assert.Equal([new NamedTraffic("10.0.0.7", 6, 1002, 3, 0, 2)], report.Clients);
    }

    [Fact]
    public void Tunnels_AreCountedWhileTheyAreOpenAndNotAgain()
    {
        _open.Add(new OpenFlow(17, "test", 10, 100));
        _time.Advance(Second);
        _open[0] = new OpenFlow(17, "test", 30, 300);
        _time.Advance(Second);
        Assert.Equal((20, 200), _gauge.RateOf(17));
        _open.Clear();
        Write([Tunnel(17, 35, 350)]);
        _time.Advance(Second);
        var series = _gauge.Report(3, 1).Series;
        Assert.Equal([10, 20, 5], series.BytesUp);
        Assert.Equal([100, 200, 50], series.BytesDown);
        Assert.Equal([0, 0, 1], series.Exchanges);
        Assert.All(series.P50, Assert.Null);
        Assert.Equal((0, 0), _gauge.RateOf(17));
    }

    [Fact]
    public void Recent_AreTheLastThatFitTheFilter()
    {
        Write([.. Enumerable.Range(0, TrafficGauge.MostRecent).Select(i => Miss($"h{i % 2}.test", i))]);
        _time.Advance(Second);
        Write([.. Enumerable.Range(TrafficGauge.MostRecent, 100).Select(i => Miss($"h{i % 2}.test", i))]);
        var filter = RecordFilter.All;
        Assert.Null(RecordFilter.TryAdd(ref filter, "host", "h1.test", _time.GetUtcNow()));
        Assert.Equal([TrafficGauge.MostRecent + 99, TrafficGauge.MostRecent + 97], _gauge.Recent(filter, 2).Select(record => record.ResponseBytes));
        Assert.Equal(TrafficGauge.MostRecent, _gauge.Recent(RecordFilter.All, int.MaxValue).Count);
    }

    [Fact]
    public void Recent_OfASecondThatHasTooMany_AreItsFirst()
    {
        Write([.. Enumerable.Range(0, TrafficGauge.MostRecent + 100).Select(i => Miss("a", i))]);
        Assert.Equal(TrafficGauge.MostRecent - 1, _gauge.Recent(RecordFilter.All, 1)[0].ResponseBytes);
        _time.Advance(Second);
        Write([Miss("a", 7)]);
        Assert.Equal(7, _gauge.Recent(RecordFilter.All, 1)[0].ResponseBytes);
        _time.Advance(Second);
        Assert.Equal(TrafficGauge.MostRecent + 101, _gauge.Report(10, 1).Totals.Exchanges);
    }

    [Fact]
    public void Refused_AreNotDrivenOutByOthers()
    {
        var refused = Denied("ads.test");
        refused.Time = _time.GetUtcNow();
        Write([refused]);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(Second);
            Write([.. Enumerable.Range(0, TrafficGauge.MostRecent).Select(_ => Miss("a", 1))]);
        }
        var filter = RecordFilter.All;
        Assert.Null(RecordFilter.TryAdd(ref filter, "verdict", "deny", _time.GetUtcNow()));
        Assert.Same(refused, Assert.Single(_gauge.Recent(filter, 10)));
        // It ended last of all: those have no time.
        Assert.Same(refused, _gauge.Recent(RecordFilter.All, 1)[0]);
    }

    [Fact]
    public void Recent_HoldNoMoreTextThanFits()
    {
        Write([.. Enumerable.Range(0, 300).Select(_ => Miss(new string('x', 64 << 10), 1))]);
        Assert.InRange(_gauge.Recent(RecordFilter.All, int.MaxValue).Count, 50, 64);
    }

    [Fact]
    public async Task Follower_GetsWhatFitsAndEachSecond()
    {
        var filter = RecordFilter.All;
        Assert.Null(RecordFilter.TryAdd(ref filter, "verdict", "deny", _time.GetUtcNow()));
        using var reader = _gauge.Follow(filter);
        Write([Miss("a", 1), Denied("b")]);
        _time.Advance(2 * Second);
        Assert.True(await reader.WaitAsync(TestContext.Current.CancellationToken));
        var events = Read(reader);
        Assert.Equal(["b", "2 1", "0 0"], events.Select(e => e.Record?.Host ?? $"{e.Second!.Exchanges} {e.Second.Denied}"));
        Assert.Equal(0, reader.TakeMissed());
    }

    [Fact]
    public async Task SlowFollower_MissesAndHoldsUpNobody()
    {
        using var slow = _gauge.Follow(RecordFilter.All);
        Write([.. Enumerable.Range(0, 5000).Select(_ => Miss("a", 1))]);
        var got = Read(slow).Count;
        Assert.Equal(5000, got + slow.TakeMissed());
        Assert.Equal(0, slow.TakeMissed());
        Write([Miss("a", 1)]);
        Assert.Single(Read(slow));
        await _gauge.DisposeAsync();
        Assert.False(await slow.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void WhoHasLeft_IsToldNothing()
    {
        var reader = _gauge.Follow(RecordFilter.All);
        reader.Dispose();
        Write([Miss("a", 1)]);
        Assert.Empty(Read(reader));
    }

    [Fact]
    public async Task ManyAtOnce_AreAllCounted()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Write([.. Enumerable.Range(0, 5000).Select(j => Miss($"h{i * j % 3000}.test", 1))]), TestContext.Current.CancellationToken)));
        _time.Advance(Second);
        var report = _gauge.Report(10, 1);
        Assert.Equal((40000, 40000), (report.Totals.Exchanges, report.Totals.BytesDown));
        Assert.Equal(40000, report.Clients[0].Exchanges);
    }

    private void Write(ExchangeRecord[] records)
    {
        foreach (var record in records)
            _gauge.Write(record);
    }

    private static List<LiveEvent> Read(LiveTraffic reader)
    {
        var events = new List<LiveEvent>();
        while (reader.TryRead(out var next))
            events.Add(next);
        return events;
    }

    private static ExchangeRecord Miss(string host, long bytes) => new()
    {
        Listener = "test", Client = new IPEndPoint(IPAddress.Parse("10.0.0.7"), 50000), Method = "GET", Url = $"http://{host}/", Status = 200, ResponseBytes = bytes, Cache = CacheUse.Miss,
        Duration = TimeSpan.FromMilliseconds(10),
    };

    private static ExchangeRecord Hit(string host, long bytes)
    {
        var record = Miss(host, bytes);
        record.Cache = CacheUse.Hit;
        record.Client = new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.7"), 50000);
        return record;
    }

    private static ExchangeRecord Denied(string host)
    {
        var record = Miss(host, 0);
        (record.Cache, record.User, record.Verdict) = (CacheUse.None, "anna", new Verdict { Denies = true, Rule = "ads", Status = 403 });
        return record;
    }

    private static ExchangeRecord Failed(string host)
    {
        var record = Miss(host, 0);
        (record.Cache, record.Error) = (CacheUse.None, "connection_refused");
        return record;
    }

    private static ExchangeRecord Tunnel(long number, long up, long down) =>
        new() { Number = number, Kind = RecordKind.Connect, Listener = "test", Url = "a.test:443", RequestBytes = up, ResponseBytes = down, Duration = TimeSpan.FromMinutes(1) };
}
