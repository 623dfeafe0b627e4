using ArchUnitNET.Domain;
using ArchUnitNET.Loader;

namespace Sluice.Tests.House;

public class ArrowTests
{
    private static readonly Lazy<IReadOnlyList<Use>> Uses = new(ReadUses);

    [Fact]
    public void Folders_UseOnlyWhatStandsToTheirLeft() => Assert.Empty(Arrows.AgainstTheArrows(Uses.Value));

    [Fact]
    public void InsidesOfAPart_AreNamedOnlyWithinIt() => Assert.Empty(Arrows.ThroughTheWalls(Uses.Value));

    [Fact]
    public void Picture_ShowsTheRealArrows()
    {
        var architecture = Repository.Docs.Single(d => d.Path == "docs/architecture.md");
        var drawn = Arrows.Drawn(architecture.Text);
        Assert.NotEmpty(drawn);
        Assert.Empty(Arrows.AgainstThePicture(drawn, Uses.Value));
    }

    [Fact]
    public void EveryFolder_HasItsPlaceInTheHouse()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "src/Sluice")).Select(Path.GetFileName)
            .Where(f => f is not ("bin" or "obj" or "Properties"));
        Assert.All(folders, f => Assert.Contains(f, Arrows.Parts));
    }

    [Fact]
    public void TheScan_SeesWhatOnlyAMethodBodyNames() => Assert.Contains(Uses.Value,
        u => u is { User: "Sluice.Records.AccessLog", Used: "Sluice.Records.Formats.JsonFormat" });

    [Theory]
    [InlineData("Sluice.Http", "Sluice.Cache", false)]
    [InlineData("Sluice.Cache", "Sluice.Http", true)]
    [InlineData("Sluice.Cache", "Sluice.Policy", false)]
    [InlineData("Sluice.Forwarding", "Sluice.Config", false)]
    [InlineData("Sluice.Cache.Memory", "Sluice.Cache", true)]
    [InlineData("Sluice.Elsewhere", "Sluice.Http", false)]
    public void MadeUpUse_IsJudgedByTheArrows(string user, string used, bool fine) =>
        Assert.Equal(fine, Arrows.AgainstTheArrows([new Use("A", user, "B", used)]).Count == 0);

    [Theory]
    [InlineData("Sluice.Forwarding", "Sluice.Cache.Memory", false)]
    [InlineData("Sluice.Cache", "Sluice.Cache.Memory", true)]
    [InlineData("Sluice.Forwarding", "Sluice.Cache", true)]
    public void MadeUpUseOfInsides_IsJudgedByTheWalls(string user, string used, bool fine) =>
        Assert.Equal(fine, Arrows.ThroughTheWalls([new Use("A", user, "B", used)]).Count == 0);

    [Fact]
    public void MadeUpPicture_IsComparedBothWays()
    {
        var drawn = Arrows.Drawn("text\n```mermaid\nflowchart RL\n  Cache --> Http\n  Records --> Cache\n  Http --> Records\n  Policy --> Http\n```\n");
        Use[] uses =
        [
            new("A", "Sluice.Cache", "B", "Sluice.Http"), new("A", "Sluice.Records", "B", "Sluice.Cache"),
            new("A", "Sluice.Records", "B", "Sluice.Http"), new("A", "Sluice.Records", "B", "Sluice.Net"),
            new("A", "Sluice.Http", "B", "Sluice.Records"),
        ];
        Assert.Equal(
        [
            "drawn, but against the arrows: Http --> Records",
            "drawn, but not so: Policy --> Http",
            "so, but not drawn: Records --> Net",
        ], Arrows.AgainstThePicture(drawn, uses));
    }

    private static IReadOnlyList<Use> ReadUses()
    {
        var architecture = new ArchLoader().LoadAssemblies(typeof(Proxy).Assembly).Build();
        return
        [
            .. architecture.Types.SelectMany(type => type.Dependencies.Select(d => new Use(
                    type.FullName, NamespaceOf(type), d.Target.FullName, NamespaceOf(d.Target))))
                .Where(u => u.UsedNamespace.StartsWith("Sluice.", StringComparison.Ordinal) && u.UserNamespace != u.UsedNamespace)
                .Distinct(),
        ];
    }

    private static string NamespaceOf(IType type) => type.Namespace?.FullName ?? "";
}
