using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy;

/// <summary>Filter lists as a rule's condition.</summary>
public sealed class FilterFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("http://ads.test/a.js", "deny one 2 ||ads.test^")]
    [InlineData("http://www.ADS.test./a.js", "deny one 2 ||ads.test^")]
    [InlineData("http://fine.ads.test/", "allow")]
    [InlineData("http://other.test/banner/x.png", "deny one 3 /banner/$image")]
    [InlineData("http://other.test/banner/x.html", "allow")]
    [InlineData("http://track.test/", "deny two 1 ||track.test^")]
    public async Task ListsOfARule_WorkAsOneAndTellTheLine(string url, string expected)
    {
        var load = Load(Write("one", "! Title: ads\n||ads.test^\n/banner/$image\n##.ad\n"), Write("two", "||track.test^\n@@||fine.ads.test^\n"));
        await using var censor = load.Censor;
        Assert.Empty(load.Problems);
        var verdict = censor.Judge("p", Ask.Get(url));
        Assert.Equal(expected, verdict.Denies
            ? $"deny {Path.GetFileName(verdict.List)} {verdict.Line} {verdict.Reason.Split('\'')[1]}" : "allow");
    }

    [Fact]
    public async Task Tunnel_IsJudgedByItsHost()
    {
        await using var censor = Load(Write("one", "||ads.test^\n||other.test/path\n")).Censor;
        Assert.True(censor.Judge("p", Ask.Connect("www.ads.test:443")).Denies);
        Assert.False(censor.Judge("p", Ask.Connect("other.test:443")).Denies);
    }

    [Fact]
    public async Task ListThatChanges_IsReadAgainAndThatWhichGoesStays()
    {
        var (one, two) = (Write("one", "||a.test^\n"), Write("two", "||b.test^\n"));
        await using var censor = Load(one, two).Censor;
        Assert.Equal((true, true, false), (Denies("a"), Denies("b"), Denies("c")));
        File.WriteAllText(one, "||c.test^\n||a.test^$badfilter\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true, true), (Denies("a"), Denies("b"), Denies("c")));
        File.Delete(two);
        _time.Advance(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true, true), (Denies("a"), Denies("b"), Denies("c")));
        Assert.Equal(["one 1", "two 1"], censor.Lists().Select(list => $"{Path.GetFileName(list.Path)} {list.Entries}"));

        bool Denies(string name) => censor.Judge("p", Ask.Get($"http://{name}.test/")).Denies;
    }

    [Fact]
    public async Task FaultyLines_AreToldWithTheirNumbers()
    {
        var load = Load(Write("one", "||a.test^\n||b.test^$nonsense\n"));
        await using var censor = load.Censor;
        var problem = Assert.Single(load.Problems);
        Assert.EndsWith("one:2", problem.Where, StringComparison.Ordinal);
        Assert.Contains("'||b.test^$nonsense'", problem.Text);
        Assert.Equal((1, 1), (Assert.Single(censor.Lists()).Entries, Assert.Single(censor.Lists()).UnreadLines));
    }

    [Fact]
    public async Task FiltersNamedAsHosts_AreRefused()
    {
        var load = Ask.One(new RuleOptions { Id = "r", Action = RuleAction.Deny, HostsFile = Write("one", "! Title: ads\n||ads.test^\n@@||x.test^\n") });
        await using var censor = load.Censor;
        Assert.Contains("name it under 'filters'", Assert.Single(load.Problems).Text);
    }

    private CensorLoad Load(params string[] files) => Censor.Load(
        [new PolicyOptions { Name = "p", DefaultAllows = true, Rules = [new RuleOptions { Id = "r", Action = RuleAction.Deny, Filters = files }] }], _time, NullLogger.Instance);

    private string Write(string name, string content)
    {
        File.WriteAllText(_folder.File(name), content);
        return _folder.File(name);
    }
}
