using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>Frames of HTTP/2 (RFC 9113 s.4, s.6) for a server that says whatever the test wants, also what no library would.</summary>
public static class RawHttp2
{
    private const int PrefaceLength = 24;

    private static readonly string Settings = Encoding.Latin1.GetString(Frame(4, 0, 0, []));

    /// <summary>Reads the client's preface, says SETTINGS or what is given instead, and reads until a request's head is there. Its stream.</summary>
    public static async Task<int> BeginAsync(RawConnection connection, string? says = null)
    {
        await connection.ReadExactlyAsync(PrefaceLength);
        await connection.SendAsync(says ?? Settings);
        return await NextStreamAsync(connection);
    }

    /// <summary>The stream of the next request.</summary>
    public static async Task<int> NextStreamAsync(RawConnection connection)
    {
        while (true)
        {
            var (type, stream, _) = await ReadFrameAsync(connection);
            if (type == 1)
                return stream;
        }
    }

    /// <summary>Reads frames until so many octets of content have come.</summary>
    public static async Task ReadDataAsync(RawConnection connection, int octets)
    {
        while (octets > 0)
            if (await ReadFrameAsync(connection) is { Type: 0 } data)
                octets -= data.Length;
        Assert.Equal(0, octets);
    }

    public static byte[] Headers(int stream, bool end, params (string Name, string Value)[] fields)
    {
        // RFC 7541 s.6.2.2: literal without indexing, new name, no Huffman code
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            Put(block, name);
            Put(block, value);
        }
        return Frame(1, (byte)(4 | (end ? 1 : 0)), stream, [.. block]);
    }

    public static byte[] Data(int stream, bool end, string text) => Frame(0, (byte)(end ? 1 : 0), stream, Encoding.Latin1.GetBytes(text));

    public static byte[] Reset(int stream, byte code) => Frame(3, 0, stream, [0, 0, 0, code]);

    /// <param name="last">The last stream that was, or may have been, processed.</param>
    public static byte[] GoAway(byte last, byte code) => Frame(7, 0, 0, [0, 0, 0, last, 0, 0, 0, code]);

    private static async Task<(byte Type, int Stream, int Length)> ReadFrameAsync(RawConnection connection)
    {
        var head = await connection.ReadExactlyAsync(9);
        var length = head[0] << 16 | head[1] << 8 | head[2];
        await connection.ReadExactlyAsync(length);
        return (head[3], head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8], length);
    }

    private static byte[] Frame(byte type, byte flags, int stream, byte[] payload) =>
    [
        (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, flags,
        (byte)(stream >> 24), (byte)(stream >> 16), (byte)(stream >> 8), (byte)stream, .. payload,
    ];

    // RFC 7541 s.5.2, s.5.1
    private static void Put(List<byte> block, string text)
    {
        var length = text.Length;
        if (length < 127)
            block.Add((byte)length);
        else
        {
            block.Add(127);
            for (length -= 127; length >= 128; length >>= 7)
                block.Add((byte)(length & 127 | 128));
            block.Add((byte)length);
        }
        block.AddRange(Encoding.Latin1.GetBytes(text));
    }
}
