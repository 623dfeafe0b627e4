namespace Sluice.Net;

/// <summary>What tells that a file changed: a new one under its name, written to, or cut.</summary>
internal readonly record struct FileStamp(DateTime Written, long Length)
{
    /// <summary>Null: there is none, or it cannot be opened.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            if (!File.Exists(path))
                return null;
            // By the open file, not by its name: a symbolic link has times of its own, which do not change with its target.
            using var file = File.OpenHandle(path, options: FileOptions.None);
            return new FileStamp(File.GetLastWriteTimeUtc(file), RandomAccess.GetLength(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
