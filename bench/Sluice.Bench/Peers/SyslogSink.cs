using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>The local syslog daemon that HAProxy logs to: a process of its own that receives datagrams on a Unix socket
/// and appends them to a file as lines. Its CPU is shown but not counted as HAProxy's.</summary>
internal static class SyslogSink
{
    public const string Command = "syslog-sink";

    private const int MaxDatagramBytes = 8 << 10;

    public static async Task<int> RunAsync(string path, string file)
    {
        File.Delete(path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.ReceiveBufferSize = 8 << 20;
        socket.Bind(new UnixDomainSocketEndPoint(path));
        using var log = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 64 << 10);
        var datagram = new byte[MaxDatagramBytes];
        while (true)
        {
            var length = await socket.ReceiveAsync(datagram, SocketFlags.None);
            while (length > 0 && datagram[length - 1] is (byte)'\n' or 0)
                length--;
            datagram[length] = (byte)'\n';
            log.Write(datagram, 0, length + 1);
            if (socket.Available == 0)
                log.Flush();
        }
    }
}
