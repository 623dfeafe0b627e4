namespace Sluice.Tests.House;

/// <summary>A text file of the repository.</summary>
/// <param name="Path">From the root, with '/'.</param>
public sealed record RepositoryFile(string Path, string Text)
{
    public string[] Lines => Text.Split('\n');

    public string Folder => Path.Contains('/') ? Path[..Path.LastIndexOf('/')] : "";
}

/// <summary>The repository that this test was built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static IReadOnlyList<RepositoryFile> Product { get; } = Read("src", "*.cs");

    public static IReadOnlyList<RepositoryFile> Tests { get; } = Read("tests", "*.cs");

    public static IReadOnlyList<RepositoryFile> Benches { get; } = Read("bench", "*.cs");

    /// <summary>What people read: docs/ and the files at the root.</summary>
    public static IReadOnlyList<RepositoryFile> Docs { get; } =
        [.. Read("docs", "*.md"), .. Directory.GetFiles(Root, "*.md").Select(ReadFile)];

    public static bool Exists(string path)
    {
        var full = Path.Combine(Root, path);
        return File.Exists(full) || Directory.Exists(full);
    }

    private static IReadOnlyList<RepositoryFile> Read(string folder, string pattern)
    {
        var full = Path.Combine(Root, folder);
        if (!Directory.Exists(full))
            return [];
        return
        [
            .. Directory.GetFiles(full, pattern, SearchOption.AllDirectories)
                .Where(f => !f.Contains("/obj/") && !f.Contains("/bin/"))
                .Order(StringComparer.Ordinal).Select(ReadFile),
        ];
    }

    private static RepositoryFile ReadFile(string path) =>
        new(Path.GetRelativePath(Root, path).Replace('\\', '/'), File.ReadAllText(path));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sluice.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("Sluice.slnx is nowhere above the tests");
    }
}
