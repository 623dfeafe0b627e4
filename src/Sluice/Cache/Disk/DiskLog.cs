using Microsoft.Extensions.Logging;

namespace Sluice.Cache.Disk;

internal static partial class DiskLog
{
    [LoggerMessage(1, LogLevel.Information, "Disk cache {Folder}: {Entries} entries, {Bytes} bytes in {Segments} files, loaded in {Seconds:0.000} s")]
    public static partial void Loaded(ILogger log, string folder, int entries, long bytes, int segments, double seconds);

    [LoggerMessage(2, LogLevel.Warning, "Disk cache {Folder}: begun anew, {Why}")]
    public static partial void BegunAnew(ILogger log, string folder, string why);

    [LoggerMessage(3, LogLevel.Error, "Disk cache: {Path} cannot be written, nothing is stored for a while: {Problem} (failed so far: {Count})")]
    public static partial void WriteFailed(ILogger log, string path, string problem, long count);

    [LoggerMessage(4, LogLevel.Information, "Disk cache: stores again")]
    public static partial void WritesAgain(ILogger log);

    [LoggerMessage(5, LogLevel.Error, "Disk cache: {Path} cannot be read, what it holds is asked for again: {Problem} (failed so far: {Count})")]
    public static partial void ReadFailed(ILogger log, string path, string problem, long count);

    [LoggerMessage(6, LogLevel.Error, "Disk cache: {Path} holds octets that were not stored so, they are not served (so far: {Count})")]
    public static partial void Damaged(ILogger log, string path, long count);

    [LoggerMessage(7, LogLevel.Critical, "Disk cache: the writer has ended, nothing is stored any more")]
    public static partial void WriterFailed(ILogger log, Exception bug);
}
