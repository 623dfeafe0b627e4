using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Bench.Peers;

/// <summary>A client's bare connection to a port of this machine, and the little HTTP that the loads need.</summary>
internal static class Connection
{
    /// <summary>What the origin answers to /tiny.</summary>
    public const string TinyAnswer = "ok\n";

    private const string HeadEnd = "\r\n\r\n";
    // IP_BIND_ADDRESS_NO_PORT (ip(7)): the port is chosen at connect, when it only has to differ for that destination.
    private const int IpLevel = 0;
    private const int BindAddressNoPort = 24;

    private const int MaxHeadBytes = 16 << 10;

    /// <param name="from">The client's own address; null: what the system takes.</param>
    public static async Task<Socket> OpenAsync(int port, CancellationToken cancel, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
            {
                socket.SetRawSocketOption(IpLevel, BindAddressNoPort, BitConverter.GetBytes(1));
                socket.Bind(new IPEndPoint(from, 0));
            }
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

    /// <summary>Asks for the origin's /tiny and reads the whole answer.</summary>
    /// <exception cref="InvalidDataException">Not answered with 200, or the connection ended.</exception>
    public static Task AskTinyAsync(Socket socket, CancellationToken cancel) => AskAsync(socket, "/tiny", TinyAnswer.Length, cancel);

    /// <summary>Asks for a path and reads the answer, whose body has that many bytes.</summary>
    /// <exception cref="InvalidDataException">Not answered with 200, another length, or the connection ended.</exception>
    public static async Task AskAsync(Socket socket, string path, int bodyBytes, CancellationToken cancel)
    {
        await SendAsync(socket, $"GET {path} HTTP/1.1\r\nHost: site1.bench.test\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n\r\n", cancel);
        var answer = await ReadHeadAsync(socket, cancel);
        if (!answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
            throw new InvalidDataException($"answered with {answer.Split('\r')[0]}");
        var missing = answer.IndexOf(HeadEnd, StringComparison.Ordinal) + HeadEnd.Length + bodyBytes - answer.Length;
        var rest = new byte[Math.Max(missing, 1)];
        while (missing > 0)
        {
            var read = await socket.ReceiveAsync(rest.AsMemory(0, missing), SocketFlags.None, cancel);
            if (read == 0)
                throw new InvalidDataException("the connection ended an answer");
            missing -= read;
        }
        if (missing < 0)
            throw new InvalidDataException($"{-missing} bytes follow an answer");
    }

    /// <summary>Reads to the empty line; what was read beyond it is part of the result.</summary>
    /// <exception cref="InvalidDataException">The connection ended first.</exception>
    public static async Task<string> ReadHeadAsync(Socket socket, CancellationToken cancel)
    {
        var buffer = new byte[MaxHeadBytes];
        var text = "";
        while (!text.Contains(HeadEnd, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, SocketFlags.None, cancel);
            if (read == 0 || text.Length > MaxHeadBytes)
                throw new InvalidDataException("the connection or the limit ended an answer");
            text += Encoding.Latin1.GetString(buffer, 0, read);
        }
        return text;
    }

    /// <summary>Reads to the end of the connection and returns how many bytes came.</summary>
    public static async Task<long> CountToEndAsync(Socket socket, CancellationToken cancel)
    {
        var block = ArrayPool<byte>.Shared.Rent(64 << 10);
        try
        {
            long length = 0;
            for (int read; (read = await socket.ReceiveAsync(block, SocketFlags.None, cancel)) > 0;)
                length += read;
            return length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
