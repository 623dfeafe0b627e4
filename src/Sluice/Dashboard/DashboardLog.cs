using Microsoft.Extensions.Logging;

namespace Sluice.Dashboard;

internal static partial class DashboardLog
{
    [LoggerMessage(1, LogLevel.Error, "The admin API failed at {Method} {Path} by a bug of ours")]
    public static partial void RequestFailed(ILogger log, string method, string path, Exception bug);

    [LoggerMessage(2, LogLevel.Information, "{Host} is allowed by a line in {File}, added by {By}")]
    public static partial void HostAllowed(ILogger log, string host, string file, string by);
}
