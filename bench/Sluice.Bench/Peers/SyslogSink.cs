using System.Net.Sockets;

namespace Sluice.Bench.Peers;

/// <summary>The local syslog daemon that HAProxy logs to: a process of its own that receives datagrams on a Unix socket
/// and appends them to a file as lines. Its CPU is shown but not counted as HAProxy's.</summary>
internal static class SyslogSink
{
    public const string Command = "syslog-sink";

    private const int MaxDatagramBytes = 8 << 10;
    private const string QueueLength = "/proc/sys/net/unix/max_dgram_qlen";

    public static int Run(string path, string file)
    {
        File.Delete(path);
        using var socket = Open(path);
        using var log = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 64 << 10);
        var datagram = new byte[MaxDatagramBytes];
        while (true)
        {
            var length = socket.Receive(datagram);
            while (length > 0 && datagram[length - 1] is (byte)'\n' or 0)
                length--;
            datagram[length] = (byte)'\n';
            log.Write(datagram, 0, length + 1);
            if (socket.Available == 0)
                log.Flush();
        }
    }

    /// <summary>A socket takes its queue's length from the system's setting when it is made: 10 in the kernel, 512 where systemd
    /// booted the machine. With 10 HAProxy loses half of its lines, so 512 holds here for that moment.</summary>
    private static Socket Open(string path)
    {
        var before = File.ReadAllText(QueueLength);
        try
        {
            SetQueueLength("512");
            var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(path));
            return socket;
        }
        finally
        {
            SetQueueLength(before);
        }
    }

    private static void SetQueueLength(string length)
    {
        try
        {
            File.WriteAllText(QueueLength, length);
        }
        catch (UnauthorizedAccessException)
        {
            // Not root: the report's share of log lines shows what is lost.
        }
    }
}
