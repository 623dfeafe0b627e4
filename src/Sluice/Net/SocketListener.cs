// Accepting connections.
//
// What: one bound TCP socket that hands out accepted sockets.
// Strategy: accept until the backlog is empty, then wait; on Linux in all event loops at once (Linux/Acceptor.cs). An error of accept(2) is an error of one connection or of
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
using Sluice.Net.Linux;
using Sluice.Net.Plain;

namespace Sluice.Net;

/// <summary>A bound TCP listener.</summary>
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
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _pauses;
    private Acceptor? _acceptor;
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
            // Accepted sockets inherit it (tcp(7)).
            _socket.NoDelay = true;
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

    /// <summary>Hands each new connection, NoDelay, to <paramref name="accepted"/>, which must not block: it runs on the
    /// thread that receives for the connection. Call once. Completes when unbound.</summary>
    public Task AcceptAsync(Action<TcpSocket> accepted)
    {
        if (!TcpSocket.UsesEpoll)
            return AcceptOneByOneAsync(accepted);
        _socket.Blocking = false;
        _acceptor = new Acceptor(_socket, fd => Descriptors.IsBelow(fd, _acceptBelow()), accepted,
            (held, error) => _ = ResumeAsync(held, error, accepted));
        StartUnlessUnbound();
        return _ended.Task;
    }

    /// <summary>Stops listening.</summary>
    public void Unbind()
    {
        lock (_unbound)
        {
            if (_unbound.IsCancellationRequested)
                return;
            _acceptor?.Stop();
            _socket.Dispose();
            _ended.TrySetResult();
            _unbound.CancelAsync();
        }
    }

    public void Dispose() => Unbind(); // the token source has no timer: nothing else to free

    private async Task AcceptOneByOneAsync(Action<TcpSocket> accepted)
    {
        while (!_unbound.IsCancellationRequested)
        {
            try
            {
                var socket = await _socket.AcceptAsync();
                if (!TrySetNoDelay(socket))
                    continue;
                var plain = new PlainSocket(socket);
                if (Descriptors.IsBelow(socket.SafeHandle.DangerousGetHandle(), _acceptBelow()) || await WaitForRoomAsync())
                    accepted(plain);
                else
                    plain.Dispose();
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (_unbound.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode
                is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted)
            {
            }
            catch (SocketException error)
            {
                await PauseAsync(error.SocketErrorCode);
            }
        }
    }

    /// <summary>A burst has ended for want of room, or with an error: no loop accepts until this has waited.</summary>
    private async Task ResumeAsync(TcpSocket? held, SocketError error, Action<TcpSocket> accepted)
    {
        if (Interlocked.Increment(ref _pauses) == 1)
            _acceptor!.Stop();
        if (held is null)
            await PauseAsync(error);
        else if (await WaitForRoomAsync())
            accepted(held);
        else
            held.Dispose();
        if (Interlocked.Decrement(ref _pauses) == 0)
            StartUnlessUnbound();
    }

    private void StartUnlessUnbound()
    {
        lock (_unbound)
            if (!_unbound.IsCancellationRequested)
                _acceptor!.Start();
    }

    /// <summary>Until a next descriptor is low enough again; false: unbound.</summary>
    private async ValueTask<bool> WaitForRoomAsync()
    {
        do
            await PauseAsync(SocketError.TooManyOpenSockets);
        while (!_unbound.IsCancellationRequested && !Descriptors.NextIsBelow(_acceptBelow()));
        return !_unbound.IsCancellationRequested;
    }

    private async Task PauseAsync(SocketError error)
    {
        if (_time.GetElapsedTime(_lastLogged) >= LogInterval)
        {
            _lastLogged = _time.GetTimestamp();
            NetLog.AcceptPaused(_logger, EndPoint.ToString(), error);
        }
        await Task.Delay(Pause, _time, _unbound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
