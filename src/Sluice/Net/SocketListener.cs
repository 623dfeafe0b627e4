// Accepting connections.
//
// What: one bound TCP socket that hands out accepted sockets, one at a time.
// Strategy: accept until the backlog is empty, then wait. An error of accept(2) is an error of one connection or of
// the machine's limits, never of the listener: a connection that died in the backlog is skipped at once; anything
// else (no descriptors, no memory, a network that is down) pauses accepting for 100 ms, during which the kernel's
// backlog holds the newcomers. It pauses likewise before the descriptors run out (Descriptors.cs), holding the one
// connection that it has accepted. Only Unbind or Dispose end it.
// Facts: accept(2) on Linux also reports errors that already lie on the new connection and asks that they be
// treated like EAGAIN; EMFILE and ENFILE leave the connection in the backlog, so that a loop without a pause spins.
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Net;

/// <summary>A bound TCP listener. Safe for several accepting callers.</summary>
public sealed class SocketListener : IDisposable
{
    public const int Backlog = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(1);

    private readonly Socket _socket;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Func<int> _acceptBelow;
    private readonly CancellationTokenSource _unbound = new();
    private long _lastLogged;

    /// <summary>Binds and listens at once. Port 0: the system chooses; <c>[::]</c> also takes IPv4.</summary>
    /// <exception cref="AddressInUseException">Another socket listens there.</exception>
    /// <exception cref="SocketException">The address is not one of this machine, the port needs a privilege ...</exception>
    public SocketListener(IPEndPoint bind, TimeProvider? time = null, ILogger? logger = null)
        : this(bind, time, logger, static () => Descriptors.AcceptBelow)
    {
    }

    internal SocketListener(IPEndPoint bind, TimeProvider? time, ILogger? logger, Func<int> acceptBelow)
    {
        _acceptBelow = acceptBelow;
        _time = time ?? TimeProvider.System;
        _logger = logger ?? NullLogger.Instance;
        _socket = new Socket(bind.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (bind.Address.Equals(IPAddress.IPv6Any))
                _socket.DualMode = true;
            _socket.Bind(bind); // .NET sets SO_REUSEADDR here on Unix
            _socket.Listen(Backlog);
        }
        catch (SocketException error)
        {
            _socket.Dispose();
            if (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
                throw new AddressInUseException($"{bind} is in use: another process listens there.", error);
            throw;
        }
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _lastLogged = _time.GetTimestamp() - _time.TimestampFrequency * 2;
    }

    /// <summary>Where it is really bound, with the port that the system chose.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The next connection, with NoDelay set; null: unbound.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> fired.</exception>
    public async ValueTask<Socket?> AcceptAsync(CancellationToken cancellation = default)
    {
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync(cancellation);
                if (!TrySetNoDelay(socket))
                    continue;
                if (Descriptors.IsBelow(socket, _acceptBelow()) || await WaitForRoomAsync(socket, cancellation))
                    return socket;
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode
                is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted)
            {
            }
            catch (SocketException error)
            {
                await PauseAsync(error.SocketErrorCode, cancellation);
            }
        }
        return null;
    }

    /// <summary>Stops listening; pending accepts return null.</summary>
    public void Unbind()
    {
        _unbound.Cancel();
        _socket.Dispose();
    }

    public void Dispose() => Unbind(); // the token source has no timer: nothing else to free

    /// <summary>Until a next descriptor is low enough again; false: unbound, and the socket is closed.</summary>
    private async ValueTask<bool> WaitForRoomAsync(Socket accepted, CancellationToken cancellation)
    {
        try
        {
            do
                await PauseAsync(SocketError.TooManyOpenSockets, cancellation);
            while (!_unbound.IsCancellationRequested && !Descriptors.NextIsBelow(_acceptBelow()));
        }
        catch (OperationCanceledException)
        {
            accepted.Dispose();
            throw;
        }
        if (!_unbound.IsCancellationRequested)
            return true;
        accepted.Dispose();
        return false;
    }

    private async Task PauseAsync(SocketError error, CancellationToken cancellation)
    {
        if (_time.GetElapsedTime(_lastLogged) >= LogInterval)
        {
            _lastLogged = _time.GetTimestamp();
            NetLog.AcceptPaused(_logger, EndPoint.ToString(), error);
        }
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _unbound.Token);
        await Task.Delay(Pause, _time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>False: the peer is gone already.</summary>
    private static bool TrySetNoDelay(Socket socket)
    {
        try
        {
            socket.NoDelay = true;
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return false;
        }
    }
}
