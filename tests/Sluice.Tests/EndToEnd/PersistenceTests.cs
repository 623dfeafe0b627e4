using System.Text;
using Sluice.Tests.Kit;

namespace Sluice.Tests.EndToEnd;

/// <summary>Which connections last (RFC 9112 s.9.3).</summary>
public class PersistenceTests
{
    private const string Length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
    private const string Chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    private const string Nothing = "HTTP/1.1 204 No Content\r\n\r\n";
    private const string Closing = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";

    public static TheoryData<string, string, string, string, bool, bool> Connections
    {
        get
        {
            var rows = new TheoryData<string, string, string, string, bool, bool>();
            // The client's version and option; whether it is kept by a proxy, by a gateway, if the answer's end can be told.
            foreach (var (version, option, byProxy, byGateway) in new[]
            {
                ("1.1", "", true, true),
                ("1.1", "close", false, false),
                ("1.1", "Close", false, false),
                ("1.1", "keep-alive", true, true),
                ("1.1", "keep-alive, close", false, false),
                ("1.1", "x, close , y", false, false),
                ("1.1", "\"close\"", true, true),
                ("1.0", "", false, false),
                ("1.0", "close", false, false),
                // "A proxy server MUST NOT maintain an HTTP/1.1 persistent connection with an HTTP/1.0 client."
                ("1.0", "keep-alive", false, true),
                ("1.0", "Keep-Alive", false, true),
                ("1.0", "keep-alive, close", false, false),
                // RFC 2616's least version of such kind is read as 1.1 (RFC 9110 s.2.5)
                ("1.2", "", true, true),
            })
            {
                foreach (var (method, answer) in new[] { ("GET", Length), ("GET", Chunks), ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), ("GET", Nothing), ("POST", Length), ("GET", Closing) })
                {
                    var hasEnd = version != "1.0" || answer != Chunks;
                    rows.Add(method, version, option, answer, byProxy && hasEnd, byGateway && hasEnd);
                }
            }
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Connections))]
    public async Task Connection_IsKeptOrClosed(string method, string version, string option, string answer, bool byProxy, bool byGateway)
    {
        await using var origin = ScriptedOrigin.Saying(answer);
        await using (var proxy = await RunningProxy.ForwardAsync())
            await ExpectAsync(proxy, origin.Url(), byProxy);
        await using var gateway = await RunningProxy.ReverseAsync(origin.EndPoint);
        await ExpectAsync(gateway, "/", byGateway);

        async Task ExpectAsync(RunningProxy proxy, string target, bool kept)
        {
            var request = new StringBuilder($"{method} {target} HTTP/{version}\r\nHost: {origin.Authority}\r\n");
            if (option.Length > 0)
                request.Append("Connection: ").Append(option).Append("\r\n");
            if (method == "POST")
                request.Append("Content-Length: 2\r\n");
            request.Append("\r\n").Append(method == "POST" ? "hi" : "");
            await using var client = await proxy.ConnectAsync();
            await client.SendAsync(request.ToString());
            var response = await client.ReadResponseAsync(method);
            Assert.Equal(kept ? (version == "1.0" ? "keep-alive" : null) : "close", response["Connection"]);
            if (!kept)
            {
                await client.ExpectClosedAsync();
                return;
            }
            await client.SendAsync(request.ToString());
            Assert.Equal(response.Text, (await client.ReadResponseAsync(method)).Text);
        }
    }
}
