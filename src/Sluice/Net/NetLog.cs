using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Sluice.Net;

internal static partial class NetLog
{
    [LoggerMessage(1, LogLevel.Warning, "Accepting on {EndPoint} pauses: {Error}")]
    public static partial void AcceptPaused(ILogger logger, string endPoint, SocketError error);

    [LoggerMessage(2, LogLevel.Error, "A connection's receive loop failed")]
    public static partial void ReceiveFailed(ILogger logger, Exception error);

    [LoggerMessage(3, LogLevel.Error, "A callback of a closed connection failed")]
    public static partial void ClosedCallbackFailed(ILogger logger, Exception error);

    [LoggerMessage(4, LogLevel.Warning, "Event loop {Loop} has not looked at its sockets for {Milliseconds} ms")]
    public static partial void LoopStalls(ILogger logger, int loop, long milliseconds);

    [LoggerMessage(5, LogLevel.Warning, "Event loops were away from their sockets for more than 50 ms {Times} times")]
    public static partial void LoopsStalled(ILogger logger, long times);
}
