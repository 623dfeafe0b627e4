using System.Buffers;
using System.Text;
using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class ResponseHeadParserTests
{
    private const int MaxHeadBytes = 2000;
    private const int MaxFields = 20;

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n", "Http11 200 OK")]
    [InlineData("HTTP/1.0 404 Not Found\r\nServer: x\r\n\r\n", "Http10 404 Not Found|Server: x")]
    // RFC 9112 s.4: "reason-phrase" is optional; its SP is often left out with it
    [InlineData("HTTP/1.1 200 \r\n\r\n", "Http11 200 ")]
    [InlineData("HTTP/1.1 200\r\n\r\n", "Http11 200 ")]
    [InlineData("HTTP/1.1 599 \u00e9\tx\r\n\r\n", "Http11 599 \u00e9\tx")]
    // RFC 9110 s.2.5: a higher minor version
    [InlineData("HTTP/1.7 200 OK\r\n\r\n", "Http11 200 OK")]
    // RFC 9112 s.5: OWS around the value is not part of it
    [InlineData("HTTP/1.1 200 OK\r\nA:1\r\nb: \t2 \t\r\nC:\r\n\r\n", "Http11 200 OK|A: 1|b: 2|C: ")]
    // RFC 9112 s.5.1: white space before the colon is removed from a response
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length \t: 5\r\n\r\n", "Http11 200 OK|Content-Length: 5")]
    // RFC 9112 s.5.2: obs-fold becomes SP
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r\n 2\r\n\t 3 \r\nB: 4\r\n\r\n", "Http11 200 OK|A: 1 2 3|B: 4")]
    [InlineData("HTTP/1.1 200 OK\r\nA:\r\n 2\r\n \r\n\r\n", "Http11 200 OK|A: 2")]
    // RFC 9110 s.5.5: obs-text is kept, and 0xa0 is no white space
    [InlineData("HTTP/1.1 200 OK\r\nA: \u0085admin\u00a0\r\n\r\n", "Http11 200 OK|A: \u0085admin\u00a0")]
    [InlineData("HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nset-cookie: b: c\r\n\r\n", "Http11 200 OK|Set-Cookie: a|set-cookie: b: c")]
    public void GoodHead_IsReadHoweverItArrives(string head, string expected)
    {
        var bytes = Latin1(head);
        foreach (var result in new[] { Feed(bytes, bytes.Length), Feed(bytes, 1), Feed(bytes, 3) })
            Assert.Equal((ParseStep.Done, expected, bytes.Length), result);

        // what follows is left alone
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        Assert.Equal(ParseStep.Done, parser.Read([.. bytes, .. "HTTP/1.1 2"u8], out var consumed));
        Assert.Equal(bytes.Length, consumed);
        Assert.False(parser.IsInside);
    }

    [Theory]
    [InlineData("<html>\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("SSH-2.0-OpenSSH_9\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("\r\nHTTP/1.1 200 OK\r\n\r\n", BadResponse.InvalidStatusLine)]
    [InlineData(" HTTP/1.1 200 OK\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("http/1.1 200 OK\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.11 200 OK\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.1  200 OK\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1\t200 OK\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.1\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/2.0 200 OK\r\n", BadResponse.VersionNotSupported)]
    [InlineData("HTTP/0.9 200 OK\r\n", BadResponse.VersionNotSupported)]
    [InlineData("HTTP/1.1 99\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.1 099 x\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1 600 x\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1 1000 x\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1 2x0 x\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1 200-OK\r\n", BadResponse.InvalidStatus)]
    [InlineData("HTTP/1.1 200 OK\r\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.1 200 O\0K\r\n", BadResponse.InvalidStatusLine)]
    [InlineData("HTTP/1.1 200 OK\n", BadResponse.BareLineFeed)]
    [InlineData("\n", BadResponse.BareLineFeed)]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\n", BadResponse.BareLineFeed)]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r\n\n", BadResponse.BareLineFeed)]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r2\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\nA: \0\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\nA: \u001b[31m\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\nA: \u007f\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\nA: 1\r\n \u0001\r\n", BadResponse.ControlInField)]
    [InlineData("HTTP/1.1 200 OK\r\n A: 1\r\n", BadResponse.InvalidFold)]
    [InlineData("HTTP/1.1 200 OK\r\nA\r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\nA B: 1\r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\nA \r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\n: 1\r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\n:\r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\nA\u0085: 1\r\n", BadResponse.FieldNameNotToken)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\r\n", BadResponse.FieldNameNotToken)]
    public void BadHead_IsRefusedAtItsFirstBadLine(string head, BadResponse expected)
    {
        var bytes = Latin1(head);
        foreach (var size in new[] { bytes.Length, 1 })
        {
            var (step, text, _) = Feed(bytes, size);
            Assert.Equal((ParseStep.Bad, expected.ToString()), (step, text));
        }
    }

    [Fact]
    public void Head_IsBoundedInBytesAndFields()
    {
        var atLimit = Latin1("HTTP/1.1 200 OK\r\nA: ".PadRight(MaxHeadBytes - 4, 'x') + "\r\n\r\n");
        Assert.Equal(MaxHeadBytes, atLimit.Length);
        Assert.Equal(ParseStep.Done, Feed(atLimit, 1).Step);
        var over = Latin1("HTTP/1.1 200 OK\r\nA: ".PadRight(MaxHeadBytes - 3, 'x') + "\r\n\r\n");
        Assert.Equal("HeadTooLarge", Feed(over, 1).Text);
        Assert.Equal("HeadTooLarge", Feed(over, over.Length).Text);
        // a line that never ends
        Assert.Equal("HeadTooLarge", Feed(Latin1(new string('x', MaxHeadBytes + 1)), 7).Text);

        var many = "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Repeat("A: 1\r\n", MaxFields));
        Assert.Equal(ParseStep.Done, Feed(Latin1(many + "\r\n"), 5).Step);
        Assert.Equal("TooManyFields", Feed(Latin1(many + "A: 1\r\n\r\n"), 5).Text);
    }

    [Fact]
    public void InterimAndFinalHead_AreReadOneAfterTheOther()
    {
        var input = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nB: 2\r\n\r\nbody"u8;
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        Assert.Equal(ParseStep.Done, parser.Read(input, out var first));
        var interim = parser.Head!;
        Assert.Equal(ParseStep.Done, parser.Read(input[first..], out var second));
        Assert.Equal(103, interim.Status);
        Assert.Equal([new Field("Link", "a")], interim.Fields);
        Assert.Equal([new Field("B", "2")], parser.Head!.Fields);
        Assert.Equal("body"u8, input[(first + second)..]);
    }

    [Fact]
    public void EndOfInputInsideAHead_IsToldFromOneBetween()
    {
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        Assert.False(parser.IsInside);
        parser.Read("H"u8, out _);
        Assert.True(parser.IsInside);
        parser.Read("HTTP/1.1 200 OK\r\n"u8, out _);
        Assert.True(parser.IsInside);
        parser.Read("\r\n"u8, out _);
        Assert.False(parser.IsInside);
    }

    [Fact]
    public void CommonNamesAndReasons_AreNotAllocatedAnew()
    {
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        parser.Read("HTTP/1.1 200 OK\r\nContent-Type: a\r\ncontent-type: b\r\nX-Mine: c\r\n\r\n"u8, out _);
        Assert.Same(FieldNames.ContentType, parser.Head!.Fields[0].Name);
        Assert.Equal("content-type", parser.Head.Fields[1].Name);
        Assert.Equal("X-Mine", parser.Head.Fields[2].Name);
        Assert.Same(Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(200), parser.Head.Reason);
    }

    [Fact]
    public void WrittenHead_IsReadAsItWas() =>
        Gen.Select(Gen.Int[100, 599], Values, Gen.Select(Names, Values).List[0, 15], Gen.Int[1, 40]).Sample((status, reason, lines, size) =>
        {
            var fields = new FieldList();
            foreach (var (name, value) in lines)
                fields.Add(name, value);
            var head = new ResponseHead { Status = status, Reason = reason, Fields = fields };
            var written = new ArrayBufferWriter<byte>();
            HeadWriter.WriteResponse(written, head);
            var expected = string.Join('|', [$"Http11 {status} {reason}", .. fields.Select(f => $"{f.Name}: {f.Value}")]);
            return Feed(written.WrittenSpan, size) == (ParseStep.Done, expected, written.WrittenCount);
        }, iter: 2000);

    [Fact]
    public void AnyOctets_AreReadTheSameWholeAndInPieces() =>
        Gen.Select(Pieces.List[0, 25], Gen.Int[1, 9]).Sample((pieces, size) =>
        {
            var bytes = Latin1("HTTP/1.1 200" + string.Concat(pieces));
            return Feed(bytes, bytes.Length) == Feed(bytes, size);
        }, iter: 5000);

    [Fact]
    public void Garbage_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes => Feed(bytes, 3).Step is ParseStep.Bad or ParseStep.NeedMore, iter: 5000);

    [Fact]
    public void HeadThatRepeatsTheLast_HasItsStringsAndOnlyThose()
    {
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        FieldList Read(string fields)
        {
            Assert.Equal(ParseStep.Done, parser.Read(Latin1($"HTTP/1.1 200 OK\r\n{fields}\r\n"), out _));
            return parser.Head!.Fields;
        }

        var first = Read("Server: a server\r\nETag: \"1\"\r\nX-Odd: b\u00e9\r\nVia: a\r\n b\r\n");
        first.SetValue(0, "changed by whoever has it");
        Assert.Equal([new("Server", "a server"), new("ETag", "\"1\""), new("X-Odd", "b\u00e9"), new("Via", "a b")],
            Read("Server: a server\r\nETag: \"1\"\r\nX-Odd: b\u00e9\r\nVia: a\r\n b\r\n"));
        var second = Read("Server: a server\r\nETag: \"2\"\r\nX-Odd: b\u00e9\r\n");
        var third = Read("Server: a server\r\nETag: \"22\"\r\nX-Odd:b\u00e9\r\n more\r\n");
        Assert.Same(second[0].Value, third[0].Value);
        Assert.Equal([new("Server", "a server"), new("ETag", "\"22\""), new("X-Odd", "b\u00e9 more")], third);
        Assert.Equal([new("server", "a server")], Read("server: a server\r\n"));
    }

    private static readonly Gen<string> Names = Gen.OneOf(
        Gen.Char["abcXYZ019!#$%&'*+-.^_`|~"].Array[1, 12].Select(c => new string(c)),
        Gen.OneOf("Content-Type", "Vary", "set-cookie"));

    private static readonly Gen<string> Values =
        Gen.Char["aZ09 \t,;=\"\\()<>@:/?{}\u0085\u00a0\u00ff"].Array[0, 20].Select(c => new string(c).Trim(' ', '\t'));

    private static readonly Gen<string> Pieces = Gen.OneOf(
        "\r\n", "\r\n", "\r\n", "\n", "\r", "\0", " ", "\t", ":", ": ", "A", "B: 1", "C: 2\r\n", "\r\n ", "\u00e9", "(", "x", " OK\r\n");

    private static byte[] Latin1(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Feeds the octets so many at a time, as a connection's buffer would, until the parser has an answer.</summary>
    private static (ParseStep Step, string Text, int Consumed) Feed(ReadOnlySpan<byte> bytes, int size)
    {
        var parser = new ResponseHeadParser(MaxHeadBytes, MaxFields);
        var start = 0;
        for (var end = Math.Min(size, bytes.Length); ; end = Math.Min(end + size, bytes.Length))
        {
            var step = parser.Read(bytes[start..end], out var consumed);
            start += consumed;
            if (step == ParseStep.Done)
                return (step, string.Join('|', [$"{parser.Head!.Version} {parser.Head.Status} {parser.Head.Reason}",
                    .. parser.Head.Fields.Select(f => $"{f.Name}: {f.Value}")]), start);
            if (step == ParseStep.Bad)
                return (step, parser.Error.ToString(), 0);
            if (end == bytes.Length)
                return (step, "", 0);
        }
    }
}
