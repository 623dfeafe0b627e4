namespace Sluice.Forwarding.Subscribed;

/// <summary>What is to be the copy: written aside (<c>.part</c>), flushed, and put in its place by a rename, so that there is always the old one or the new
/// one, whole. What was not taken is removed.</summary>
internal sealed class NewCopy(StoredCopy copy) : IDisposable
{
    // Who renames an open file has it until it has its name. Windows allows that only where deleting is shared.
    private static readonly FileShare Nobody = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None;

    private readonly string _aside = copy.Path + ".part";
    private FileStream? _file;
    private bool _taken;

    /// <summary>All that was written, from its beginning.</summary>
    public Stream Content
    {
        get
        {
            _file!.Position = 0;
            return _file;
        }
    }

    /// <exception cref="IOException">It cannot be made, or another process writes there.</exception>
    public Stream Begin()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_aside)!);
        return _file = new FileStream(_aside, FileMode.Create, FileAccess.ReadWrite, Nobody);
    }

    /// <summary>It is the copy now.</summary>
    /// <returns>Its octets.</returns>
    public long Take(CopyFacts facts)
    {
        _file!.Flush(flushToDisk: true);
        File.Move(_aside, copy.Path, overwrite: true);
        _taken = true;
        copy.Keep(facts with { Length = _file.Length, Written = copy.Written!.Value });
        return _file.Length;
    }

    public void Dispose()
    {
        try
        {
            if (_file is not null && !_taken)
                File.Delete(_aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next one is written over it.
        }
        _file?.Dispose();
    }
}
