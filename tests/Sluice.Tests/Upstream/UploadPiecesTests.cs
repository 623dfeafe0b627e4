using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Http;
using Sluice.Net;
using Sluice.Tests.Net;
using Sluice.Upstream;

namespace Sluice.Tests.Upstream;

/// <summary>The request's body on the wire to the upstream, however small the pieces in which it came.</summary>
public sealed class UploadPiecesTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(100, 5)]
    [InlineData(5000, 7)]           // more pieces than one system call takes
    [InlineData(64, 4096)]
    [InlineData(3, 100_000)]
    public async Task BodyInPieces_ArrivesWhole(int pieces, int pieceLength)
    {
        var body = Content(pieces * pieceLength);
        Assert.Equal(body, (await SendAsync(body, pieceLength, body.Length)).Body);
        Assert.Equal(body, Dechunk((await SendAsync(body, pieceLength, null)).Body, out _));
    }

    [Fact]
    public async Task SmallPieces_BecomeOneChunk()
    {
        var body = Content(16 * 4096);
        var (head, sent) = await SendAsync(body, 4096, null);
        Assert.Contains("Transfer-Encoding: chunked", head, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(body, Dechunk(sent, out var chunks));
        Assert.Equal(1, chunks);
    }

    private static byte[] Content(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 31 + (i >> 8)))];

    /// <summary>What a server received: head and the bytes after it.</summary>
    private static async Task<(string Head, byte[] Body)> SendAsync(byte[] body, int pieceLength, long? length)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var receiving = ReceiveAsync(listener, length);
        using var pool = new UpstreamPool(new Dialer(TimeProvider.System), Options, TimeProvider.System);
        await using var reply = await pool.AskAsync(new UpstreamRequest
        {
            To = new Destination(false, new HostPort("127.0.0.1", port)),
            Addresses = AddressRules.Any,
            Method = "POST",
            Target = "/",
            Fields = new FieldList(4),
            Body = new RequestBody(PipeReader.Create(InPieces(body, pieceLength)), length, static () => null),
        }).AsTask().Soon();
        // The answer's head may come before the news that all has been sent; its end does not.
        Assert.True((await reply.ReadBodyAsync().AsTask().Soon()).IsEmpty);
        Assert.Equal(ForwardError.None, reply.Error);
        Assert.Equal(body.Length, reply.BytesUp);
        return await receiving.Soon();
    }

    private static async Task<(string Head, byte[] Body)> ReceiveAsync(Socket listener, long? length)
    {
        using var socket = await listener.AcceptAsync().Soon();
        var received = new List<byte>();
        var block = new byte[64 << 10];
        while (true)
        {
            received.AddRange(block.AsSpan(0, await socket.ReceiveAsync(block).Soon()));
            var all = received.ToArray();
            var headLength = all.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
            var body = all[headLength..];
            if (headLength < 4 || (length is { } octets ? body.Length < octets : !body.AsSpan().EndsWith("\r\n0\r\n\r\n"u8)))
                continue;
            await socket.SendAsync("HTTP/1.1 204 No Content\r\n\r\n");
            return (Encoding.Latin1.GetString(all, 0, headLength), body);
        }
    }

    private static byte[] Dechunk(byte[] coded, out int chunks)
    {
        var body = new List<byte>();
        for (chunks = 0; ; chunks++)
        {
            var line = coded.AsSpan().IndexOf("\r\n"u8);
            var size = Convert.ToInt32(Encoding.ASCII.GetString(coded, 0, line), 16);
            if (size == 0)
                return [.. body];
            body.AddRange(coded.AsSpan(line + 2, size));
            coded = coded[(line + 2 + size + 2)..];
        }
    }

    private static ReadOnlySequence<byte> InPieces(byte[] body, int pieceLength)
    {
        Piece? first = null, last = null;
        for (var at = 0; at < body.Length; at += pieceLength)
        {
            last = new Piece(body.AsMemory(at, pieceLength), last);
            first ??= last;
        }
        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static readonly UpstreamOptions Options = new()
    {
        Connect = Wire.Patience,
        Response = Wire.Patience,
        Body = Wire.Patience,
        KeepAlive = Wire.Patience,
        IdlePerUpstream = 4,
        MaxHeadBytes = 16 << 10,
        MaxFields = 100,
    };

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is null)
                return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }
}
