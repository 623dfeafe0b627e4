using System.Net;
using System.Net.Sockets;

namespace Sluice.Records.Syslog;

/// <summary>One datagram for each message: UDP (RFC 5426), or a Unix socket such as <c>/dev/log</c>. What is lost on the way nobody learns of,
/// but for a port where nobody listens: the network says so with one of the next messages.</summary>
internal sealed class DatagramTransport(SyslogOptions options) : ISyslogTransport
{
    // RFC 5426 s.3.2: what a receiver should take. A local one takes what rsyslog and its kin do.
    private const int Network = 2048;
    private const int Local = 8192;

    private Socket? _socket;

    public int LongestMessage => options.Host is null ? Local : Network;

    public bool CountsOctets => false;

    public void Send(ReadOnlySpan<byte> messages, ReadOnlySpan<int> ends, ref int sent)
    {
        try
        {
            var socket = _socket ??= Connect();
            for (var begin = 0; sent < ends.Length; begin = ends[sent++])
                socket.Send(messages[begin..ends[sent]]);
        }
        catch (SocketException e)
        {
            Reset();
            throw new IOException(e.Message, e);
        }
    }

    public void Reset()
    {
        _socket?.Dispose();
        _socket = null;
    }

    public void Dispose() => Reset();

    private Socket Connect()
    {
        EndPoint to = options.Path is { } path ? new UnixDomainSocketEndPoint(path) : new IPEndPoint(Dns.GetHostAddresses(options.Host!.Value.Host)[0], options.Host.Value.Port);
        var socket = new Socket(to.AddressFamily, SocketType.Dgram, to is IPEndPoint ? ProtocolType.Udp : ProtocolType.Unspecified) { SendTimeout = TcpTransport.PatienceMs };
        try
        {
            socket.Connect(to);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
