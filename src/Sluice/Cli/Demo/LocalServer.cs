using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Cli.Demo;

/// <summary>Accepts on a free port of the loopback address and hands each connection to <paramref name="serve"/>,
/// until it is disposed.</summary>
/// <param name="serve">Carries one connection; whatever ends the connection may be thrown.</param>
internal sealed class LocalServer(Func<Socket, Task> serve) : IAsyncDisposable
{
    private readonly Socket _listening = Listen();
    private readonly ConcurrentDictionary<Socket, Task> _open = new();
    private Task _accepting = Task.CompletedTask;

    public IPEndPoint EndPoint => (IPEndPoint)_listening.LocalEndPoint!;

    public void Start() => _accepting = AcceptAsync();

    /// <summary>Closes what is still open.</summary>
    public async ValueTask DisposeAsync()
    {
        _listening.Dispose();
        await _accepting;
        foreach (var socket in _open.Keys)
            socket.Dispose();
        await Task.WhenAll(_open.Values);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listening.AcceptAsync();
                socket.NoDelay = true;
                // On the pool, so that the connection is in the table before it can end.
                _open[socket] = Task.Run(() => ServeAsync(socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed: the only way to stop accepting.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await serve(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client is gone, or we are: nobody is left to tell.
        }
        socket.Dispose();
    }

    private static Socket Listen()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        return socket;
    }
}
