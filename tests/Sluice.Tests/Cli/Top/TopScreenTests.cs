using System.Text.RegularExpressions;
using Sluice.Cli.Top;
using Sluice.Dashboard;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Tests.Cli.Top;

public partial class TopScreenTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(80, 24)]
    [InlineData(160, 50)]
    [InlineData(40, 7)]
    public void EveryPane_FitsTheScreen(int width, int height)
    {
        foreach (var pane in Enum.GetValues<TopPane>())
        {
            var lines = TopScreen.Draw(Data, new TopView { Pane = pane }, width, height, color: true);
            Assert.Equal(height, lines.Count);
            Assert.All(lines, line => Assert.InRange(Plain(line).Length, 0, width));
        }
    }

    [Fact]
    public void Exchanges_AreShownWithWhatBecameOfThem()
    {
        var lines = Draw(new TopView(), 160);
        Assert.Equal("2.5k/s  p50 1.5ms  p90 20ms  p99 1.2s  up 1.0KiB/s  down 2.0MiB/s", lines[0][..lines[0].LastIndexOf("  ", StringComparison.Ordinal)]);
        Assert.Equal("in 60s: 150k  cache 40.0% saves 1.0GiB  refused 12  failed 3  not shown 7", lines[1].TrimEnd());
        Assert.Contains("[1 exchanges] 2 hosts", lines[3], StringComparison.Ordinal);
        Assert.Matches(@" 403 -  +898B +2\.0ms 10\.0\.0\.7 +anna +web +refused: ads +GET http://ads\.test/$", lines[5]);
        Assert.Matches(@" 200 HIT +1\.5KiB 0\.12ms 10\.0\.0\.7 +web +GET http://a\.test/$", lines[6]);
        Assert.Matches(@"   - - +0B +1\.0s 10\.0\.0\.8 +relay +connection_refused +relay 10\.0\.0\.9:22$", lines[7]);
    }

    [Fact]
    public void EscapeSequencesOfOthers_DoNotReachTheTerminal()
    {
        var data = Data with { Exchanges = [new LoggedExchange { Time = Now, Method = "GET\u0007", Url = "http://a/\u001b]0;x\u0007\u009b2J\u202egpj", Client = "10.0.0.7", User = "\u001b[2J" }] };
        Assert.EndsWith(@"GET\x07 http://a/\x1b]0;x\x07\x9b2J\u202egpj", TopScreen.Draw(data, new TopView(), 160, 20, color: false)[5], StringComparison.Ordinal);
        Assert.All(TopScreen.Draw(data, new TopView(), 160, 20, color: true), line => Assert.DoesNotContain(Plain(line), char.IsControl));
    }

    [Theory]
    [InlineData("Hosts", 0, "exchanges↓", "a.test, b.test")]
    [InlineData("Hosts", 1, "bytes↓", "a.test, b.test")]
    [InlineData("Rules", 0, "exchanges↓", "often, ads")]
    [InlineData("Rules", 1, "refused↓", "ads, often")]
    [InlineData("Tunnels", 0, "down/s↓", "fast.test:443, old.test:443")]
    [InlineData("Tunnels", 2, "down↓", "old.test:443, fast.test:443")]
    [InlineData("Tunnels", 4, "open↓", "old.test:443, fast.test:443")]
    [InlineData("Upstreams", 0, "requests↓", "http://busy:80, http://broken:80")]
    [InlineData("Upstreams", 1, "failures↓", "http://broken:80, http://busy:80")]
    public void Panes_AreSortedByTheColumnThatSaysSo(string pane, int sort, string head, string names)
    {
        var lines = Draw(new TopView { Pane = Enum.Parse<TopPane>(pane), Sorts = [.. Enumerable.Repeat(sort, 6)] }, 160);
        Assert.Contains(head, lines[4], StringComparison.Ordinal);
        Assert.Equal(names, $"{lines[5].Split(' ')[^1]}, {lines[6].Split(' ')[^1]}");
    }

    [Fact]
    public void Filter_ShowsTheRowsWithEachWord()
    {
        Assert.Null(TopFilter.TryParse("ADS 403", Now, out var filter));
        var lines = Draw(new TopView { Filter = filter }, 160);
        Assert.Contains("ads.test", lines[5], StringComparison.Ordinal);
        Assert.Equal("", lines[6]);
        Assert.StartsWith("filter: ADS 403  q quit", lines[^1], StringComparison.Ordinal);
        Assert.Null(TopFilter.TryParse("nowhere", Now, out filter));
        Assert.Equal("nothing fits the filter", Draw(new TopView { Filter = filter }, 160)[5]);
    }

    [Fact]
    public void Trouble_IsSaid() => Assert.Equal("admin.sock: nobody answers there", TopScreen.Draw(Data with { Trouble = "admin.sock: nobody answers there" }, new TopView(), 80, 24, false)[^1]);

    [Fact]
    public void NothingYet_WaitsForTheProxy() => Assert.Equal("waiting for the proxy ...", TopScreen.Draw(new TopData { Now = Now }, new TopView(), 80, 24, false)[5]);

    [Fact]
    public void ScrolledPastTheEnd_ShowsTheLastRows()
    {
        var lines = TopScreen.Draw(Data, new TopView { Offset = 100 }, 160, TopScreen.Frame + 1, false);
        Assert.Contains("10.0.0.9:22", lines[5], StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_HasEveryPane()
    {
        var text = string.Join('\n', TopScreen.Snapshot(Data, new TopView(), 1));
        foreach (var pane in Enum.GetNames<TopPane>())
            Assert.Contains($"\n\n{pane.ToLowerInvariant()}\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("b.test", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', text);
    }

    private static IReadOnlyList<string> Draw(TopView view, int width) => TopScreen.Draw(Data, view, width, 24, color: false);

    private static TopData Data => new()
    {
        Now = Now,
        Missed = 7,
        Traffic = new TrafficReport(
            Now, 60,
            new TrafficSeries([1, 2], [2500, 2500], [0, 0], [0, 0], [0, 0], [0, 0], [1024, 1024], [2 << 20, 2 << 20], [0, 0], [1, 1], [1, 1], [1, 1]),
            new TrafficSums(150_000, 3, 12, 40, 100, 0, 0, 1 << 30, 1.5, 20, 1200), [],
            [new NamedTraffic("a.test", 10, 100, 0, 0, 5), new NamedTraffic("b.test", 5, 50, 1, 1, 0)], [new NamedTraffic("10.0.0.7", 10, 100, 0, 0, 5)], [],
            [new RuleTraffic("often", 100, 0), new RuleTraffic("ads", 12, 12)]),
        Exchanges =
        [
            new LoggedExchange { Time = Now, Status = 403, Verdict = "deny", Rule = "ads", Error = null, Method = "GET", Url = "http://ads.test/", ResponseBytes = 898, DurationMs = 2, Client = "10.0.0.7", User = "anna", Listener = "web", Cache = "NONE" },
            new LoggedExchange { Time = Now, Status = 200, Method = "GET", Url = "http://a.test/", RequestBytes = 512, ResponseBytes = 1024, DurationMs = 0.12, Client = "10.0.0.7", Listener = "web", Cache = "HIT" },
            new LoggedExchange { Time = Now, Kind = "relay", Url = "10.0.0.9:22", DurationMs = 1000, Client = "10.0.0.8", Listener = "relay", Error = "connection_refused", Cache = "NONE" },
        ],
        Tunnels =
        [
            new TunnelFacts(1, "connect", "web", "10.0.0.7", null, "old.test:443", Now.AddHours(-1), 1, 1 << 30, 0, 0),
            new TunnelFacts(2, "connect", "web", "10.0.0.7", null, "fast.test:443", Now.AddMinutes(-1), 1, 1000, 10, 1000),
        ],
        Upstreams =
        [
            new UpstreamState { Name = "http://broken:80", Requests = 1, Failures = 9, LastError = "connection_refused", LastErrorAt = Now.AddSeconds(-5) },
            new UpstreamState { Name = "http://busy:80", Requests = 100, Open = 3 },
        ],
    };

    private static string Plain(string line) => Style().Replace(line, "");

    [GeneratedRegex(@"\e\[[0-9]*m")]
    private static partial Regex Style();
}
