namespace Sluice.Upstream;

/// <summary>The keys of our TLS in a file, for Wireshark: where <c>SSLKEYLOGFILE</c> is set when the program starts. The platform writes it (NSS key log format); whoever
/// has the file can read what passes, so that it is its owner's alone.</summary>
public static class TlsKeyLog
{
    public const string Variable = "SSLKEYLOGFILE";

    private const string Switch = "System.Net.EnableSslKeyLogging";

    /// <summary>Null: nobody asks for it.</summary>
    public static string? Path { get; private set; }

    /// <summary>Why the file cannot be written; null: it can.</summary>
    public static string? Fault { get; private set; }

    /// <summary>To be called before the first TLS of the process.</summary>
    public static void Begin()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } path)
            return;
        Path = path;
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.ReadWrite };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using var file = new FileStream(path, options);
            // One that was there keeps its mode else.
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            AppContext.SetSwitch(Switch, true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fault = e.Message;
        }
    }
}
