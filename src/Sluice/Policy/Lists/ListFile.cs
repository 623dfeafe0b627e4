namespace Sluice.Policy.Lists;

/// <summary>A list file: its last good content, and when to read it anew. One thread reads it, any may find in it.</summary>
/// <param name="path">Of the file.</param>
/// <param name="time">Tells when it was read.</param>
internal sealed class ListFile(string path, TimeProvider time)
{
    // What tells that a file changed: a new one under the name, written to, or cut.
    private readonly record struct Stamp(DateTime Written, long Length);

    private Stamp? _read;
    private Stamp? _seen;
    private ListContent _content = ListContent.Empty;
    private long _hits;

    public string Path { get; } = path;

    public ListState State
    {
        get
        {
            var content = _content;
            return new ListState(Path, content.Format, content.Index.Count, content.UnreadLines, content.Unread, content.Index.RetainedBytes)
            {
                Written = content.Written,
                ReadAt = content.ReadAt,
                Hits = Interlocked.Read(ref _hits),
            };
        }
    }

    /// <summary>The first entry found that names the request, counted.</summary>
    public bool Find(ref Asked asked, out ListEntry entry)
    {
        var found = _content.Index.Find(ref asked, out entry);
        if (found)
            Interlocked.Increment(ref _hits);
        return found;
    }

    /// <summary>Changed or gone since it was read, and no longer changing: the same at two looks, so that no half-written list is taken.</summary>
    public bool HasSettledChange()
    {
        var before = _seen;
        _seen = Look();
        return _seen != _read && _seen == before;
    }

    /// <summary>Reads the file; where that fails the last good content stays.</summary>
    /// <returns>What is wrong with it.</returns>
    public IReadOnlyList<PolicyProblem> Read()
    {
        var stamp = Look();
        _read = _seen = stamp;
        try
        {
            using var file = new FileStream(Path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
            _content = ListContent.Read(file, Path, stamp?.Length ?? 0) with { Written = stamp?.Written, ReadAt = time.GetUtcNow() };
            return [.. _content.Problems(Path)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [new PolicyProblem(Path, $"the list cannot be read: {e.Message}", Fatal: true)];
        }
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
