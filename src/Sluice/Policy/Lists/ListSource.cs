namespace Sluice.Policy.Lists;

/// <summary>Files of lists, and when to read them anew. One thread reads, any may find.</summary>
/// <param name="paths">Read together.</param>
internal abstract class ListSource(params IReadOnlyList<string> paths)
{
    private FileStamp?[] _read = new FileStamp?[paths.Count];
    private FileStamp?[] _seen = new FileStamp?[paths.Count];

    public IReadOnlyList<string> Paths => paths;

    /// <summary>Each file as it stands.</summary>
    public abstract IEnumerable<ListState> States { get; }

    /// <summary>Changed or gone since they were read, and no longer changing: the same at two looks, so that no half-written list is taken.</summary>
    public bool HasSettledChange()
    {
        var before = _seen;
        _seen = Look();
        return !_seen.AsSpan().SequenceEqual(_read) && _seen.AsSpan().SequenceEqual(before);
    }

    /// <summary>Reads the files; where that fails the last good content stays.</summary>
    /// <returns>What is wrong with them.</returns>
    public IReadOnlyList<PolicyProblem> Read()
    {
        _read = _seen = Look();
        return Read(_read);
    }

    /// <summary>The file with that path has named what a rule matched.</summary>
    public abstract void Count(string path);

    protected abstract IReadOnlyList<PolicyProblem> Read(IReadOnlyList<FileStamp?> stamps);

    protected static PolicyProblem Unreadable(string path, Exception error) => new(path, $"the list cannot be read: {error.Message}", Fatal: true);

    private FileStamp?[] Look() => [.. paths.Select(FileStamp.Of)];
}
