using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Sluice.Cli.Demo;

/// <summary>What the demo's origin serves under one path.</summary>
internal sealed record Document(string Path, string ContentType, byte[] Content)
{
    private const int Side = 256;
    private const int LargeBytes = 32 << 20;

    public byte[] Sha256 { get; } = SHA256.HashData(Content);

    public static Document Text() => new("/text.txt", "text/plain", Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Range(1, 100).Select(line => $"Line {line} of a text that passes the sluice.\n"))));

    public static Document Secret() => new("/secret.txt", "text/plain", "Nobody may read this.\n"u8.ToArray());

    public static Document Large()
    {
        var content = new byte[LargeBytes];
        new Random(1).NextBytes(content);
        return new Document("/large.bin", "application/octet-stream", content);
    }

    /// <summary>A colour gradient as PNG (RFC 2083): signature, header, pixels, end.</summary>
    public static Document Image()
    {
        using var pixels = new MemoryStream();
        using (var packed = new ZLibStream(pixels, CompressionLevel.Optimal, leaveOpen: true))
            for (var y = 0; y < Side; y++)
            {
                packed.WriteByte(0); // s.6.1: this row is not filtered
                for (var x = 0; x < Side; x++)
                    packed.Write([(byte)x, (byte)y, (byte)(255 - x)]);
            }
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, Side);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], Side);
        header[8] = 8; // bits a sample
        header[9] = 2; // red, green, blue
        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a]);
        WriteChunk(png, "IHDR"u8, header);
        WriteChunk(png, "IDAT"u8, pixels.GetBuffer().AsSpan(0, (int)pixels.Length));
        WriteChunk(png, "IEND"u8, []);
        return new Document("/image.png", "image/png", png.ToArray());
    }

    private static void WriteChunk(MemoryStream png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        png.Write(number);
        png.Write(type);
        png.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        png.Write(number);
    }

    // RFC 2083 s.15: the CRC of type and data.
    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var octet in data)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }
        return crc;
    }
}
