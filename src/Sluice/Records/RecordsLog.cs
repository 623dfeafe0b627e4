using Microsoft.Extensions.Logging;

namespace Sluice.Records;

internal static partial class RecordsLog
{
    [LoggerMessage(1, LogLevel.Error, "The access log cannot be written ({Failures} failures so far, {Waiting} records wait): {Reason}")]
    public static partial void Failed(ILogger log, long failures, int waiting, string reason);

    [LoggerMessage(2, LogLevel.Information, "The access log is written again")]
    public static partial void Recovered(ILogger log);

    [LoggerMessage(3, LogLevel.Warning, "{Count} records were not logged: they came faster than the log could be written")]
    public static partial void Dropped(ILogger log, long count);

    [LoggerMessage(4, LogLevel.Error, "The access log cannot be opened anew, the old file goes on: {Reason}")]
    public static partial void ReopenFailed(ILogger log, string reason);

    [LoggerMessage(5, LogLevel.Information, "The access log was opened anew")]
    public static partial void Reopened(ILogger log);

    [LoggerMessage(6, LogLevel.Error, "{Count} records are lost: the access log could not be written at the end")]
    public static partial void Lost(ILogger log, long count);
}
