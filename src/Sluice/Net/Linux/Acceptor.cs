using System.Net.Sockets;

namespace Sluice.Net.Linux;

/// <summary>A listening socket in every loop: whichever is free takes the newcomers (EPOLLEXCLUSIVE), in bursts, and keeps them.</summary>
/// <param name="mayTake">Whether there is room for this descriptor.</param>
/// <param name="accepted">Gets each connection, on its loop.</param>
/// <param name="held">Gets what ended a burst: an error, or a connection that there is no room for; accepting is off until
/// <see cref="Start"/>.</param>
internal sealed class Acceptor(Socket listening, Func<int, bool> mayTake, Action<TcpSocket> accepted, Action<TcpSocket?, SocketError> held) : IWatched
{
    private const int Burst = 64;

    public int Number { get; } = EventLoop.NewNumber();

    public void Start()
    {
        var fd = (int)listening.SafeHandle.DangerousGetHandle();
        foreach (var loop in EventLoop.All)
            _ = loop.Add(fd, this, Libc.EPOLLIN | Libc.EPOLLEXCLUSIVE);
    }

    public void Stop()
    {
        var fd = (int)listening.SafeHandle.DangerousGetHandle();
        foreach (var loop in EventLoop.All)
            loop.Remove(fd);
        EventLoop.Forget(fd);
    }

    public void OnReady(EventLoop loop, uint events)
    {
        // The number must not become another listener's during this call.
        var inUse = false;
        try
        {
            listening.SafeHandle.DangerousAddRef(ref inUse);
            AcceptBurst(loop, (int)listening.SafeHandle.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            // Unbound.
        }
        finally
        {
            if (inUse)
                listening.SafeHandle.DangerousRelease();
        }
    }

    private void AcceptBurst(EventLoop loop, int listener)
    {
        for (var i = 0; i < Burst; i++)
        {
            var fd = SocketName.Accept(listener, out var remote);
            if (fd < 0 && Libc.LastError is var errno)
            {
                if (errno == Libc.EAGAIN)
                    return;
                // An error that lies on the new connection already: accept(2) asks to go on.
                if (Libc.Of(errno) is SocketError.Interrupted or SocketError.ConnectionAborted or SocketError.ConnectionReset)
                    continue;
                held(null, Libc.Of(errno));
                return;
            }
            if (EpollSocket.Adopt(loop, fd, remote) is not { } socket)
                continue;
            if (mayTake(fd))
            {
                accepted(socket);
                continue;
            }
            held(socket, SocketError.TooManyOpenSockets);
            return;
        }
    }
}
