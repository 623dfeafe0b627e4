using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Sluice.Net;
using Sluice.Net.Linux;
using Sluice.Net.Plain;

namespace Sluice.Tests.Net;

/// <summary>Raw sockets for tests; every wait is bounded.</summary>
internal static partial class Wire
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task Soon(this Task task) => task.WaitAsync(Patience);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Patience);

    public static async Task<Socket> ConnectAsync(IPEndPoint to, int? receiveBuffer = null)
    {
        var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer is { } size)
            socket.ReceiveBufferSize = size;
        await socket.ConnectAsync(to).WaitAsync(Patience);
        return socket;
    }

    /// <summary>Two ends of one connection on loopback.</summary>
    public static async Task<(Socket Near, Socket Far)> PairAsync(int? buffers = null, IPAddress? on = null)
    {
        using var listener = new Socket((on ?? IPAddress.Loopback).AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (buffers is { } size)
            listener.ReceiveBufferSize = listener.SendBufferSize = size;
        listener.Bind(new IPEndPoint(on ?? IPAddress.Loopback, 0));
        listener.Listen();
        var accepting = listener.AcceptAsync();
        var near = await ConnectAsync((IPEndPoint)listener.LocalEndPoint!, buffers);
        return (near, await accepting.WaitAsync(Patience));
    }

    /// <summary>The same with one end as the product has it.</summary>
    public static async Task<(Socket Near, TcpSocket Far)> OwnPairAsync(int? buffers = null, IPAddress? on = null)
    {
        var (near, far) = await PairAsync(buffers, on);
        if (!TcpSocket.UsesEpoll)
            return (near, new PlainSocket(far));
        far.Blocking = false;
        var own = EpollSocket.Adopt(EventLoop.Current, dup((int)far.SafeHandle.DangerousGetHandle()), (IPEndPoint)far.RemoteEndPoint!)!;
        far.Dispose();
        return (near, own);
    }

    [LibraryImport("libc")]
    private static partial int dup(int fd);

    /// <summary>posix_fadvise(2) with POSIX_FADV_DONTNEED: clean pages leave the page cache.</summary>
    public static int Forget(SafeFileHandle file) => posix_fadvise(file, 0, 0, 4);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);

    public static Task SendAsync(this TcpSocket socket, string text) =>
        socket.SendAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Patience);

    /// <summary>Exactly so many bytes.</summary>
    public static async Task<byte[]> ReadAsync(this TcpSocket socket, int count)
    {
        var buffer = new byte[count];
        for (var have = 0; have < count;)
        {
            var n = await socket.ReceiveAsync(buffer.AsMemory(have)).AsTask().WaitAsync(Patience);
            Assert.True(n > 0, $"end after {have} of {count} bytes");
            have += n;
        }
        return buffer;
    }

    public static async Task<byte[]> ReadToEndAsync(this TcpSocket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Patience) is > 0 and var n)
            all.Write(buffer, 0, n);
        return all.ToArray();
    }

    public static Task SendAsync(this Socket socket, string text) =>
        socket.SendAsync(Encoding.Latin1.GetBytes(text)).WaitAsync(Patience);

    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[await socket.SendAsync(bytes).AsTask().WaitAsync(Patience)..];
    }

    /// <summary>Exactly so many bytes.</summary>
    public static async Task<byte[]> ReadAsync(this Socket socket, int count)
    {
        var buffer = new byte[count];
        for (var have = 0; have < count;)
        {
            var n = await socket.ReceiveAsync(buffer.AsMemory(have)).AsTask().WaitAsync(Patience);
            Assert.True(n > 0, $"end after {have} of {count} bytes: {Encoding.Latin1.GetString(buffer, 0, Math.Min(have, 200))}");
            have += n;
        }
        return buffer;
    }

    public static async Task<byte[]> ReadToEndAsync(this Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        while (await socket.ReceiveAsync(buffer.AsMemory()).AsTask().WaitAsync(Patience) is > 0 and var n)
            all.Write(buffer, 0, n);
        return all.ToArray();
    }

    /// <summary>A head with its empty line, byte by byte, so that nothing behind it is taken.</summary>
    public static async Task<string> ReadHeadAsync(this Socket socket)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append((char)(await socket.ReadAsync(1))[0]);
        return head.ToString();
    }

    public static async Task<SocketError> ReadErrorAsync(this Socket socket)
    {
        try
        {
            await socket.ReadToEndAsync();
            return SocketError.Success;
        }
        catch (SocketException error)
        {
            return error.SocketErrorCode;
        }
    }

    public static void Reset(this Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }

    public static byte[] Noise(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
