using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Config;
using Sluice.Policy;
using Sluice.Policy.Lists;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Policy;

/// <summary>Rules that could be left out as their lists stand.</summary>
public sealed class NeedlessRuleTests
{
    private const string Ads = "ads.test\n.more.test\n*.below.test\n/banner/\nfile:x.exe\na.path.test/p\n";

    [Theory]
    [InlineData(Ads, "ads.test\n", true)]
    [InlineData(Ads, "www.more.test\n.deep.more.test\n.more.test\n", true)]
    [InlineData(Ads, "*.below.test\na.below.test\n.b.below.test\n", true)]
    [InlineData(Ads, "ads.test/path\nmore.test/x\na.path.test/path\n", true)]
    [InlineData(Ads, "/x/banner/y\nfile:x.exe\n", true)]
    [InlineData(Ads, ".ads.test\n", false)]
    [InlineData(Ads, "ads.test\nother.test\n", false)]
    [InlineData(Ads, "below.test\n", false)]
    [InlineData(Ads, ".below.test\n", false)]
    [InlineData(Ads, "*.a.path.test\n", false)]
    [InlineData(Ads, "a.path.test/q\n", false)]
    [InlineData(Ads, "file:*.exe\n", false)]
    [InlineData(Ads, "", false)]
    public void RuleWhoseListIsNamedBefore_IsNeverReached(string earlier, string later, bool needless) =>
        Assert.Equal(needless ? ["rule 'b' is never reached: all that its list names rule 'a' before it names too"] : [],
            Problems("[{ id: a, deny: true, hosts: { file: one } }, { id: b, deny: true, hosts: { file: two } }]", earlier, later));

    [Theory]
    [InlineData("{ id: a, deny: true, hosts: { file: one } }, { id: b, deny: true, hosts: { file: two }, methods: [GET] }", true)]
    [InlineData("{ id: a, allow: true, hosts: { file: one } }, { id: b, deny: true, hosts: { file: two } }", true)]
    [InlineData("{ id: a, deny: true, hosts: { file: one } }, { id: c, deny: true, ports: [1] }, { id: b, tag: x, hosts: [ads.test] }", true)]
    [InlineData("{ id: a, deny: true, hosts: { file: one }, methods: [GET, POST] }, { id: b, deny: true, hosts: { file: two }, methods: [GET] }", true)]
    [InlineData("{ id: a, deny: true, hosts: { file: one }, methods: [GET] }, { id: b, deny: true, hosts: { file: two } }", false)]
    [InlineData("{ id: a, deny: true, mode: report, hosts: { file: one } }, { id: b, deny: true, hosts: { file: two } }", false)]
    [InlineData("{ id: a, tag: x, hosts: { file: one } }, { id: b, deny: true, hosts: { file: two } }", false)]
    [InlineData("{ id: a, deny: true, hosts: { file: one }, reply: { status: [200] } }, { id: b, deny: true, hosts: { file: two } }", false)]
    public void OnlyRulesThatDecideOnAllOfIt_Shadow(string rules, bool needless) =>
        Assert.Equal(needless, Problems($"[{rules}]", Ads, "ads.test\n").Any(text => text.StartsWith("rule 'b' is never reached", StringComparison.Ordinal)));

    [Theory]
    [InlineData("allow", "{ id: d, deny: true, ports: [1] }, { id: a, allow: true, ports: [80] }, { id: b, allow: true, hosts: [a.test] }", "a b")]
    [InlineData("allow", "{ id: a, allow: true, ports: [80] }, { id: d, deny: true, ports: [1-99] }", "")]
    [InlineData("allow", "{ id: a, allow: true, ports: [80] }, { id: d, deny: true, reply: { status: [200] } }", "")]
    [InlineData("allow", "{ id: a, allow: true, ports: [80] }, { id: t, tag: x, ports: [1-99] }", "")]
    [InlineData("allow", "{ id: a, allow: true, ports: [80], tag: x }", "")]
    [InlineData("deny", "{ id: a, allow: true, ports: [80] }", "")]
    public void AllowingWhatIsAllowedAnyway_ChangesNothing(string otherwise, string rules, string needless) =>
        Assert.Equal(needless.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => $"rule '{id}' changes nothing: no rule behind it refuses or adds anything, and default allows"),
            Problems($"[{rules}]", "", "", otherwise));

    [Fact]
    public void Entries_AreAllOfTheList()
    {
        using var list = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(Ads + "ads.test\n"));
        var index = ListContent.Read(list, "l", 0).Index;
        Assert.Equal(Ads.Trim().Split('\n').Order(), index.Entries.Select(entry => entry.ToString()).Order());
        Assert.Equal(index.Count, index.Entries.Count());
    }

    private static List<string> Problems(string rules, string one, string two, string otherwise = "allow")
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("one"), one);
        File.WriteAllText(folder.File("two"), two);
        File.WriteAllText(folder.File("sluice.yaml"), $"listeners: [{{ kind: forward, bind: 127.0.0.1:0 }}]\npolicies: {{ p: {{ default: {otherwise}, rules: {rules} }} }}\n");
        var loaded = ConfigurationFile.Load(folder.File("sluice.yaml"), new Dictionary<string, string>());
        Assert.Empty(loaded.Problems);
        var needless = Censor.Load(loaded.Configuration!.Policies, TimeProvider.System, NullLogger.Instance).Censor.Needless().ToList();
        Assert.All(needless, problem => Assert.StartsWith(folder.File("sluice.yaml") + ":2:", problem.Where, StringComparison.Ordinal));
        Assert.DoesNotContain(needless, problem => problem.Fatal);
        return [.. needless.Select(problem => problem.Text)];
    }
}
