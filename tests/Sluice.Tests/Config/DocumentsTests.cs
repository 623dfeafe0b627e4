using Sluice.Config;
using Sluice.Tests.House;

namespace Sluice.Tests.Config;

/// <summary>docs/configuration.md and docs/sluice.schema.json say what the table of keys says.</summary>
public class DocumentsTests
{
    private static readonly string Schema = Path.Combine(Repository.Root, "docs/sluice.schema.json");

    [Fact]
    public void EveryKey_HasItsRowInTheDocs()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/configuration.md"));
        Assert.Equal(
            string.Join('\n', Keys.All.Select(Row)),
            string.Join('\n', doc.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Count(c => c == '|') == 5)));
    }

    /// <summary>SLUICE_WRITE_SCHEMA=1 writes it anew.</summary>
    [Fact]
    public void PublishedSchema_IsThatOfTheTable()
    {
        if (Environment.GetEnvironmentVariable("SLUICE_WRITE_SCHEMA") == "1")
            File.WriteAllText(Schema, JsonSchema.Text());
        Assert.Equal(JsonSchema.Text(), File.ReadAllText(Schema));
    }

    [Fact]
    public void ExamplesInTheDocs_AreRight()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/configuration.md"));
        var examples = doc.Split("```yaml\n")[1..].Select(part => part.Split("```")[0]).ToArray();
        Assert.True(examples.Length >= 2);
        foreach (var example in examples)
        {
            using var given = new Given(example);
            File.WriteAllText(Path.Combine(given.Folder, "blocked.txt"), "ads.example\n");
            var loaded = ConfigurationFile.Load(given.Path, new Dictionary<string, string>(), tryPorts: false);
            Assert.Empty(loaded.Problems);
        }
    }

    [Fact]
    public void ExampleOfUsers_IsRight()
    {
        var doc = File.ReadAllText(Path.Combine(Repository.Root, "docs/users.md"));
        using var given = new Given(doc.Split("```yaml\n")[1].Split("```")[0]);
        File.WriteAllLines(Path.Combine(given.Folder, "htpasswd"), ((string[])["anna", "ben", "carl"]).Select(name => $"{name}:{Policy.Users.Passwords.OpenSesame}"));
        Assert.Empty(ConfigurationFile.Load(given.Path, new Dictionary<string, string>(), tryPorts: false).Problems);
    }

    private static string Row(Key key) =>
        $"| `{key.Path}` | {Kind(key)} | {(key.Required ? "required" : key.DefaultIsValue ? $"`{key.Default}`" : key.Default)} | {key.Doc} |";

    private static string Kind(Key key) => key.Kind switch
    {
        KeyKind.Section => "map",
        KeyKind.AccessLog => "map, list of maps, or `off`",
        KeyKind.FlagOrSection => "`true`, `false`, or map",
        KeyKind.Sections => "list of maps",
        KeyKind.NamedSections => "map of maps",
        KeyKind.Choice => string.Join(", ", key.Choices.Select(c => $"`{c}`")),
        KeyKind.Flag => "`true`, `false`",
        KeyKind.Whole => "number",
        KeyKind.Networks => "list of networks",
        KeyKind.Ports => "list of ports",
        KeyKind.Hosts => "list, or map",
        KeyKind.Words => "list",
        KeyKind.Statuses => "list of status codes",
        KeyKind.Patterns => "map of patterns",
        KeyKind.Headers => "map of texts",
        KeyKind.Ratio => "`true`, `false`, or number",
        KeyKind.Groups => "map of lists",
        KeyKind.Resolver => "list, or `system`",
        KeyKind.QueryNames => "list, or `all`",
        KeyKind.Age => "duration",
        KeyKind.Bind => "address and port",
        KeyKind.Destination => "URL, or host and port",
        var kind => kind.ToString().ToLowerInvariant(),
    };
}
