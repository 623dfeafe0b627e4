using Microsoft.Extensions.Logging;

namespace Sluice.Records;

internal static partial class RecordsLog
{
    [LoggerMessage(1, LogLevel.Error, "Records cannot be written to {Output} ({Failures} failures so far, {Waiting} records wait): {Reason}")]
    public static partial void Failed(ILogger log, string output, long failures, int waiting, string reason);

    [LoggerMessage(2, LogLevel.Information, "Records are written to {Output} again")]
    public static partial void Recovered(ILogger log, string output);

    [LoggerMessage(3, LogLevel.Warning, "{Output}: {Count} records were dropped: they could not be written in time")]
    public static partial void Dropped(ILogger log, string output, long count);

    [LoggerMessage(4, LogLevel.Error, "{Output} cannot be opened anew, the old one goes on: {Reason}")]
    public static partial void ReopenFailed(ILogger log, string output, string reason);

    [LoggerMessage(5, LogLevel.Information, "{Output} was opened anew")]
    public static partial void Reopened(ILogger log, string output);

    [LoggerMessage(6, LogLevel.Error, "{Output}: {Count} records are lost: they could not be written at the end")]
    public static partial void Lost(ILogger log, string output, long count);

    [LoggerMessage(7, LogLevel.Error, "Captures cannot be written to {Folder}, what rules capture is lost: {Reason}")]
    public static partial void CaptureFailed(ILogger log, string folder, string reason);

    [LoggerMessage(8, LogLevel.Warning, "Captures are written to {Folder} again; {Packets} packets were lost so far")]
    public static partial void CaptureGoesOn(ILogger log, string folder, long packets);

    [LoggerMessage(9, LogLevel.Error, "{Folder}: {Packets} packets of captures are lost: they could not be written")]
    public static partial void CaptureLost(ILogger log, string folder, long packets);

    [LoggerMessage(10, LogLevel.Error, "{Output}: {Count} records are lost: {Reason}, and would do so again")]
    public static partial void Refused(ILogger log, string output, long count, string reason);

    [LoggerMessage(20, LogLevel.Error, "{Path} cannot be read ({Reason}): it was moved to {Aside}, and the history begins anew")]
    public static partial void HistoryCorrupt(ILogger log, string path, string reason, string aside);

    [LoggerMessage(21, LogLevel.Error, "{Path}: records that are too old cannot be removed: {Reason}")]
    public static partial void HistoryUntidy(ILogger log, string path, string reason);
}
