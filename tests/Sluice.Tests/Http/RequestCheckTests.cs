using Sluice.Http;
using Sluice.Tests.Kit;

namespace Sluice.Tests.Http;

public class RequestCheckTests
{
    [Theory]
    [InlineData("", "None")]
    [InlineData("Content-Length: 0", "Length(0)")]
    [InlineData("Content-Length: 5", "Length(5)")]
    [InlineData("content-length: 9223372036854775807", "Length(9223372036854775807)")]
    [InlineData("Content-Length: 010", "Length(10)")]
    [InlineData("Transfer-Encoding: chunked", "Chunked")]
    [InlineData("Transfer-Encoding: Chunked", "Chunked")]
    [InlineData("X-Content-Length: 5", "None")]
    [InlineData("Expect: 100-Continue|Content-Length: 1", "Length(1)")]
    public void GoodHead_HasItsBodyLength(string lines, string expected)
    {
        Assert.Null(Check("POST", ProtocolVersion.Http11, "Host: h|" + lines, out var body));
        Assert.Equal(expected, body.ToString());
    }

    [Theory]
    [InlineData("Content-Length: 5|Transfer-Encoding: chunked", BadMessage.ContentLengthBesideTransferEncoding)]
    [InlineData("Content-Length: 5|Content-Length: 6", BadMessage.InvalidContentLength)]
    // RFC 9110 s.8.6: a list of equal lengths may be refused or repaired
    [InlineData("Content-Length: 5, 5", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 5|Content-Length: 5", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 5, 6", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 5,", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: +5", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: -48", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 0x10", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 1_0", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 1Z", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 1 0", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: ", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 9223372036854775808", BadMessage.InvalidContentLength)]
    [InlineData("Content-Length: 18446744073709551621", BadMessage.InvalidContentLength)]
    [InlineData("Transfer-Encoding: chunked, chunked", BadMessage.TransferEncodingNotAllowed)]
    [InlineData("Transfer-Encoding: chunked|Transfer-Encoding: chunked", BadMessage.TransferEncodingNotAllowed)]
    [InlineData("Transfer-Encoding: gzip", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: gzip, chunked", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: chunked, gzip", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: identity", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: ,chunked", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: \"chunked\"", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: chunked;x", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: \u00a0chunked", BadMessage.TransferCodingNotSupported)]
    [InlineData("Transfer-Encoding: ", BadMessage.TransferCodingNotSupported)]
    [InlineData("Expect: x", BadMessage.ExpectationNotSupported)]
    [InlineData("Expect: 100-continue, x", BadMessage.ExpectationNotSupported)]
    [InlineData("Host: h", BadMessage.SeveralHosts)]
    public void BadHead_IsRefused(string lines, BadMessage expected) =>
        Assert.Equal(expected, Check("POST", ProtocolVersion.Http11, "Host: h|" + lines, out _));

    [Theory]
    [InlineData(ProtocolVersion.Http11, "X: 1", BadMessage.NoHost)]
    [InlineData(ProtocolVersion.Http10, "X: 1", null)]
    [InlineData(ProtocolVersion.Http2, "X: 1", null)]
    [InlineData(ProtocolVersion.Http10, "Host: a|Host: a", BadMessage.SeveralHosts)]
    [InlineData(ProtocolVersion.Http10, "Transfer-Encoding: chunked", BadMessage.TransferEncodingNotAllowed)]
    [InlineData(ProtocolVersion.Http2, "Transfer-Encoding: chunked", BadMessage.TransferEncodingNotAllowed)]
    [InlineData(ProtocolVersion.Http10, "Expect: x", null)]
    public void Version_DecidesWhatIsNeededAndAllowed(ProtocolVersion version, string lines, BadMessage? expected) =>
        Assert.Equal(expected, Check("GET", version, lines, out _));

    [Fact]
    public void UnknownMethod_Passes() =>
        Assert.Null(Check("M-SEARCH", ProtocolVersion.Http11, "Host: h", out _));

    [Fact]
    public void Connect_HasNoBody()
    {
        // RFC 9110 s.9.3.6
        Assert.Null(Check("CONNECT", ProtocolVersion.Http11, "Host: h|Content-Length: 5", out var body));
        Assert.Equal(BodyLength.None, body);
    }

    [Fact]
    public void SeveralEqualLengths_BecomeOnePlainLine()
    {
        var fields = Fields("Content-Length: 05, 5|X: 1|Content-Length: 5");
        Assert.True(ContentLength.TryRead(fields, out var length));
        Assert.Equal(5, length);
        Assert.Equal([new Field("Content-Length", "5"), new Field("X", "1")], fields);
    }

    [Fact]
    public void GoodHead_CostsNoAllocation()
    {
        var fields = Fields("Host: example.com|User-Agent: x|Accept: */*|Connection: keep-alive|Content-Length: 5");
        RequestCheck.Check("POST", ProtocolVersion.Http11, fields, out _);
        Assert.Equal(0, Allocated.By(() =>
        {
            for (var i = 0; i < 100; i++)
                RequestCheck.Check("POST", ProtocolVersion.Http11, fields, out _);
        }));
    }

    [Fact]
    public void EveryReason_HasItsRow()
    {
        foreach (var why in Enum.GetValues<BadMessage>())
            Assert.InRange(why.Row().Status, 400, 505);
        foreach (var why in Enum.GetValues<BadResponse>())
            Assert.NotEmpty(why.Row().Text);
    }

    internal static FieldList Fields(string lines)
    {
        var fields = new FieldList();
        foreach (var line in lines.Split('|', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            fields.Add(line[..colon], line[(colon + 2)..]);
        }
        return fields;
    }

    private static BadMessage? Check(string method, ProtocolVersion version, string lines, out BodyLength body) =>
        RequestCheck.Check(method, version, Fields(lines), out body);
}
