using System.Buffers;
using System.Text;
using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class ChunkedTests
{
    [Theory]
    [InlineData("0\r\n\r\n", "")]
    [InlineData("5\r\nhello\r\n0\r\n\r\n", "hello")]
    [InlineData("5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world")]
    [InlineData("A\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("a\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData("0000000000000001\r\nx\r\n0\r\n\r\n", "x")]
    // data may look like anything
    [InlineData("7\r\n0\r\n\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n\r\n")]
    // RFC 9112 s.7.1.1: "A recipient MUST ignore unrecognized chunk extensions"
    [InlineData("1;a\r\nx\r\n0;b=\"c d\";e\r\n\r\n", "x")]
    [InlineData("1;\r\nx\r\n0\r\n\r\n", "x")]
    // RFC 9112 s.7.1.2
    [InlineData("1\r\nx\r\n0\r\nX-Sum: 1\r\nserver-timing: a\r\n\r\n", "x|X-Sum: 1|server-timing: a")]
    // RFC 9110 s.6.5.1: what may not be a trailer is dropped
    [InlineData("0\r\nContent-Length: 5\r\nX: 1\r\nhost: h\r\nTransfer-Encoding: chunked\r\nAuthorization: x\r\n\r\n", "|X: 1")]
    public void GoodBody_IsReadHoweverItArrives(string coded, string expected)
    {
        var bytes = Latin1(coded);
        foreach (var size in new[] { bytes.Length, 1, 3 })
            Assert.Equal((ParseStep.Done, expected, bytes.Length), Feed(bytes, size));
        // what follows is left alone
        Assert.Equal((ParseStep.Done, expected, bytes.Length), Feed([.. bytes, .. "HTTP/1.1"u8], bytes.Length + 8));
    }

    [Theory]
    // chunk-size = 1*HEXDIG
    [InlineData("\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("0x5\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("-0x0\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("-1\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("+1\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("0_2e\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("Z\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("1these\r\n", BadResponse.InvalidChunkSize)]
    [InlineData(" 5\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("5 \r\n", BadResponse.InvalidChunkSize)]
    [InlineData("5 ;a\r\n", BadResponse.InvalidChunkSize)]
    [InlineData(";a\r\n", BadResponse.InvalidChunkSize)]
    // "MUST anticipate potentially large hexadecimal numerals and prevent parsing errors due to integer conversion overflows"
    [InlineData("8000000000000000\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("ffffffffffffffff\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("10000000000000000\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("00000000000000005\r\n", BadResponse.InvalidChunkSize)]
    // line ends
    [InlineData("5\nhello\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("5\rhello\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("5\r\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("5\r\r;ABCD\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("2;\nxx\r\n", BadResponse.InvalidChunkExtension)]
    [InlineData("2;a\rb\r\n", BadResponse.InvalidChunkSize)]
    [InlineData("2;a\0\r\n", BadResponse.InvalidChunkExtension)]
    // chunk-data CRLF
    [InlineData("5\r\nhello!\r\n", BadResponse.ChunkNotEnded)]
    [InlineData("5\r\nhello\n0\r\n\r\n", BadResponse.ChunkNotEnded)]
    [InlineData("5\r\nhello\r0\r\n\r\n", BadResponse.ChunkNotEnded)]
    [InlineData("5\r\nhello0\r\n\r\n", BadResponse.ChunkNotEnded)]
    [InlineData("5\r\nhello\r\n\r\n0\r\n\r\n", BadResponse.InvalidChunkSize)]
    // trailers
    [InlineData("0\r\n\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\nX: 1\n\r\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\nX\r\n\r\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\n X: 1\r\n\r\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\nX: \0\r\n\r\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\nGET / HTTP/1.1\r\n\r\n", BadResponse.InvalidTrailer)]
    [InlineData("0\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", BadResponse.TrailersTooLarge)]
    public void BadBody_IsRefused(string coded, BadResponse expected)
    {
        var bytes = Latin1(coded);
        foreach (var size in new[] { bytes.Length, 1 })
        {
            var (step, text, _) = Feed(bytes, size);
            Assert.Equal((ParseStep.Bad, expected.ToString()), (step, text));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5\r\nhell")]
    [InlineData("5\r\nhello\r\n")]
    [InlineData("5\r\nhello\r\n0\r\n")]
    [InlineData("5\r\nhello\r\n0\r\nX: 1\r\n")]
    public void TruncatedBody_IsNeverDone(string coded) =>
        Assert.Equal(ParseStep.NeedMore, Feed(Latin1(coded), 2).Step);

    [Fact]
    public void ExtensionsAndTrailers_AreBounded()
    {
        Assert.Equal("InvalidChunkExtension", Feed(Latin1("1;" + new string('x', 1 << 20)), 4096).Text);
        Assert.Equal("InvalidChunkExtension", Feed(Latin1(string.Concat(Enumerable.Repeat("1;\r\nx\r\n", 100_000))), 4096).Text);
        Assert.Equal("TrailersTooLarge", Feed(Latin1("0\r\nX: " + new string('x', 1 << 20)), 4096).Text);
        Assert.Equal("TrailersTooLarge", Feed(Latin1("0\r\nX: " + new string('x', 1 << 20)), 2 << 20).Text);
    }

    [Fact]
    public void WrittenBody_IsReadAsItWas() =>
        Gen.Select(Gen.Byte.Array[0, 50].List[0, 8], Gen.Bool, Gen.Int[1, 30]).Sample((chunks, withTrailers, size) =>
        {
            var written = new ArrayBufferWriter<byte>();
            foreach (var chunk in chunks)
                ChunkedWriter.Write(written, chunk);
            ChunkedWriter.WriteEnd(written, withTrailers ? new FieldList([new("X-A", "1"), new("X-B", "")]) : null);
            var expected = Encoding.Latin1.GetString([.. chunks.SelectMany(c => c)]) + (withTrailers ? "|X-A: 1|X-B: " : "");
            return Feed(written.WrittenSpan, size) == (ParseStep.Done, expected, written.WrittenCount);
        }, iter: 3000);

    [Fact]
    public void AnyOctets_AreReadTheSameWholeAndInPieces() =>
        Gen.Select(Gen.OneOf("0", "1", "2", "x", "xy", "\r\n", "\r\n", "\r\n", "\n", "\r", ";", ";a=b", " ", "A: 1", "\0").List[0, 20], Gen.Int[1, 5])
            .Sample((pieces, size) =>
            {
                var bytes = Latin1(string.Concat(pieces));
                return Feed(bytes, Math.Max(1, bytes.Length)) == Feed(bytes, size);
            }, iter: 10_000);

    [Theory]
    [InlineData(1, "1\r\n")]
    [InlineData(255, "ff\r\n")]
    [InlineData(int.MaxValue, "7fffffff\r\n")]
    public void SizeLine_IsHexadecimal(int octets, string expected)
    {
        Span<byte> line = stackalloc byte[ChunkedWriter.MaxSizeLine];
        Assert.Equal(expected, Encoding.Latin1.GetString(line[..ChunkedWriter.WriteSize(line, octets)]));
    }

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    private static (ParseStep Step, string Text, int Consumed) Feed(ReadOnlySpan<byte> bytes, int size)
    {
        var reader = new ChunkedReader(maxTrailerBytes: 1000, maxTrailerFields: 5);
        var content = new StringBuilder();
        var start = 0;
        for (var end = Math.Min(size, bytes.Length); ;)
        {
            var step = reader.Read(bytes[start..end], out var consumed, out var data);
            start += consumed;
            Assert.True(step == ParseStep.Data || data.IsEmpty);
            Assert.True(data.IsEmpty || bytes[(start - data.Length)..start].SequenceEqual(data));
            content.Append(Encoding.Latin1.GetString(data));
            if (step == ParseStep.Done)
                return (step, string.Join('|', [content.ToString(), .. reader.Trailers.Select(f => $"{f.Name}: {f.Value}")]), start);
            if (step == ParseStep.Bad)
                return (step, reader.Error.ToString(), 0);
            if (step != ParseStep.NeedMore)
                continue;
            if (end == bytes.Length)
                return (step, content.ToString(), 0);
            end = Math.Min(end + size, bytes.Length);
        }
    }
}
