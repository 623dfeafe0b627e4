using System.Text;
using CsCheck;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class RequestHeadParserTests
{
    private const int MaxHeadBytes = 2000;
    private const int MaxRequestLineBytes = 500;
    private const int MaxFields = 20;

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "GET / Http11")]
    [InlineData("GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / Http10|Host: h")]
    [InlineData("M-SEARCH * HTTP/1.1\r\nHost:h\r\n\r\n", "M-SEARCH * Http11|Host: h")]
    [InlineData("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "CONNECT h:443 Http11|Host: h:443")]
    // RFC 9110 s.2.5: a higher minor version
    [InlineData("GET / HTTP/1.7\r\n\r\n", "GET / Http11")]
    // RFC 9112 s.2.2: empty lines before the request line are ignored
    [InlineData("\r\n\r\nGET / HTTP/1.1\r\n\r\n", "GET / Http11")]
    // RFC 9112 s.5.1: OWS around the value is not part of it
    [InlineData("GET / HTTP/1.1\r\nA:1\r\nb: \t2 \t\r\nC:\r\n\r\n", "GET / Http11|A: 1|b: 2|C: ")]
    // RFC 9110 s.5.5: obs-text and HTAB are kept, and 0xa0 is no white space
    [InlineData("GET / HTTP/1.1\r\nA: \u0085a\tb\u00a0\r\n\r\n", "GET / Http11|A: \u0085a\tb\u00a0")]
    // what is wrong with a target is for RequestTarget to say
    [InlineData("GET \u00e9\" HTTP/1.1\r\n\r\n", "GET \u00e9\" Http11")]
    public void GoodHead_IsReadHoweverItArrives(string head, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(head);
        foreach (var step in new[] { bytes.Length, 1, 3 })
        {
            var parser = Parser();
            Assert.Equal((ParseStep.Done, bytes.Length), Feed(parser, bytes, step));
            Assert.Equal(expected, Shown(parser));
            Assert.False(parser.IsInside);
            // the next head of the connection, and what follows is left alone
            Assert.Equal(ParseStep.Done, parser.Read([.. bytes, .. "GET"u8], out var consumed));
            Assert.Equal(bytes.Length, consumed);
            Assert.Equal(expected, Shown(parser));
        }
    }

    [Theory]
    [InlineData(" GET / HTTP/1.1\r\n", BadMessage.MethodNotToken)]
    [InlineData("G\"T / HTTP/1.1\r\n", BadMessage.MethodNotToken)]
    [InlineData("G\0 / HTTP/1.1\r\n", BadMessage.MethodNotToken)]
    [InlineData("GET\r\n", BadMessage.MethodNotToken)]
    [InlineData("GET\t/ HTTP/1.1\r\n", BadMessage.MethodNotToken)]
    [InlineData("\u0016\u0003\u0001\u0002\r\n", BadMessage.MethodNotToken)]
    [InlineData("SSH-2.0-OpenSSH_9\r\n", BadMessage.MethodNotToken)]
    // RFC 9112 s.3: one SP between the three, and nowhere else
    [InlineData("GET  / HTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET /  HTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET /a b HTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1.1 \r\n", BadMessage.Malformed)]
    [InlineData("GET /\tHTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET /a\0b HTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/\r\r1.1\r\n", BadMessage.Malformed)]
    // HTTP/0.9
    [InlineData("GET /\r\n", BadMessage.Malformed)]
    [InlineData("GET / \r\n", BadMessage.Malformed)]
    // RFC 9112 s.2.3: the version is case-sensitive, two digits
    [InlineData("GET / http/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1.32\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/4294967295.255\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/2.0\r\n", BadMessage.VersionNotSupported)]
    [InlineData("GET / HTTP/0.9\r\n", BadMessage.VersionNotSupported)]
    // RFC 9112 s.2.2: a bare LF or CR
    [InlineData("GET / HTTP/1.1\n", BadMessage.Malformed)]
    [InlineData("\nGET / HTTP/1.1\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1.1\r\nX: a\r\n\n", BadMessage.Malformed)]
    [InlineData("GET / HTTP/1.1\r\nX: a\rb\r\n\r\n", BadMessage.ControlInField)]
    [InlineData("GET / HTTP/1.1\r\nX: a\0b\r\n", BadMessage.ControlInField)]
    [InlineData("GET / HTTP/1.1\r\nX: \u0001\r\n", BadMessage.ControlInField)]
    [InlineData("GET / HTTP/1.1\r\nX: \u001f\r\n", BadMessage.ControlInField)]
    [InlineData("GET / HTTP/1.1\r\nX: \u007f\r\n", BadMessage.ControlInField)]
    [InlineData("GET / HTTP/1.1\r\nTransfer-Encoding: \vchunked\r\n", BadMessage.ControlInField)]
    // RFC 9112 s.5.1: no white space before the colon
    [InlineData("GET / HTTP/1.1\r\nX : a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX\t: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX Y: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX\u0085: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX(: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\n: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX\r\n", BadMessage.FieldNameNotToken)]
    // s.2.2, s.5.2: white space before the first field, and folded lines
    [InlineData("GET / HTTP/1.1\r\n X: a\r\n", BadMessage.FieldNameNotToken)]
    [InlineData("GET / HTTP/1.1\r\nX: a\r\n b\r\n", BadMessage.FieldNameNotToken)]
    public void BadHead_IsRefusedAtItsLine(string head, BadMessage expected)
    {
        var bytes = Encoding.Latin1.GetBytes(head);
        foreach (var step in new[] { bytes.Length, 1 })
        {
            var parser = Parser();
            Assert.Equal(ParseStep.Bad, Feed(parser, bytes, step).Step);
            Assert.Equal(expected, parser.Error);
        }
    }

    [Theory]
    [InlineData(500 - 15, 0, 0, null)]
    [InlineData(500 - 14, 0, 0, BadMessage.TargetTooLong)]
    [InlineData(1, 20, 4, null)]
    [InlineData(1, 21, 4, BadMessage.TooManyFields)]
    [InlineData(1, 1, 2000 - 22, null)]
    [InlineData(1, 1, 2000 - 21, BadMessage.HeadTooLarge)]
    public void Limits_HoldToTheOctet(int targetLength, int fields, int valueLength, BadMessage? expected)
    {
        var head = $"GET {new string('/', targetLength)} HTTP/1.1\r\n"
            + string.Concat(Enumerable.Repeat($"X:{new string('a', valueLength)}\r\n", fields)) + "\r\n";
        var parser = Parser();
        var (step, _) = Feed(parser, Encoding.Latin1.GetBytes(head), head.Length);
        Assert.Equal(expected, step == ParseStep.Bad ? parser.Error : null);
        Assert.Equal(expected is null, step == ParseStep.Done);
    }

    [Fact]
    public void EmptyLinesWithoutEnd_AreRefused()
    {
        var parser = Parser();
        Assert.Equal(ParseStep.Bad, Feed(parser, Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat("\r\n", 100))), 200).Step);
        Assert.Equal(BadMessage.Malformed, parser.Error);
    }

    [Fact]
    public void HeadThatIsRefused_ShowsWhatWasRead()
    {
        var parser = Parser();
        Feed(parser, "GET /a HTTP/2.0\r\n"u8.ToArray(), 100);
        Assert.Equal(("GET", "/a", null), (parser.Method, parser.Target, parser.Version));
    }

    [Fact]
    public void SameLineAsLastTime_IsTheSameString()
    {
        var parser = Parser();
        var head = "GET / HTTP/1.1\r\nHost: example.com\r\nX-Own: value\r\n\r\n"u8.ToArray();
        Feed(parser, head, head.Length);
        var first = parser.Fields;
        Feed(parser, head, head.Length);
        Assert.NotSame(first, parser.Fields);
        Assert.Same(first[1].Name, parser.Fields[1].Name);
        Assert.Same(first[1].Value, parser.Fields[1].Value);
        Feed(parser, "GET / HTTP/1.1\r\nHost: example.org\r\nX-OWN: value\r\n\r\n"u8.ToArray(), 100);
        Assert.Equal("GET / Http11|Host: example.org|X-OWN: value", Shown(parser));
    }

    [Fact]
    public void AnyOctets_ComeOutTheSameHoweverTheyArrive()
    {
        string[] parts = ["GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n", "\n", ":", " ", "X: \t", "\r", "\u00e9", "\0"];
        Gen.Int[0, parts.Length - 1].Array[1, 12].Select(picks => Encoding.Latin1.GetBytes(string.Concat(picks.Select(i => parts[i])))).Sample(bytes =>
        {
            Parsed whole = Outcome(bytes, Math.Max(1, bytes.Length)), pieces = Outcome(bytes, 1);
            return whole == pieces;
        });

        static Parsed Outcome(byte[] bytes, int step)
        {
            var parser = Parser();
            var (end, consumed) = Feed(parser, bytes, step);
            return new(end, end == ParseStep.Done ? consumed : 0, end == ParseStep.Bad ? parser.Error : default, Shown(parser));
        }
    }

    private sealed record Parsed(ParseStep Step, int Consumed, BadMessage Error, string Shown);

    private static RequestHeadParser Parser() => new(MaxHeadBytes, MaxRequestLineBytes, MaxFields);

    private static (ParseStep Step, int Consumed) Feed(RequestHeadParser parser, byte[] bytes, int step)
    {
        var start = 0;
        for (var end = Math.Min(step, bytes.Length); ; end = Math.Min(end + step, bytes.Length))
        {
            var outcome = parser.Read(bytes.AsSpan(start..end), out var consumed);
            start += consumed;
            if (outcome != ParseStep.NeedMore || end == bytes.Length)
                return (outcome, start);
        }
    }

    private static string Shown(RequestHeadParser parser) =>
        $"{parser.Method} {parser.Target} {parser.Version}" + string.Concat(parser.Fields.Select(f => $"|{f.Name}: {f.Value}"));
}
