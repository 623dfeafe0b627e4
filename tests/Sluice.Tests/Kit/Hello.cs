using System.Buffers.Binary;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>ClientHellos written by hand (RFC 8446 s.4.1.2): nothing here is shared with the product.</summary>
public static class Hello
{
    public const ushort ServerName = 0;
    public const ushort Ech = 0xfe0d;

    /// <summary>As a browser's, for that name; null: none.</summary>
    public static byte[] For(string? name, params byte[][] more) =>
        Record(Message([Extension(0x0a0a, []), .. name is null ? [] : new[] { Sni(name) }, Extension(43, [4, 3, 4, 3, 3]), .. more]));

    public static byte[] Sni(string name) => Extension(ServerName, Vector16(HostName(name)));

    public static byte[] HostName(string name, byte type = 0) => [type, .. Vector16(Encoding.Latin1.GetBytes(name))];

    /// <summary>Of the outer form, filled with noise: GREASE or true, nobody can tell (RFC 9849 s.6.2).</summary>
    public static byte[] GreaseEch() =>
        Extension(Ech, [0, 0, 1, 0, 1, 0x5a, .. Vector16([.. Enumerable.Range(1, 32).Select(i => (byte)(i * 7))]), .. Vector16([.. Enumerable.Range(1, 144).Select(i => (byte)(i * 11))])]);

    public static byte[] Extension(ushort type, byte[] data) => [(byte)(type >> 8), (byte)type, .. Vector16(data)];

    /// <summary>The handshake message, with its header.</summary>
    /// <param name="extensions">Null: not even their length.</param>
    public static byte[] Message(byte[][]? extensions, byte type = 1)
    {
        byte[] body =
        [
            3, 3, .. new byte[32], 32, .. new byte[32], .. Vector16([0x13, 1, 0x13, 2]), 1, 0,
            .. extensions is null ? [] : Vector16([.. extensions.SelectMany(e => e)]),
        ];
        return [type, (byte)(body.Length >> 16), (byte)(body.Length >> 8), (byte)body.Length, .. body];
    }

    public static byte[] Record(byte[] content, byte type = 22) => [type, 3, 1, .. Vector16(content)];

    /// <summary>The message in records of so many octets.</summary>
    public static byte[] Records(byte[] message, int each) => [.. message.Chunk(each).SelectMany(part => Record(part))];

    public static byte[] Vector16(byte[] content)
    {
        var vector = new byte[2 + content.Length];
        BinaryPrimitives.WriteUInt16BigEndian(vector, (ushort)content.Length);
        content.CopyTo(vector, 2);
        return vector;
    }
}
