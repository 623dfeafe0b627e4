using System.Text;
using Sluice.Config;

namespace Sluice.Tests.Config;

/// <summary>A configuration file in a folder of its own.</summary>
internal sealed class Given : IDisposable
{
    public const string Forward = "listeners: [{ kind: forward, bind: 127.0.0.1:0 }]\n";

    public Given(string yaml) : this(Encoding.UTF8.GetBytes(yaml))
    {
    }

    public Given(byte[] bytes)
    {
        Directory.CreateDirectory(Folder);
        File.WriteAllBytes(Path, bytes);
    }

    public string Folder { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "sluice-" + Guid.NewGuid().ToString("N"));

    public string Path => System.IO.Path.Combine(Folder, "sluice.yaml");

    /// <summary>The problems of a file that holds this, without its folder.</summary>
    public static string ProblemsOf(string yaml, params (string Name, string Value)[] environment)
    {
        using var given = new Given(yaml);
        return given.Problems(environment);
    }

    public static Configuration Right(string yaml, params (string Name, string Value)[] environment)
    {
        using var given = new Given(yaml);
        Assert.Equal("", given.Problems(environment));
        return given.Load(environment).Configuration!;
    }

    public Loaded Load(params (string Name, string Value)[] environment) =>
        ConfigurationFile.Load(Path, environment.ToDictionary(v => v.Name, v => v.Value));

    public string Problems(params (string Name, string Value)[] environment) =>
        string.Join('\n', Load(environment).Problems).Replace(Folder + "/", "");

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
