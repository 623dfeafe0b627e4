using System.Buffers;
using System.Text;
using Sluice.Http;

namespace Sluice.Tests.Http;

public class HeadWriterTests
{
    [Fact]
    public void Request_IsWrittenAsLatin1()
    {
        var written = new ArrayBufferWriter<byte>();
        HeadWriter.WriteRequest(written, "GET", "/a?b", new FieldList([new("Host", "h"), new("X", "\u00e9")]));
        Assert.Equal("GET /a?b HTTP/1.1\r\nHost: h\r\nX: \u00e9\r\n\r\n", Encoding.Latin1.GetString(written.WrittenSpan));
    }

    [Fact]
    public void Response_IsWrittenWithOrWithoutReason()
    {
        var written = new ArrayBufferWriter<byte>();
        HeadWriter.WriteResponse(written, new ResponseHead { Status = 101, Reason = "Switching Protocols", Fields = [] });
        HeadWriter.WriteResponse(written, new ResponseHead { Status = 200, Fields = new FieldList([new("A", "")]) });
        Assert.Equal("HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 \r\nA: \r\n\r\n", Encoding.Latin1.GetString(written.WrittenSpan));
    }

    [Theory]
    [InlineData("GET", "/", "X", "a\r\nB: 1")]
    [InlineData("GET", "/", "X", "a\n")]
    [InlineData("GET", "/", "X\r", "a")]
    [InlineData("GET", "/", "X", "a\0")]
    [InlineData("GET", "/\r\n", "X", "a")]
    [InlineData("G\nT", "/", "X", "a")]
    public void LineEndInside_IsABugAndWritesNothing(string method, string target, string name, string value)
    {
        var written = new ArrayBufferWriter<byte>();
        Assert.Throws<InvalidOperationException>(() => HeadWriter.WriteRequest(written, method, target, new FieldList([new(name, value)])));
        Assert.Equal(0, written.WrittenCount);
    }
}
