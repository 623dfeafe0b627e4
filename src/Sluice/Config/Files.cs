namespace Sluice.Config;

/// <summary>Whether files that the configuration names can be used.</summary>
internal static class Files
{
    /// <summary>Why a file cannot be opened, in words that follow "cannot be read:"; null: it can.</summary>
    public static string? WhyNot(string path, FileAccess access)
    {
        try
        {
            using var _ = new FileStream(path, FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return "there is no such file";
        }
        catch (UnauthorizedAccessException)
        {
            return Directory.Exists(path) ? "it is a folder" : "permission denied";
        }
        catch (IOException e)
        {
            return e.Message;
        }
    }
}
