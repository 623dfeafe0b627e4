namespace Sluice.Net;

/// <summary>Whether files have changed since they were read. A look opens them and asks for time and length; unlike notifications it also works on network file systems and
/// behind symbolic links. One thread looks.</summary>
internal sealed class FileWatch(IReadOnlyList<string> paths)
{
    private FileStamp?[] _read = new FileStamp?[paths.Count];
    private FileStamp?[] _seen = new FileStamp?[paths.Count];

    /// <summary>Changed or gone since they were read, and no longer changing: the same at two looks, so that no half-written file is taken.</summary>
    public bool HasSettledChange()
    {
        var before = _seen;
        _seen = Look();
        return !_seen.AsSpan().SequenceEqual(_read) && _seen.AsSpan().SequenceEqual(before);
    }

    /// <summary>Changed or gone since they were read.</summary>
    public bool HasChange() => !Look().AsSpan().SequenceEqual(_read);

    /// <summary>They are read now.</summary>
    /// <returns>A stamp for each; null: there is none, or it cannot be opened.</returns>
    public IReadOnlyList<FileStamp?> Read() => _read = _seen = Look();

    private FileStamp?[] Look() => [.. paths.Select(FileStamp.Of)];
}
