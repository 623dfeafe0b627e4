using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>A syslog server that keeps every message as it came: datagrams, or TCP with octet counting (RFC 6587 s.3.4.1).</summary>
public sealed class SyslogServer : IDisposable
{
    private readonly ConcurrentQueue<byte[]> _messages = new();
    private readonly SemaphoreSlim _came = new(0);
    private readonly ConcurrentBag<Socket> _open = [];
    private readonly Socket _socket;
    private int _torn;

    private SyslogServer(Socket socket) => _socket = socket;

    public int Port => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    /// <summary>Messages of which only the beginning came before the connection ended.</summary>
    public int Torn => Volatile.Read(ref _torn);

    public IReadOnlyList<SyslogMessage> Messages => [.. _messages.Select(octets => SyslogMessage.Parse(octets))];

    public IReadOnlyList<int> Lengths => [.. _messages.Select(octets => octets.Length)];

    public static SyslogServer Udp() => Datagrams(new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp), new IPEndPoint(IPAddress.Loopback, 0));

    public static SyslogServer Unix(string path) => Datagrams(new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(path));

    /// <param name="port">0: a free one.</param>
    /// <param name="reads">When it begins to read; null: at once.</param>
    /// <param name="receiveBuffer">0: the system's.</param>
    public static SyslogServer Tcp(int port = 0, Task? reads = null, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        socket.Listen();
        var server = new SyslogServer(socket);
        _ = server.AcceptAsync(reads ?? Task.CompletedTask);
        return server;
    }

    /// <summary>The messages, as soon as there are so many.</summary>
    public async Task<IReadOnlyList<SyslogMessage>> MessagesAsync(int count)
    {
        while (_messages.Count < count)
            Assert.True(await _came.WaitAsync(Waiting.Limit), $"{_messages.Count} messages instead of {count}");
        return Messages;
    }

    /// <summary>Ends its side of every connection and accepts no more, but reads what is still sent.</summary>
    public void GoAway()
    {
        _socket.Dispose();
        foreach (var socket in _open)
            socket.Shutdown(SocketShutdown.Send);
    }

    public void Dispose()
    {
        _socket.Dispose();
        foreach (var socket in _open)
            socket.Dispose();
    }

    private static SyslogServer Datagrams(Socket socket, EndPoint at)
    {
        // What nobody takes in time is lost: room for all that a test sends, where the system allows it.
        socket.ReceiveBufferSize = 4 << 20;
        socket.Bind(at);
        var server = new SyslogServer(socket);
        // A thread of its own: the tests' other threads may be busy.
        new Thread(server.Receive) { IsBackground = true }.Start();
        return server;
    }

    private void Receive()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
                Keep(buffer[.._socket.Receive(buffer)]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task AcceptAsync(Task reads)
    {
        try
        {
            while (true)
            {
                var socket = await _socket.AcceptAsync();
                _open.Add(socket);
                _ = ReadAsync(socket, reads);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed, or gone away.
        }
    }

    private async Task ReadAsync(Socket socket, Task reads)
    {
        await reads;
        var (buffer, held) = (new byte[64 << 10], 0);
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(held)) is > 0 and var count)
                held = TakeOut(buffer, held + count);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Reset: what had come was read.
        }
        if (held > 0)
            Interlocked.Increment(ref _torn);
    }

    /// <summary>Returns how many octets of an unfinished message are left.</summary>
    private int TakeOut(byte[] buffer, int held)
    {
        var begin = 0;
        while (Array.IndexOf(buffer, (byte)' ', begin, held - begin) is > 0 and var blank)
        {
            var length = int.Parse(Encoding.ASCII.GetString(buffer, begin, blank - begin), NumberStyles.None, CultureInfo.InvariantCulture);
            if (blank + 1 + length > held)
                break;
            Keep(buffer[(blank + 1)..(blank + 1 + length)]);
            begin = blank + 1 + length;
        }
        buffer.AsSpan(begin, held - begin).CopyTo(buffer);
        return held - begin;
    }

    private void Keep(byte[] message)
    {
        _messages.Enqueue(message);
        _came.Release();
    }
}
