using System.Buffers.Binary;
using System.Text;

namespace Sluice.Tests.Kit;

/// <summary>A message of protobuf, as its fields lie in it: enough to read what OTLP says.</summary>
internal sealed class ProtobufReader
{
    private readonly List<(int Number, ulong Value, ReadOnlyMemory<byte> Octets)> _fields = [];

    public ProtobufReader(ReadOnlyMemory<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message.Span, ref at);
            var (number, type) = ((int)(key >> 3), (int)(key & 7));
            switch (type)
            {
                case 0:
                    _fields.Add((number, Varint(message.Span, ref at), default));
                    break;
                case 1:
                    _fields.Add((number, BinaryPrimitives.ReadUInt64LittleEndian(message.Span[at..]), default));
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message.Span, ref at);
                    _fields.Add((number, 0, message.Slice(at, length)));
                    at += length;
                    break;
                case 5:
                    _fields.Add((number, BinaryPrimitives.ReadUInt32LittleEndian(message.Span[at..]), default));
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {type}");
            }
        }
    }

    public IEnumerable<ProtobufReader> Messages(int number) => _fields.Where(f => f.Number == number).Select(f => new ProtobufReader(f.Octets));

    public ulong Number(int number) => _fields.LastOrDefault(f => f.Number == number).Value;

    public string Text(int number) => Encoding.UTF8.GetString(_fields.LastOrDefault(f => f.Number == number).Octets.Span);

    public string Hex(int number) => Convert.ToHexStringLower(_fields.LastOrDefault(f => f.Number == number).Octets.Span);

    /// <summary>The attributes that are KeyValue messages under that number.</summary>
    public IReadOnlyDictionary<string, object> Attributes(int number) => Messages(number).ToDictionary(pair => pair.Text(1), pair => pair.Messages(2).Single().AnyValue());

    /// <summary>This is an AnyValue.</summary>
    private object AnyValue() => _fields is not [var (number, value, octets)] ? "" : number switch
    {
        1 => Encoding.UTF8.GetString(octets.Span),
        2 => value != 0,
        3 => (long)value,
        4 => BitConverter.UInt64BitsToDouble(value),
        _ => throw new InvalidDataException($"value of kind {number}"),
    };

    private static ulong Varint(ReadOnlySpan<byte> octets, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var octet = octets[at++];
            value |= (ulong)(octet & 0x7f) << shift;
            if (octet < 0x80)
                return value;
        }
    }
}
