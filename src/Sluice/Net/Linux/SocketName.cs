using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Net.Linux;

/// <summary>struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)).</summary>
internal static unsafe class SocketName
{
    public const int MostBytes = 28;
    private const int Ip4Bytes = 16;

    /// <summary>0, or the errno.</summary>
    public static int Connect(int fd, IPEndPoint to)
    {
        var name = stackalloc byte[MostBytes];
        var length = Write(to, new Span<byte>(name, MostBytes));
        return Libc.connect(fd, name, length) == 0 ? 0 : Libc.LastError;
    }

    /// <summary>The new descriptor, non-blocking, and its peer; or -1 and errno.</summary>
    public static int Accept(int fd, out IPEndPoint remote)
    {
        var name = stackalloc byte[MostBytes];
        var length = MostBytes;
        var accepted = Libc.accept4(fd, name, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        remote = accepted < 0 ? null! : Read(new ReadOnlySpan<byte>(name, length));
        return accepted;
    }

    public static IPEndPoint? OfThisEnd(int fd)
    {
        var name = stackalloc byte[MostBytes];
        var length = MostBytes;
        return Libc.getsockname(fd, name, &length) == 0 ? Read(new ReadOnlySpan<byte>(name, length)) : null;
    }

    private static int Write(IPEndPoint of, Span<byte> into)
    {
        into.Clear();
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)of.Port);
        var isIp6 = of.AddressFamily == AddressFamily.InterNetworkV6;
        // The family is in the machine's order.
        BitConverter.TryWriteBytes(into, (ushort)(isIp6 ? Libc.AF_INET6 : Libc.AF_INET));
        of.Address.TryWriteBytes(into[(isIp6 ? 8 : 4)..], out _);
        if (isIp6)
            BitConverter.TryWriteBytes(into[24..], (uint)of.Address.ScopeId);
        return isIp6 ? MostBytes : Ip4Bytes;
    }

    private static IPEndPoint Read(ReadOnlySpan<byte> name)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(name[2..]);
        return new IPEndPoint(name.Length < MostBytes
            ? new IPAddress(name[4..8])
            : new IPAddress(name[8..24], BitConverter.ToUInt32(name[24..])), port);
    }
}
