// Kestrel on our sockets: its listener factory, over SocketListener and SocketConnection.
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Sluice.Net;

/// <summary>The transport under Kestrel: plain TCP, one <see cref="SocketConnection"/> per accepted socket.</summary>
/// <param name="listen">Gives the listener of an address, bound already; null: binds itself.</param>
public sealed class SocketTransport(
    ILoggerFactory? loggers = null, TimeProvider? time = null, Func<IPEndPoint, SocketListener>? listen = null)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly ILogger _logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger<SocketTransport>();
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    /// <exception cref="AddressInUseException">Another socket listens there.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new(new Listener(
            listen?.Invoke((IPEndPoint)endpoint) ?? new SocketListener((IPEndPoint)endpoint, _time, _logger), _time, _logger));

    private sealed class Listener(SocketListener listener, TimeProvider time, ILogger logger) : IConnectionListener
    {
        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await listener.AcceptAsync(cancellationToken) is { } socket)
                if (SocketConnection.TryStart(socket, time, logger) is { } connection)
                    return connection;
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            listener.Unbind();
            return default;
        }

        public ValueTask DisposeAsync()
        {
            listener.Dispose();
            return default;
        }
    }
}
