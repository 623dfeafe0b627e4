using Sluice.Tests.House;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Cli;

/// <summary>The policies of docs/cookbook do what their cases say, by the command that their readers use.</summary>
public class CookbookTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs/cookbook");

    public static TheoryData<string> Policies() =>
        [.. Directory.GetFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)).Where(name => !name.EndsWith(".cases", StringComparison.Ordinal)).Order()];

    [Fact]
    public void FourWalksOfLife_AreThere() => Assert.Equal(["ci", "office", "sandbox", "school"], Policies().Select(row => row.Data));

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task EveryPolicy_DoesWhatItsCasesSay(string name)
    {
        var output = await Called.OutputAsync("policy", "test", Path.Combine(Folder, $"{name}.cases.yaml"));
        Assert.Matches(@"^[1-9][0-9]* passed, 0 failed\n$", output);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task CasesOfAPolicyThatDoesTheOpposite_Fail(string name)
    {
        using var folder = new TempFolder();
        foreach (var file in Directory.GetFiles(Folder))
        {
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(folder.File(Path.GetFileName(file)), Path.GetFileName(file) == $"{name}.yaml"
                ? text.Replace("default: allow", "default: x").Replace("default: deny", "default: allow").Replace("default: x", "default: deny") : text, TestContext.Current.CancellationToken);
        }
        var (code, output, _) = await Called.RunAsync("policy", "test", folder.File($"{name}.cases.yaml"));
        Assert.Equal(1, code);
        Assert.Contains(" failed", output);
    }
}
