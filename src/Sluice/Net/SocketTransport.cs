// Kestrel on our sockets: its listener factory, over SocketListener and SocketConnection.
using System.Net;
using System.Threading.Channels;
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

    private sealed class Listener : IConnectionListener
    {
        private readonly SocketListener _listener;
        private readonly Channel<TcpSocket> _accepted = Channel.CreateUnbounded<TcpSocket>(
            new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });
        private readonly TimeProvider _time;
        private readonly ILogger _logger;

        public Listener(SocketListener listener, TimeProvider time, ILogger logger)
        {
            _listener = listener;
            _time = time;
            _logger = logger;
            _ = AcceptAsync();
        }

        public EndPoint EndPoint => _listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
                if (_accepted.Reader.TryRead(out var socket))
                    return SocketConnection.Start(socket, _time, _logger);
            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _listener.Unbind();
            return default;
        }

        public ValueTask DisposeAsync()
        {
            _listener.Dispose();
            return default;
        }

        private async Task AcceptAsync()
        {
            await _listener.AcceptAsync(socket => _accepted.Writer.TryWrite(socket));
            _accepted.Writer.TryComplete();
        }
    }
}
