using Microsoft.Extensions.Logging;

namespace Sluice.Forwarding;

internal static partial class ForwardingLog
{
    [LoggerMessage(1, LogLevel.Error, "Exchange {Number} failed by a bug of ours")]
    public static partial void ExchangeFailed(ILogger log, long number, Exception bug);
}
