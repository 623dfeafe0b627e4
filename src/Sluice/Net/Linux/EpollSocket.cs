// A socket in an event loop.
//
// What: one descriptor, two Readinesses (to receive, to send), and the system calls between.
// Strategy: a receive of fewer bytes than there was room for has emptied the kernel's buffer (epoll(7), "edge-triggered"),
// so that the next wait needs no call that fails with EAGAIN. FIN sends no second edge: once it was seen, the socket stays
// ready until the receive of 0.
// The descriptor is closed when nobody is inside a system call with it any more: its number may be another connection's
// a moment later.
// What is sent is in EpollSocket.Sending.cs.
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Sluice.Net.Linux;

internal sealed partial class EpollSocket : TcpSocket, IWatched
{
    private const int Closed = 1 << 30;
    private const uint Events = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    private readonly int _fd;
    private readonly EventLoop _loop;
    private readonly Readiness _input = new();
    private readonly Readiness _output = new();
    private int _uses; // system calls under way, and Closed
    private volatile bool _ended; // FIN, RST or an error is in sight

    private EpollSocket(EventLoop loop, int fd, IPEndPoint? remote)
    {
        _loop = loop;
        _fd = fd;
        RemoteEndPoint = remote;
    }

    int IWatched.Number { get; } = EventLoop.NewNumber();

    public override IPEndPoint? RemoteEndPoint { get; }

    public override IPEndPoint? LocalEndPoint
    {
        get
        {
            if (!TryEnter())
                return null;
            var name = SocketName.OfThisEnd(_fd);
            Leave();
            return name;
        }
    }

    public override bool IsHere => _loop.IsHere;

    // Two are ready when a single stream is copied: the one that sends and the one that receives.
    public override bool IsCrowded => _loop.Crowd > 2;

    public override unsafe bool IsQuiet(bool surely)
    {
        if (_ended)
            return false;
        // Set also by a receive that took all that there was room for, and perhaps all that there was.
        if (!surely && !_input.IsSet)
            return true;
        if (!TryEnter())
            return false;
        byte next;
        var nothing = Libc.recv(_fd, &next, 1, Libc.MSG_PEEK) < 0 && Libc.LastError == Libc.EAGAIN;
        Leave();
        return nothing;
    }

    /// <summary>A connected descriptor, non-blocking, becomes a socket of this loop. Null: no memory for it; it is closed.</summary>
    public static EpollSocket? Adopt(EventLoop loop, int fd, IPEndPoint remote)
    {
        var socket = new EpollSocket(loop, fd, remote);
        if (socket.Watch() == 0)
            return socket;
        socket.Dispose();
        return null;
    }

    public static new async ValueTask<TcpSocket> ConnectAsync(IPEndPoint to, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var socket = Open(to);
        try
        {
            var errno = SocketName.Connect(socket._fd, to);
            if (errno is not 0 and not Libc.EINPROGRESS)
                throw Libc.Exception(errno);
            // After connect(2): before it, a socket reports EPOLLHUP.
            if (socket.Watch() is var failed and not 0)
                throw Libc.Exception(failed);
            if (errno == Libc.EINPROGRESS)
            {
                await using var cancelling = cancellation.UnsafeRegister(static s => ((EpollSocket)s!).Dispose(), socket);
                await socket._output.WaitAsync();
                if (socket._ended)
                    socket.ThrowIfFailed();
            }
            return socket;
        }
        catch (ObjectDisposedException)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    void IWatched.OnReady(EventLoop loop, uint events)
    {
        if ((events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            _ended = true;
        if ((events & (Libc.EPOLLOUT | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            _output.Set();
        if ((events & (Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLHUP | Libc.EPOLLERR)) != 0)
            _input.Set();
    }

    public override ValueTask<bool> WaitToReceiveAsync() => _input.WaitAsync();

    public override void CancelWait() => _input.Cancel();

    public override ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        if (!_input.IsSet)
            return ReceiveLaterAsync(into);
        try
        {
            return TryReceive(into.Span) is { } received ? new ValueTask<int>(received) : ReceiveLaterAsync(into);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(e);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveLaterAsync(Memory<byte> into)
    {
        while (true)
        {
            await _input.WaitAsync();
            if (TryReceive(into.Span) is { } received)
                return received;
        }
    }

    /// <summary>Null: nothing there.</summary>
    private unsafe int? TryReceive(Span<byte> into)
    {
        Enter();
        _input.Clear();
        nint received;
        fixed (byte* start = into)
            received = Libc.recv(_fd, start, (nuint)into.Length, 0);
        var errno = received < 0 ? Libc.LastError : 0;
        Leave();
        if (received == into.Length || errno == Libc.EINTR || _ended)
            _input.Set();
        return errno switch
        {
            0 => (int)received,
            Libc.EAGAIN or Libc.EINTR => null,
            _ => throw Libc.Exception(errno),
        };
    }

    public override bool TryShutdownSend()
    {
        if (!TryEnter())
            return false;
        var done = Libc.shutdown(_fd, Libc.SHUT_WR) == 0;
        Leave();
        return done;
    }

    public override unsafe void Reset()
    {
        if (TryEnter())
        {
            long onAndZero = BitConverter.IsLittleEndian ? 1 : 1L << 32; // struct linger { 1, 0 }
            _ = Libc.setsockopt(_fd, Libc.SOL_SOCKET, Libc.SO_LINGER, &onAndZero, 8);
            Leave();
        }
        Dispose();
    }

    public override void Dispose()
    {
        if ((Interlocked.Or(ref _uses, Closed) & Closed) != 0)
            return;
        if (Interlocked.CompareExchange(ref _uses, Closed | int.MinValue, Closed) == Closed)
            Close();
        _input.Dispose();
        _output.Dispose();
    }

    public override Turn NextTurn() => _loop.NextTurn;

    private static unsafe EpollSocket Open(IPEndPoint to)
    {
        var family = to.AddressFamily == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;
        var fd = Libc.socket(family, Libc.SOCK_STREAM | Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0)
            throw Libc.Exception(Libc.LastError);
        var socket = new EpollSocket(EventLoop.Current, fd, to);
        if (!Descriptors.IsBelow(fd, Descriptors.DialBelow))
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }
        var yes = 1;
        _ = Libc.setsockopt(fd, Libc.IPPROTO_TCP, Libc.TCP_NODELAY, &yes, sizeof(int));
        return socket;
    }

    private unsafe void ThrowIfFailed()
    {
        Enter();
        int errno = 0, length = sizeof(int);
        _ = Libc.getsockopt(_fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &errno, &length);
        Leave();
        if (errno != 0)
            throw Libc.Exception(errno);
    }

    private int Watch() => _loop.Add(_fd, this, Events);

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(!TryEnter(), typeof(TcpSocket));
    }

    private bool TryEnter()
    {
        if ((Interlocked.Increment(ref _uses) & Closed) == 0)
            return true;
        Leave();
        return false;
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _uses) == Closed
            && Interlocked.CompareExchange(ref _uses, Closed | int.MinValue, Closed) == Closed)
            Close();
    }

    private void Close()
    {
        EventLoop.Forget(_fd);
        _ = Libc.close(_fd);
    }
}
