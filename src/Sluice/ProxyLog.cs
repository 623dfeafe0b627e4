using Microsoft.Extensions.Logging;

namespace Sluice;

internal static partial class ProxyLog
{
    [LoggerMessage(1, LogLevel.Information, "Configuration {Generation} is in force")]
    public static partial void Reloaded(ILogger log, int generation);

    [LoggerMessage(2, LogLevel.Error, "The configuration is not taken, number {Generation} stays in force: {Problem}")]
    public static partial void ReloadRefused(ILogger log, int generation, string problem);

    [LoggerMessage(4, LogLevel.Error, "The reload failed by a bug of ours")]
    public static partial void ReloadFailed(ILogger log, Exception bug);

    [LoggerMessage(5, LogLevel.Warning, "The keys of TLS to upstreams are written to {File}, as SSLKEYLOGFILE says: whoever has them reads what passes")]
    public static partial void KeysAreLogged(ILogger log, string file);

    [LoggerMessage(6, LogLevel.Error, "The keys of TLS cannot be written to {File}, as SSLKEYLOGFILE says: {Reason}")]
    public static partial void KeysCannotBeLogged(ILogger log, string file, string reason);

    [LoggerMessage(3, LogLevel.Warning, "{Key} has changed: that takes effect when the program starts again")]
    public static partial void AtNextStart(ILogger log, string key);
}
