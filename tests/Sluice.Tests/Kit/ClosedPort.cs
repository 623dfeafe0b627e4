using System.Net;
using System.Net.Sockets;

namespace Sluice.Tests.Kit;

/// <summary>A port of 127.0.0.1 that refuses connections, and that nobody else gets meanwhile: bound, but nobody listens.</summary>
public sealed class ClosedPort : IDisposable
{
    private readonly Socket _bound = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public IPEndPoint EndPoint => (IPEndPoint)_bound.LocalEndPoint!;

    public int Port => EndPoint.Port;

    public void Dispose() => _bound.Dispose();
}
