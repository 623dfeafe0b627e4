using System.Net.Sockets;

namespace Sluice.Net;

/// <summary>The two ends of a TCP connection, neither of which throws.</summary>
internal static class SocketEnds
{
    /// <summary>Closes with RST.</summary>
    public static void Reset(this Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed or reset already.
        }
        socket.Dispose();
    }

    /// <summary>FIN; false: the connection is gone.</summary>
    public static bool TryShutdownSend(this Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
