using System.Runtime.CompilerServices;
using Sluice.Config;
using Sluice.Tests.House;

namespace Sluice.Tests.Config;

/// <summary>The files of cases in WrongCases/, each with exactly what it is told.</summary>
public class WrongCasesTests
{
    private static readonly string Folder = Path.Combine(Path.GetDirectoryName(Here())!, "WrongCases");

    public static TheoryData<string> Files() => [.. Directory.GetFiles(Folder, "0*.yaml").Select(Path.GetFileName).Order().Select(name => name!)];

    /// <summary>SLUICE_WRITE_EXPECTED=1 writes them anew.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void WrongCases_AreToldWithTheirPlaces(string name)
    {
        var (file, problems) = CaseFile.Load(Path.Combine(Folder, name), null, new Dictionary<string, string>());
        var told = string.Join('\n', problems).Replace(Path.GetRelativePath(Environment.CurrentDirectory, Folder) + "/", "").Replace(Folder + "/", "");
        if (Environment.GetEnvironmentVariable("SLUICE_WRITE_EXPECTED") == "1")
            File.WriteAllText(Path.Combine(Folder, name + ".expected"), told + "\n");
        Assert.Equal(File.ReadAllText(Path.Combine(Folder, name + ".expected")).Trim(), told);
        Assert.Null(file);
    }

    [Fact]
    public void EveryKey_IsInTheDocs()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/policy.md"));
        Assert.All(CaseKeys.All, key => Assert.Contains($"| `{key.Path}` |", doc, StringComparison.Ordinal));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
