// Syslog over TCP.
//
// What: messages that are not lost when the server goes away for a while, although syslog knows no answer that says "I have it".
// Strategy: after each batch it waits until the server's TCP has acknowledged the last octet, which a server that reads does at once. When the connection breaks before that,
//   the kernel knows how much was acknowledged: the messages of which all was are there, the others are sent again over the next connection, from their beginning.
// Facts: a message that was torn by the break ends with its connection, as its count of octets says. Where the kernel does not tell what was acknowledged (not Linux), the
//   whole batch is sent again. What the server's TCP has acknowledged and the server then does not read is lost: RFC 6587 has no remedy for that.
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Records.Syslog;

/// <summary>TCP with octet counting (RFC 6587 s.3.4.1).</summary>
internal sealed class TcpTransport(SyslogOptions options, TimeProvider time) : ISyslogTransport
{
    /// <summary>How long the other side may do nothing.</summary>
    public const int PatienceMs = 5_000;

    // What rsyslog takes without being told.
    private const int Longest = 8192;

    private const int PollMicroseconds = 1_000;
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int BytesAcked = 120;

    private readonly byte[] _ignored = new byte[256];
    private readonly byte[] _info = new byte[BytesAcked + sizeof(ulong)];
    private Socket? _socket;
    private long _acknowledgedBefore;

    public int LongestMessage => Longest;

    public bool CountsOctets => true;

    public void Send(ReadOnlySpan<byte> messages, ReadOnlySpan<int> ends, ref int sent)
    {
        if (_socket is { } former && IsClosed(former))
            Reset();
        Socket? socket = null;
        try
        {
            socket = _socket ??= Connect();
            _acknowledgedBefore = Acknowledged(socket) ?? 0;
            for (var handed = 0; handed < messages.Length;)
                handed += socket.Send(messages[handed..]);
            AwaitAcknowledged(socket, messages.Length);
            sent = ends.Length;
        }
        catch (SocketException e)
        {
            var there = socket is null ? 0 : (Acknowledged(socket) ?? 0) - _acknowledgedBefore;
            while (sent < ends.Length && ends[sent] <= there)
                sent++;
            Break();
            throw new IOException(e.Message, e);
        }
    }

    public void Reset()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public void Dispose() => Reset();

    /// <summary>What is not acknowledged goes over the next connection: this one is not to deliver it as well.</summary>
    private void Break()
    {
        if (_socket is { } socket)
            socket.LingerState = new LingerOption(true, 0);
        Reset();
    }

    private void AwaitAcknowledged(Socket socket, int count)
    {
        var (last, since, hasEnded) = (_acknowledgedBefore, time.GetTimestamp(), false);
        while (Acknowledged(socket) is { } acknowledged && acknowledged - _acknowledgedBefore < count)
        {
            if (acknowledged > last)
                (last, since) = (acknowledged, time.GetTimestamp());
            else if (time.GetElapsedTime(since).TotalMilliseconds > PatienceMs)
                throw new SocketException((int)SocketError.TimedOut);
            // A server that has sent FIN may read on; one that does not resets the connection.
            if (!hasEnded)
                hasEnded = socket.Poll(PollMicroseconds, SelectMode.SelectRead) && socket.Receive(_ignored) == 0;
            else if (socket.Poll(PollMicroseconds, SelectMode.SelectError))
                throw new SocketException((int)SocketError.ConnectionReset);
        }
    }

    /// <summary>The server has closed: what would be sent now would reach nobody.</summary>
    private bool IsClosed(Socket socket)
    {
        try
        {
            while (socket.Poll(0, SelectMode.SelectRead))
                if (socket.Receive(_ignored) == 0)
                    return true;
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Octets that the other side's TCP has acknowledged on this connection (tcpi_bytes_acked of Linux' tcp(7)); null: not known here.</summary>
    private long? Acknowledged(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, _info) == _info.Length ? BinaryPrimitives.ReadInt64LittleEndian(_info.AsSpan(BytesAcked)) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private Socket Connect()
    {
        var (host, port) = options.Host!.Value;
        SocketException? failed = null;
        foreach (var address in Dns.GetHostAddresses(host))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = PatienceMs };
            try
            {
                Connect(socket, new IPEndPoint(address, port));
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                failed = e;
            }
        }
        throw failed ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static void Connect(Socket socket, IPEndPoint to)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(to);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            if (!socket.Poll(PatienceMs * 1000, SelectMode.SelectWrite))
                throw new SocketException((int)SocketError.TimedOut);
            if ((int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! is not 0 and var error)
                throw new SocketException(error);
        }
        socket.Blocking = true;
    }
}
