using Microsoft.Extensions.Logging;

namespace Sluice.Forwarding.Subscribed;

internal static partial class SubscriptionLog
{
    [LoggerMessage(1, LogLevel.Information, "List {Url} has changed: {Bytes} bytes are now in {Path}")]
    public static partial void Taken(ILogger log, string url, long bytes, string path);

    [LoggerMessage(2, LogLevel.Warning, "List {Url} was not taken: {Why}. Its copy of {Changed:u} stays in force")]
    public static partial void NotTaken(ILogger log, string url, string why, DateTimeOffset changed);

    [LoggerMessage(3, LogLevel.Warning, "List {Url} was not taken: {Why}. There is no copy: until there is one, it names nothing")]
    public static partial void Missing(ILogger log, string url, string why);

    [LoggerMessage(4, LogLevel.Error, "List {Url} was not taken by a bug of ours")]
    public static partial void Failed(ILogger log, string url, Exception bug);
}
