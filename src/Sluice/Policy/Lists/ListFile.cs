namespace Sluice.Policy.Lists;

/// <summary>A list file: its last good content, and when to read it anew.</summary>
internal sealed class ListFile(string path)
{
    // What tells that a file changed: a new one under the name, written to, or cut.
    private readonly record struct Stamp(DateTime Written, long Length);

    private Stamp? _read;
    private Stamp? _seen;

    public string Path { get; } = path;

    public ListIndex Index { get; private set; } = ListIndex.Empty;

    /// <summary>Changed or gone since it was read, and no longer changing: the same at two looks, so that no half-written list is taken.</summary>
    public bool HasSettledChange()
    {
        var before = _seen;
        _seen = Look();
        return _seen != _read && _seen == before;
    }

    /// <summary>Reads the file; where that fails the last good content stays.</summary>
    /// <returns>What is wrong with it.</returns>
    public List<PolicyProblem> Read()
    {
        var problems = new List<PolicyProblem>();
        var stamp = Look();
        try
        {
            Index = new ListIndex(ListParser.Parse(File.ReadAllBytes(Path), Path, problems));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new PolicyProblem(Path, $"the list cannot be read: {e.Message}", Fatal: true));
        }
        _read = _seen = stamp;
        return problems;
    }

    private Stamp? Look()
    {
        try
        {
            if (!File.Exists(Path))
                return null;
            // By the open file, not by its name: a symbolic link has times of its own, which do not change with its target.
            using var file = File.OpenHandle(Path, options: FileOptions.None);
            return new Stamp(File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
