using System.Security;

namespace Sluice.Config;

/// <summary>What loading gives: a configuration, or every problem that stands in its way.</summary>
public sealed record Loaded(Configuration? Configuration, IReadOnlyList<Problem> Problems);

/// <summary>A configuration file and the environment's overrides, read and checked.</summary>
public static class ConfigurationFile
{
    /// <summary>Reads a file. Never throws for what the file or the environment holds: that is a problem.</summary>
    /// <param name="path">As the user named it: messages name it so. Relative paths in the file are taken from its folder.</param>
    /// <param name="environment">All of the environment; the variables <c>SLUICE__Section__Key</c> override the file.</param>
    /// <param name="tryPorts">Whether each listener's port is bound for a moment, to tell of one in use. Not while they are ours.</param>
    public static Loaded Load(string path, IReadOnlyDictionary<string, string> environment, bool tryPorts = true)
    {
        var problems = new ProblemList();
        var root = ReadTree(path, problems, out var folder);
        return root is null ? new Loaded(null, problems.InOrder()) : Build(root, folder, environment, problems, tryPorts);
    }

    /// <summary>The tree of a file; null after a problem that leaves none.</summary>
    /// <param name="folder">Of the file.</param>
    /// <param name="least">As for <see cref="YamlTree.Read"/>.</param>
    internal static Mapping? ReadTree(string path, ProblemList problems, out string folder, string least = YamlTree.LeastConfiguration)
    {
        folder = "";
        try
        {
            var full = Path.GetFullPath(path);
            folder = Path.GetDirectoryName(full) ?? "/";
            if (!Directory.Exists(full))
                return YamlTree.Read(path, File.ReadAllBytes(full), problems, least);
            problems.Add(Place.Of(path), "", "this is a folder, name the file in it");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Add(Place.Of(path), "", "there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SecurityException or ArgumentException or NotSupportedException)
        {
            problems.Add(Place.Of(path), "", $"the file cannot be read: {e.Message}");
        }
        return null;
    }

    /// <summary>The same for a tree that flags made.</summary>
    internal static Loaded Build(
        Mapping root, string folder, IReadOnlyDictionary<string, string> environment, ProblemList problems, bool tryPorts)
    {
        Overrides.Apply(root, environment, problems);
        var configuration = new Reader(folder, tryPorts, problems).Read(root);
        return new Loaded(problems.IsEmpty ? configuration : null, problems.InOrder());
    }
}
