using Sluice.Net;

namespace Sluice.Policy.Lists;

/// <summary>Files of lists, and when to read them anew. Generations of the configuration share it. One thread at a time looks or reads, any may find.</summary>
/// <param name="paths">Read together.</param>
internal abstract class ListSource(params IReadOnlyList<string> paths)
{
    /// <summary>One list is read at a time, whoever wants it: building its index takes a core and twice the memory.</summary>
    public static readonly Lock OneAtATime = new();

    private readonly FileWatch _watch = new(paths);
    private readonly Lock _lock = new();

    public IReadOnlyList<string> Paths => paths;

    /// <summary>Each file as it stands.</summary>
    public abstract IEnumerable<ListState> States { get; }

    /// <summary>As <see cref="FileWatch.HasSettledChange"/>.</summary>
    public bool HasSettledChange()
    {
        lock (_lock)
            return _watch.HasSettledChange();
    }

    /// <summary>Reads the files; where that fails the last good content stays.</summary>
    /// <returns>What is wrong with them.</returns>
    public IReadOnlyList<PolicyProblem> Read()
    {
        lock (OneAtATime)
        lock (_lock)
            return Read(_watch.Read());
    }

    /// <summary>The file with that path has named what a rule matched.</summary>
    public abstract void Count(string path);

    protected abstract IReadOnlyList<PolicyProblem> Read(IReadOnlyList<FileStamp?> stamps);

    protected static PolicyProblem Unreadable(string path, Exception error) =>
        new(path, $"the list cannot be read: {(IsMissing(error) ? "there is no such file" : error.Message)}", Fatal: true);

    protected static bool IsMissing(Exception error) => error is FileNotFoundException or DirectoryNotFoundException;
}
