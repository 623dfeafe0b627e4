using Microsoft.AspNetCore.Connections;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>What all exchanges of one client connection share; a feature of the connection.</summary>
internal sealed class ClientConnection(ListenerGate listener, SocketConnection socket, TimeSpan halfClosed)
{
    private UpstreamRequest? _asking;

    public ListenerGate Listener => listener;

    public SocketConnection Socket => socket;

    /// <summary>The exchange that is under way; null between two.</summary>
    public Exchange? Current { get; set; }

    /// <summary>The request that waits for an upstream's head. A client that sends FIN meanwhile may have gone or may only
    /// have finished its side: it gets its answer if that begins soon.</summary>
    public UpstreamRequest? Asking
    {
        set
        {
            Volatile.Write(ref _asking, value);
            if (socket.ClientFinished)
                value?.ShortenTo(halfClosed);
        }
    }

    /// <summary>Connection middleware: puts one before the connection's requests.</summary>
    public static ConnectionDelegate Before(ConnectionDelegate next, ListenerGate listener, LimitOptions limits) => connection =>
    {
        var client = new ClientConnection(listener, connection.Features.Get<SocketConnection>()!, limits.HalfClosed);
        connection.Features.Set(client);
        _ = client.WatchAsync();
        return next(connection);
    };

    private async Task WatchAsync()
    {
        await socket.WhenClientFinished;
        Volatile.Read(ref _asking)?.ShortenTo(halfClosed);
    }
}
