using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Peers;

/// <summary>A client's bare connection to a port of this machine, and the little HTTP that the loads need.</summary>
internal static class Connection
{
    private const int MaxHeadBytes = 8 << 10;

    public static async Task<Socket> OpenAsync(int port, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Asks a forward proxy for a tunnel. Nothing of the far end may follow its head by itself.</summary>
    /// <exception cref="InvalidDataException">Not answered with 200.</exception>
    public static async Task TunnelAsync(Socket proxy, int port, CancellationToken cancel)
    {
        await SendAsync(proxy, $"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nProxy-Connection: keep-alive\r\n\r\n", cancel);
        var head = await ReadHeadAsync(proxy, cancel);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && !head.StartsWith("HTTP/1.0 200", StringComparison.Ordinal))
            throw new InvalidDataException($"CONNECT was answered with {head.Split('\r')[0]}");
    }

    public static async Task SendAsync(Socket socket, string text, CancellationToken cancel)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        for (var sent = 0; sent < bytes.Length;)
            sent += await socket.SendAsync(bytes.AsMemory(sent), SocketFlags.None, cancel);
    }

    /// <summary>Reads to the empty line; what was read beyond it is part of the result.</summary>
    /// <exception cref="InvalidDataException">The connection ended first.</exception>
    public static async Task<string> ReadHeadAsync(Socket socket, CancellationToken cancel)
    {
        var buffer = new byte[MaxHeadBytes];
        var length = 0;
        while (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), SocketFlags.None, cancel);
            if (read == 0)
                throw new InvalidDataException("the connection ended within a head");
            length += read;
        }
        return Encoding.Latin1.GetString(buffer, 0, length);
    }
}
