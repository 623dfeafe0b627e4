using Sluice.Http;
using static Sluice.Tests.Http.RequestCheckTests;

namespace Sluice.Tests.Http;

public class FramingTests
{
    [Theory]
    // (1) "Any response to a HEAD request and any response with a 1xx, 204, or 304 status code"
    [InlineData("HEAD", 200, "Content-Length: 5", "None")]
    [InlineData("HEAD", 200, "Transfer-Encoding: chunked", "None")]
    [InlineData("GET", 103, "Content-Length: 5", "None")]
    [InlineData("GET", 204, "Transfer-Encoding: chunked", "None")]
    [InlineData("GET", 304, "Content-Length: 5", "None")]
    // (2) "Any 2xx response to a CONNECT request"
    [InlineData("CONNECT", 200, "Content-Length: 5", "None")]
    [InlineData("CONNECT", 299, "Transfer-Encoding: chunked|Content-Length: 7", "None")]
    [InlineData("CONNECT", 407, "Content-Length: 5", "Length(5)")]
    // (4) chunked is the final coding
    [InlineData("GET", 200, "Transfer-Encoding: chunked", "Chunked")]
    [InlineData("GET", 200, "transfer-encoding: CHUNKED", "Chunked")]
    // (6) "If a valid Content-Length header field is present without Transfer-Encoding"
    [InlineData("GET", 200, "Content-Length: 5", "Length(5)")]
    [InlineData("GET", 200, "Content-Length: 5, 5", "Length(5)")]
    [InlineData("GET", 200, "Content-Length: 0", "Length(0)")]
    // (8) "Otherwise, this is a response message without a declared message body length"
    [InlineData("GET", 200, "", "UntilClose")]
    [InlineData("POST", 500, "Connection: close", "UntilClose")]
    public void Response_HasItsBodyLength(string method, int status, string lines, string expected)
    {
        Assert.Null(Framing.OfResponse(method, Head(status, lines), out var body));
        Assert.Equal(expected, body.ToString());
    }

    [Theory]
    // (3) both
    [InlineData("GET", 200, "Transfer-Encoding: chunked|Content-Length: 5", BadResponse.ContentLengthBesideTransferEncoding)]
    [InlineData("HEAD", 200, "Transfer-Encoding: chunked|Content-Length: 5", BadResponse.ContentLengthBesideTransferEncoding)]
    // (4) chunked is not the final coding, or not the only one
    [InlineData("GET", 200, "Transfer-Encoding: gzip", BadResponse.TransferCodingNotSupported)]
    [InlineData("GET", 200, "Transfer-Encoding: gzip, chunked", BadResponse.TransferCodingNotSupported)]
    [InlineData("GET", 200, "Transfer-Encoding: chunked, chunked", BadResponse.TransferCodingNotSupported)]
    [InlineData("GET", 200, "Transfer-Encoding: chunked|Transfer-Encoding: chunked", BadResponse.TransferCodingNotSupported)]
    [InlineData("GET", 200, "Transfer-Encoding: ", BadResponse.TransferCodingNotSupported)]
    // (5) "an invalid Content-Length header field"
    [InlineData("GET", 200, "Content-Length: 5|Content-Length: 6", BadResponse.InvalidContentLength)]
    [InlineData("GET", 200, "Content-Length: -1", BadResponse.InvalidContentLength)]
    [InlineData("HEAD", 200, "Content-Length: x", BadResponse.InvalidContentLength)]
    [InlineData("GET", 304, "Content-Length: 1, 2", BadResponse.InvalidContentLength)]
    public void AmbiguousResponse_IsRefused(string method, int status, string lines, BadResponse expected) =>
        Assert.Equal(expected, Framing.OfResponse(method, Head(status, lines), out _));

    [Fact]
    public void TransferEncodingInHttp10_IsRefused() =>
        // RFC 9112 s.6.1
        Assert.Equal(BadResponse.TransferEncodingNotAllowed, Framing.OfResponse("GET",
            new ResponseHead { Status = 200, Version = ProtocolVersion.Http10, Fields = Fields("Transfer-Encoding: chunked") }, out _));

    [Fact]
    public void LengthWhereThereIsNoBody_IsRemoved()
    {
        // RFC 9110 s.8.6: "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx or 204"
        var head = Head(204, "Content-Length: 5|X: 1");
        Assert.Null(Framing.OfResponse("GET", head, out _));
        Assert.Equal([new Field("X", "1")], head.Fields);
    }

    [Fact]
    public void RequestWithoutLengthInHttp2_EndsWithItsStream()
    {
        Assert.Null(Framing.OfRequest("POST", ProtocolVersion.Http2, Fields(""), out var body));
        Assert.Equal(BodyLength.Chunked, body);
        Assert.True(body.HasOctets);
        Assert.False(BodyLength.Of(0).HasOctets);
    }

    private static ResponseHead Head(int status, string lines) => new() { Status = status, Fields = Fields(lines) };
}
