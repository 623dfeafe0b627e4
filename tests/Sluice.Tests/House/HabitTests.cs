using System.Runtime.CompilerServices;

namespace Sluice.Tests.House;

public class HabitTests
{
    private static readonly Type[] Types =
    [
        .. typeof(Proxy).Assembly.GetTypes()
            .Where(t => t.Namespace?.StartsWith("Sluice", StringComparison.Ordinal) == true
                && !t.Name.Contains('<') && !t.IsDefined(typeof(CompilerGeneratedAttribute), false)),
    ];

    private static readonly RepositoryFile[] Code = [.. Repository.Product, .. Repository.Tests, .. Repository.Benches];

    [Fact]
    public void TypesSayWhatTheyAre() => Assert.Empty(Habits.EmptyNames(Types.Select(t => PlainName(t))));

    [Fact]
    public void NoTypeBearsAFoldersName() =>
        Assert.Empty(Habits.FolderNames(Types.Select(t => PlainName(t)), Types.Select(t => t.Namespace!)));

    [Fact]
    public void WordsAreThoseOfTheLexicon() =>
        Assert.Empty(Repository.Product.Concat(Repository.Docs).Where(f => f.Path != "docs/lexicon.md").SelectMany(Habits.Words));

    [Fact]
    public void NothingIsLeftUnfinished() => Assert.Empty(Code.Concat(Repository.Docs).SelectMany(Habits.UnfinishedWork));

    [Fact]
    public void LongFilesSayWhy() => Assert.Empty(Code.SelectMany(Habits.LongWithoutReason));

    [Fact]
    public void NamespacesAreFolders() => Assert.Empty(
        Repository.Product.SelectMany(f => Habits.WrongNamespace(f, "src/Sluice", "Sluice"))
            .Concat(Repository.Tests.SelectMany(f => Habits.WrongNamespace(f, "tests/Sluice.Tests", "Sluice.Tests"))));

    [Fact]
    public void InterfacesHaveTwoImplementations() => Assert.Empty(Habits.LonelyInterfaces(Types));

    [Fact]
    public void DocsNameWhatExists()
    {
        var known = Types.Concat(typeof(HabitTests).Assembly.GetTypes()).Select(t => PlainName(t))
            .Concat(Types.SelectMany(t => t.GetMembers()).Select(m => m.Name)).Concat(OfThePlatform).ToHashSet();
        var missing = Repository.Docs.SelectMany(d => Habits.NamesOfNothing(d, Repository.Exists, known)).ToList();
        Assert.True(missing.Count == 0, string.Join("\n", missing));
    }

    [Fact]
    public void EveryDecision_IsLinkedFromTheArchitecture()
    {
        var architecture = Repository.Docs.Single(d => d.Path == "docs/architecture.md");
        var decisions = Repository.Docs.Where(d => d.Folder == "docs/decisions").Select(d => d.Path["docs/".Length..]);
        Assert.All(decisions, d => Assert.Contains($"({d})", architecture.Text));
    }

    [Fact]
    public void MadeUpNames_Offend()
    {
        Assert.Equal(["PoolManager", "StringUtil"], Habits.EmptyNames(["PoolManager", "StringUtil", "Pool"]));
        Assert.Equal(["Cache"], Habits.FolderNames(["Cache", "HttpCache"], ["Sluice.Cache.Memory"]));
        Assert.Equal(["a.cs: Backend"], Habits.Words(new("a.cs", "the Backend answers")));
        Assert.Single(Habits.UnfinishedWork(new("a.cs", "// TO" + "DO: later")));
        Assert.Empty(Habits.UnfinishedWork(new("a.cs", "a hackney coach")));
    }

    [Fact]
    public void MadeUpFiles_Offend()
    {
        var lines = string.Concat(Enumerable.Repeat("x\n", Habits.LongFile + 1));
        Assert.Single(Habits.LongWithoutReason(new("a.cs", lines)));
        Assert.Empty(Habits.LongWithoutReason(new("a.cs", "// Over 400 lines: one table.\n" + lines)));
        Assert.Single(Habits.WrongNamespace(new("src/Sluice/Cache/Memory/A.cs", "namespace Sluice.Cache;\n"), "src/Sluice", "Sluice"));
        Assert.Empty(Habits.WrongNamespace(new("src/Sluice/Cache/A.cs", "namespace Sluice.Cache;\n"), "src/Sluice", "Sluice"));
    }

    [Fact]
    public void MadeUpDocs_Offend()
    {
        var doc = new RepositoryFile("docs/a.md",
            "`src/Gone.cs` `src/There.cs` `HttpCache` `NoSuchType` `Via` `text/html` `Cache/Gone.cs` [a](b.md) [c](there.md) [w](https://example.com/x)");
        var found = Habits.NamesOfNothing(doc, p => p is "src" or "src/There.cs" or "docs/there.md", new HashSet<string> { "HttpCache" });
        Assert.Equal(
        [
            "docs/a.md: no path `src/Gone.cs`", "docs/a.md: no type `NoSuchType`", "docs/a.md: no path `Cache/Gone.cs`",
            "docs/a.md: no file behind the link b.md",
        ], found);
    }

    [Fact]
    public void MadeUpInterface_WithOneImplementationOffends() =>
        Assert.Equal([typeof(ILonely).FullName!], Habits.LonelyInterfaces([typeof(ILonely), typeof(Only)]));

    private static readonly string[] OfThePlatform =
        ["TimeProvider", "SocketsHttpHandler", "IConnectionListenerFactory", "BenchmarkDotNet", "ArchUnitNET", "CsCheck"];

    private static string PlainName(Type type) => type.Name.Split('`')[0];

    private interface ILonely;

    private sealed class Only : ILonely;
}
