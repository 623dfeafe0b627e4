using Microsoft.Extensions.Logging;

namespace Sluice.Policy;

internal static partial class CensorLog
{
    /// <summary>Of one list; the rest is counted.</summary>
    public const int ProblemsShown = 10;

    [LoggerMessage(1, LogLevel.Information, "List {Path} loaded (format: {Format}): {Entries} entries, {Unread} lines not understood")]
    public static partial void Loaded(ILogger log, string path, ListFormat format, int entries, int unread);

    [LoggerMessage(2, LogLevel.Warning, "{Where}: {Problem}")]
    public static partial void Problem(ILogger log, string where, string problem);
}
