using System.Buffers.Binary;
using System.Text;

namespace Sluice.Bench.Checks;

/// <summary>ClientHellos as browsers send them.</summary>
internal static class Hellos
{
    /// <summary>517 octets, in one record: a GREASE extension, the name, eleven others and padding (RFC 7685).</summary>
    public static byte[] Of(string name)
    {
        byte[] list = [0, .. Vector(Encoding.ASCII.GetBytes(name))];
        byte[] extensions =
        [
            .. Extension(0x3a3a, []), .. Extension(0, Vector(list)), .. Extension(23, []), .. Extension(0xff01, [0]), .. Extension(10, new byte[10]), .. Extension(11, [1, 0]),
            .. Extension(35, []), .. Extension(16, new byte[14]), .. Extension(5, new byte[5]), .. Extension(13, new byte[18]), .. Extension(51, new byte[43]), .. Extension(45, [1, 1]), .. Extension(43, new byte[7]),
        ];
        byte[] front = [3, 3, .. new byte[32], 32, .. new byte[32], .. Vector(new byte[32]), 1, 0];
        extensions = [.. extensions, .. Extension(21, new byte[512 - 4 - front.Length - 2 - extensions.Length - 4])];
        byte[] body = [.. front, .. Vector(extensions)];
        byte[] message = [1, 0, .. Vector(body)];
        return [22, 3, 1, .. Vector(message)];
    }

    /// <summary>The same message in records of so many octets.</summary>
    public static byte[] InRecords(byte[] hello, int each) => [.. hello[5..].Chunk(each).SelectMany(part => (byte[])[22, 3, 1, .. Vector(part)])];

    private static byte[] Extension(ushort type, byte[] data) => [(byte)(type >> 8), (byte)type, .. Vector(data)];

    private static byte[] Vector(byte[] content)
    {
        var vector = new byte[2 + content.Length];
        BinaryPrimitives.WriteUInt16BigEndian(vector, (ushort)content.Length);
        content.CopyTo(vector, 2);
        return vector;
    }
}
