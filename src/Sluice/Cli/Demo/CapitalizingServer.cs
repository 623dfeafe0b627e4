using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Cli.Demo;

/// <summary>Answers every octet with its capital. A request is as long as its answer, so no message needs an end here.</summary>
internal sealed class CapitalizingServer : IAsyncDisposable
{
    private readonly LocalServer _server = new(ServeAsync);

    public CapitalizingServer() => _server.Start();

    public IPEndPoint EndPoint => _server.EndPoint;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) is > 0 and var count)
        {
            Ascii.ToUpperInPlace(buffer.AsSpan(0, count), out _);
            await socket.SendAsync(buffer.AsMemory(0, count));
        }
    }
}
