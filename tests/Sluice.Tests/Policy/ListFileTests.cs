using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Policy;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy;

public sealed class ListFileTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"list-{Guid.NewGuid():N}.txt");
    private readonly ManualTime _time = new();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData("a.test\nb.test\n")]
    [InlineData("a.test\r\nb.test\r\n")]
    [InlineData("# ads\n\n  a.test   # the first\n\tb.test\t#second\n")]
    [InlineData("\uFEFFa.test\nb.test")]
    public void CommentsBlanksAndLineEnds_AreNoEntries(string content)
    {
        File.WriteAllText(_path, content);
        var load = Load();
        Assert.Empty(load.Problems);
        Assert.True(Judge(load, "a.test").Denies);
        Assert.True(Judge(load, "b.test").Denies);
        Assert.False(Judge(load, "c.test").Denies);
    }

    [Fact]
    public void TheVerdict_NamesRuleListAndLine()
    {
        File.WriteAllText(_path, "# one\nx.test\n\n.ads.test\n/banner/\nfile:*.exe\nx.test/y\n");
        var load = Load();
        var verdict = Judge(load, "www.ads.test");
        Assert.Equal(("r", _path, 4, 403, "deny"), (verdict.Rule, verdict.List, verdict.Line, verdict.Status, verdict.Outcome));
        Assert.Equal("The host 'www.ads.test' is not let through.", verdict.Reason);
        verdict = load.Censor.Judge("p", Ask.Get("http://a.test/banner/"));
        Assert.Equal((5, "Addresses that contain '/banner/' are not let through."), (verdict.Line, verdict.Reason));
        verdict = load.Censor.Judge("p", Ask.Get("http://a.test/a.exe"));
        Assert.Equal((6, "Files named '*.exe' are not let through."), (verdict.Line, verdict.Reason));
    }

    [Fact]
    public void Latin1_IsReadWhereItIsNoUtf8()
    {
        File.WriteAllBytes(_path, Encoding.Latin1.GetBytes("bücher.test # sch\u0085öne\nz.test\n"));
        var load = Load();
        Assert.Empty(load.Problems);
        Assert.True(Judge(load, "xn--bcher-kva.test").Denies);
        Assert.Equal(2, Judge(load, "z.test").Line);
    }

    [Fact]
    public void LinesNotUnderstood_AreProblems_AndTheOthersHold()
    {
        File.WriteAllText(_path, "a.test\nfoo bar\nb.test\n");
        var load = Load();
        var problem = Assert.Single(load.Problems);
        Assert.Equal($"{_path}:2", problem.Where);
        Assert.False(problem.Fatal);
        Assert.True(Judge(load, "b.test").Denies);
    }

    [Fact]
    public void AMissingList_IsAFatalProblem()
    {
        var problem = Assert.Single(Load().Problems);
        Assert.True(problem.Fatal);
        Assert.Equal(_path, problem.Where);
    }

    [Fact]
    public async Task AChangedList_IsReadOnceItHasSettled()
    {
        File.WriteAllText(_path, "a.test\n");
        var load = Load();
        await using var censor = load.Censor;
        Judge(load, "a.test");

        File.WriteAllText(_path, "b.test\n# longer than before\n");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Judge(load, "a.test").Denies);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(Judge(load, "a.test").Denies);
        Assert.True(Judge(load, "b.test").Denies);
        Assert.Equal([("r", 3)], censor.Hits().Select(hits => (hits.Rule, hits.Hits)));
    }

    [Fact]
    public async Task AListThatVanishes_KeepsItsLastGoodContent_UntilItIsBack()
    {
        File.WriteAllText(_path, "a.test\n");
        var load = Load();
        await using var censor = load.Censor;
        File.Delete(_path);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(Judge(load, "a.test").Denies);
        Assert.True(Assert.Single(censor.Reload()).Fatal);
        Assert.True(Judge(load, "a.test").Denies);

        File.WriteAllText(_path, "b.test\n");
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(Judge(load, "a.test").Denies);
        Assert.True(Judge(load, "b.test").Denies);
    }

    [Fact]
    public async Task AListBehindALink_IsWatchedWhereItLies()
    {
        var target = _path + ".target";
        File.WriteAllText(target, "a.test\n");
        File.CreateSymbolicLink(_path, target);
        var load = Load();
        await using var censor = load.Censor;
        File.WriteAllText(target, "b.test # other\n");
        _time.Advance(TimeSpan.FromSeconds(2));
        File.Delete(target);
        Assert.True(Judge(load, "b.test").Denies);
    }

    [Fact]
    public async Task Reload_ReadsAtOnce()
    {
        File.WriteAllText(_path, "a.test\n");
        var load = Load();
        await using var censor = load.Censor;
        File.WriteAllText(_path, "b.test\nb b\n");
        Assert.Equal($"{_path}:2", Assert.Single(censor.Reload()).Where);
        Assert.True(Judge(load, "b.test").Denies);
    }

    [Fact]
    public void OneHundredThousandHosts_EachIsFoundAndItsNeighbourIsNot()
    {
        File.WriteAllLines(_path, Enumerable.Range(0, 100_000).Select(i => i % 2 == 0 ? $".h{i}.test" : $"h{i}.test"));
        var load = Load();
        for (var i = 0; i < 100_000; i += 997)
        {
            Assert.Equal(i + 1, Judge(load, $"h{i}.test").Line);
            Assert.Equal(i % 2 == 0, Judge(load, $"www.h{i}.test").Denies);
            Assert.False(Judge(load, $"h{i}x.test").Denies);
        }
    }

    [Fact]
    public async Task TheState_TellsFormatEntriesUnreadLinesAgeBytesAndHits()
    {
        File.WriteAllText(_path, "0.0.0.0 a.test b.test\n0.0.0.0 a.test\nx\n");
        var written = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(_path, written);
        var load = Load();
        await using var censor = load.Censor;
        Judge(load, "a.test");
        Judge(load, "b.test");
        Judge(load, "c.test");
        var read = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMinutes(1));

        var state = Assert.Single(censor.Lists());
        Assert.Equal((_path, ListFormat.Hosts, 2, 1, 2), (state.Path, state.Format, state.Entries, state.UnreadLines, state.Hits));
        Assert.Equal($"{_path}:3", Assert.Single(state.Unread).Where);
        Assert.Equal((written, read), (state.Written, state.ReadAt));
        Assert.InRange(state.RetainedBytes, 20, 100);

        File.WriteAllText(_path, "local=/a.test/\n");
        censor.Reload();
        state = Assert.Single(censor.Lists());
        Assert.Equal((ListFormat.Dnsmasq, 1, 0, 2, read.AddMinutes(1)), (state.Format, state.Entries, state.UnreadLines, state.Hits, state.ReadAt));
    }

    [Fact]
    public async Task AListThatWasNeverRead_HasNoAge()
    {
        await using var censor = Load().Censor;
        var state = Assert.Single(censor.Lists());
        Assert.Equal((0, null, null), (state.Entries, state.Written, state.ReadAt));
    }

    private CensorLoad Load() => Censor.Load(
        [new PolicyOptions { Name = "p", DefaultAllows = true, Rules = [new RuleOptions { Id = "r", Action = RuleAction.Deny, HostsFile = _path }] }],
        _time, NullLogger.Instance);

    private static Verdict Judge(CensorLoad load, string host) => load.Censor.Judge("p", Ask.Connect($"{host}:443"));
}
