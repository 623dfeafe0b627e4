using System.Text;
using Sluice.Cache;

namespace Sluice.Tests.Cache;

public class StoredReplyTests
{
    private const string Modified = "Thu, 01 Jan 2015 00:00:00 GMT";
    private const string Stored = "200|Cache-Control: max-age=60|ETag: \"a\"|Last-Modified: " + Modified + "|Content-Type: text/plain|Content-Language: en|X-Other: 1";
    private const string Digits = "0123456789";

    private static StoredReply Reply(string request, string stored = Stored, string body = Digits)
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", stored, body);
        return scenario.Find(request).Reply!;
    }

    [Theory]
    // RFC 9111 s.4.3.2, RFC 9110 s.13
    [InlineData("If-None-Match the tag", "|If-None-Match: \"a\"", 304)]
    [InlineData("If-None-Match compares weakly", "|If-None-Match: W/\"a\"", 304)]
    [InlineData("If-None-Match another", "|If-None-Match: \"b\"", 200)]
    [InlineData("If-None-Match a list", "|If-None-Match: \"b\" , \"a\"", 304)]
    [InlineData("If-None-Match several lines", "|If-None-Match: \"b\"|If-None-Match: \"a\"", 304)]
    [InlineData("If-None-Match *", "|If-None-Match: *", 304)]
    [InlineData("If-Modified-Since the same", "|If-Modified-Since: " + Modified, 304)]
    [InlineData("If-Modified-Since later", "|If-Modified-Since: @+0", 304)]
    [InlineData("If-Modified-Since earlier", "|If-Modified-Since: Wed, 31 Dec 2014 23:59:59 GMT", 200)]
    [InlineData("If-Modified-Since that is no date", "|If-Modified-Since: yesterday", 200)]
    [InlineData("If-None-Match comes first", "|If-None-Match: \"b\"|If-Modified-Since: " + Modified, 200)]
    public void Condition_IsAnsweredFromTheStore(string clause, string request, int status)
    {
        foreach (var method in (string[])["GET", "HEAD"])
        {
            var reply = Reply(method + " /" + request);
            Assert.True(status == reply.Status, clause);
            Assert.Equal(status == 200 && method == "GET" ? Digits.Length : 0, reply.BodyLength);
        }
    }

    [Fact]
    public void NotModified_CarriesWhatGuidesCachesAndNoMetadata()
    {
        // RFC 9110 s.15.4.5
        var reply = Reply("GET /|If-None-Match: \"a\"");
        Assert.Equal(["Age", "Cache-Control", "Date", "ETag", "X-Other"], reply.Fields.Select(f => f.Name).Order());
    }

    [Fact]
    public void ConditionOnAnErrorThatIsStored_IsIgnored()
    {
        // RFC 9110 s.13.2.1
        Assert.Equal(404, Reply("GET /|If-None-Match: *", "404|Cache-Control: max-age=60").Status);
    }

    [Theory]
    // RFC 9110 s.14.1.2
    [InlineData("first-last", "bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("first-", "bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("suffix", "bytes=-3", 206, "789", "bytes 7-9/10")]
    [InlineData("suffix longer than all", "bytes=-30", 206, Digits, "bytes 0-9/10")]
    [InlineData("last beyond the end", "bytes=7-99999999999999999999", 206, "789", "bytes 7-9/10")]
    [InlineData("unsatisfiable", "bytes=10-", 416, "", "bytes */10")]
    [InlineData("suffix of nothing", "bytes=-0", 416, "", "bytes */10")]
    [InlineData("several, one satisfiable", "bytes=1-2,20-30", 206, "12", "bytes 1-2/10")]
    [InlineData("another unit", "lines=1-2", 200, Digits, null)]
    [InlineData("malformed", "bytes=4-2", 200, Digits, null)]
    [InlineData("malformed", "bytes=", 200, Digits, null)]
    [InlineData("s.17.15 overlapping", "bytes=0-4,3-6", 200, Digits, null)]
    [InlineData("s.17.15 too many", "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,10-10,11-11,12-12,13-13,14-14,15-15,16-16", 200, Digits, null)]
    public void Range_IsServedFromTheStoredWhole(string clause, string range, int status, string body, string? contentRange)
    {
        var reply = Reply("GET /|Range: " + range);
        Assert.True((status, body, contentRange) == (reply.Status, CacheScenario.Text(reply), reply.Fields.Get("Content-Range")), clause);
        Assert.Equal(body.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), reply.Fields.Get("Content-Length"));
        Assert.Equal("sluice; hit; ttl=60", reply.CacheStatus.ToString());
    }

    [Fact]
    public void SeveralRanges_AreMultipart()
    {
        // RFC 9110 s.14.6
        var reply = Reply("GET /|Range: bytes=7-8, 0-1,-1");
        Assert.Equal(206, reply.Status);
        Assert.False(reply.Fields.Contains("Content-Range"));
        var type = reply.Fields.Get("Content-Type")!;
        Assert.StartsWith("multipart/byteranges; boundary=", type, StringComparison.Ordinal);
        var boundary = type[(type.IndexOf('=') + 1)..];
        Assert.Equal(
            $"--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-8/10\r\n\r\n78"
            + $"\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
            + $"\r\n--{boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes 9-9/10\r\n\r\n9"
            + $"\r\n--{boundary}--\r\n", CacheScenario.Text(reply));
        Assert.Equal(reply.BodyLength.ToString(System.Globalization.CultureInfo.InvariantCulture), reply.Fields.Get("Content-Length"));
    }

    [Theory]
    // RFC 9110 s.13.1.5, s.14.2
    [InlineData("the strong tag", "GET /|Range: bytes=0-0|If-Range: \"a\"", 206)]
    [InlineData("a weak tag never", "GET /|Range: bytes=0-0|If-Range: W/\"a\"", 200)]
    [InlineData("another tag", "GET /|Range: bytes=0-0|If-Range: \"b\"", 200)]
    [InlineData("the exact date", "GET /|Range: bytes=0-0|If-Range: " + Modified, 206)]
    [InlineData("another date, though later", "GET /|Range: bytes=0-0|If-Range: Thu, 01 Jan 2015 00:00:01 GMT", 200)]
    [InlineData("neither tag nor date", "GET /|Range: bytes=0-0|If-Range: a", 200)]
    [InlineData("not for HEAD", "HEAD /|Range: bytes=0-0", 200)]
    [InlineData("s.13.2.2 the other conditions come first", "GET /|Range: bytes=0-0|If-None-Match: \"a\"", 304)]
    public void RangeWithConditions_FollowsTheirOrder(string clause, string request, int status) =>
        Assert.True(status == Reply(request).Status, clause);

    [Fact]
    public void RangeOfWhatIsNot200_IsIgnored() =>
        Assert.Equal(404, Reply("GET /|Range: bytes=0-0", "404|Cache-Control: max-age=60").Status);

    [Fact]
    public void Head_IsAnsweredFromTheStoredGetWithoutBody()
    {
        // RFC 9111 s.4, RFC 9110 s.9.3.2
        var reply = Reply("HEAD /");
        Assert.Equal((200, 0L, "10"), (reply.Status, reply.BodyLength, reply.Fields.Get("Content-Length")));
    }

    [Fact]
    public void FieldsOfAReply_AreTheCallersOwn()
    {
        var scenario = new CacheScenario();
        scenario.Fetch("GET /", Stored);
        scenario.Find("GET /").Reply!.Fields.Set("X-Other", "changed");
        scenario.Find("GET /").Reply!.Fields.Clear();
        Assert.Equal("1", scenario.Find("GET /").Reply!.Fields.Get("X-Other"));
    }

    [Fact]
    public void Trailers_ComeWithTheWholeBodyOnly()
    {
        var scenario = new CacheScenario();
        var writer = scenario.Receive(scenario.Find("GET /"), Stored).Writer!;
        writer.Append(Encoding.ASCII.GetBytes(Digits));
        Assert.True(writer.Commit(new([new("X-Sum", "9")])));
        Assert.Equal("9", scenario.Find("GET /").Reply!.Trailers!.Get("X-Sum"));
        Assert.Null(scenario.Find("HEAD /").Reply!.Trailers);
        Assert.Null(scenario.Find("GET /|Range: bytes=0-1").Reply!.Trailers);
    }

    [Theory]
    [InlineData("204|Cache-Control: max-age=60", 204, null)]
    [InlineData("301|Cache-Control: max-age=60|Location: /b", 301, "0")]
    public void AnswerWithoutBody_IsServedWithoutBody(string answer, int status, string? length)
    {
        var reply = Reply("GET /", answer, "");
        Assert.Equal((status, 0L, length), (reply.Status, reply.BodyLength, reply.Fields.Get("Content-Length")));
    }

    [Fact]
    public void CacheStatus_NamesEachCase()
    {
        // RFC 9211
        var scenario = new CacheScenario();
        Assert.Equal("sluice; fwd=uri-miss; fwd-status=200; stored; ttl=60", scenario.Fetch("GET /", Stored).CacheStatus.ToString());
        Assert.Equal("sluice; fwd=method; fwd-status=405", scenario.Fetch("POST /", "405").CacheStatus.ToString());
        Assert.Equal("sluice; fwd=request; fwd-status=404; detail=no-cache", scenario.Fetch("GET /|Cache-Control: no-cache", "404").CacheStatus.ToString());
        Assert.Equal("sluice; fwd=bypass; fwd-status=200", scenario.Receive(scenario.Find("GET /", bypass: true), "200").CacheStatus.ToString());
        foreach (var reason in Enum.GetValues<MissReason>())
            Assert.NotEmpty(reason.Text());
        foreach (var reason in Enum.GetValues<NotStoredReason>().Skip(1))
            Assert.NotEmpty(reason.Text());
    }
}
