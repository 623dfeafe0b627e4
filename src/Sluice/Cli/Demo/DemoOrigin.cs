using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Cli.Demo;

/// <summary>An HTTP/1.1 origin that serves documents to GET, an hour fresh, and counts who asked for what.</summary>
internal sealed class DemoOrigin : IAsyncDisposable
{
    private readonly Dictionary<string, Document> _documents;
    private readonly ConcurrentDictionary<string, int> _asked = new();
    private readonly TimeProvider _time;
    private readonly LocalServer _server;

    public DemoOrigin(IEnumerable<Document> documents, TimeProvider time)
    {
        _documents = documents.ToDictionary(document => document.Path);
        _time = time;
        _server = new LocalServer(ServeAsync);
        _server.Start();
    }

    public IPEndPoint EndPoint => _server.EndPoint;

    /// <summary>How many requests for the path came here.</summary>
    public int Asked(string path) => _asked.GetValueOrDefault(path);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(Socket socket)
    {
        var buffer = new byte[16 << 10];
        for (var have = 0; await socket.ReceiveAsync(buffer.AsMemory(have)) is > 0 and var count;)
        {
            have += count;
            while (buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                await AnswerAsync(socket, Encoding.ASCII.GetString(buffer, 0, end));
                buffer.AsSpan((end + 4)..have).CopyTo(buffer);
                have -= end + 4;
            }
        }
    }

    private async Task AnswerAsync(Socket socket, string head)
    {
        var line = head.AsSpan(0, head.IndexOf("\r\n", StringComparison.Ordinal)).ToString().Split(' ');
        _asked.AddOrUpdate(line[1], 1, static (_, count) => count + 1);
        var found = _documents.GetValueOrDefault(line[1]);
        var content = found?.Content ?? [];
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 {(found is null ? "404 Not Found" : "200 OK")}\r\n" +
            $"Date: {_time.GetUtcNow():R}\r\n" +
            $"Content-Type: {found?.ContentType ?? "text/plain"}\r\n" +
            $"Content-Length: {content.Length}\r\n" +
            "Cache-Control: max-age=3600\r\n\r\n"));
        await socket.SendAsync(content);
    }
}
