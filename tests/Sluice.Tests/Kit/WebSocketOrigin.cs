using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>An origin that speaks WebSocket (RFC 6455) and says again what it is told.</summary>
public static class WebSocketOrigin
{
    public static ScriptedOrigin Echo() => ScriptedOrigin.Start(async x =>
    {
        // RFC 6455 s.4.2.2(5.4)
#pragma warning disable CA5350 // SHA-1 is what the RFC says
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(x.Head["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await x.WriteAsync($"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
        using var socket = WebSocket.CreateFromStream(x.Connection.Stream, new WebSocketCreationOptions { IsServer = true });
        using var limit = new CancellationTokenSource(Waiting.Limit);
        while (await ReadTextAsync(socket, limit.Token) is { } text)
            await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, limit.Token);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "bye", limit.Token);
        await x.CloseAsync();
    });

    /// <summary>Null: it was closed.</summary>
    public static async Task<string?> ReadTextAsync(WebSocket socket, CancellationToken limit)
    {
        var message = new MemoryStream();
        var buffer = new byte[16 << 10];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer, limit);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
                return Encoding.UTF8.GetString(message.ToArray());
        }
    }
}
