using System.Text;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Records.Formats;

namespace Sluice.Tests.Records;

public class FormatTests
{
    [Theory]
    [InlineData("miss", "2026-01-02 05:04:05  10.0.0.7         200  MISS         1.2 KiB     12 ms  GET http://example.com/a.txt")]
    [InlineData("denied", "2026-01-02 05:04:05  anna@10.0.0.7    403  DENIED       1.2 KiB     12 ms  GET http://example.com/a.txt  refused by ads, blocked.txt:12")]
    [InlineData("tunnel", "2026-01-02 05:04:05  2001:db8::5      200  TUNNEL       1.9 MiB    75.0 s  CONNECT example.com:443")]
    [InlineData("relay", "2026-01-02 05:04:05  127.0.0.1          -  RELAY            0 B    10.0 s  to 127.0.0.1:5678  connection_refused: 127.0.0.1:5678: refused")]
    [InlineData("bad", "2026-01-02 05:04:05  127.0.0.1        400  -                0 B    0.0 ms  - -  http_request_error  the client left")]
    public void Readable(string kind, string line) =>
        Assert.Equal(line, Sample.Format(LogFormat.Readable).Line(Sample.Of(kind)));

    [Fact]
    public void TunnelThatCouldNotBeOpened_IsNotCalledOne()
    {
        var record = Sample.Of("tunnel");
        record.Status = 502;
        record.Error = "connection_refused";
        Assert.Contains("  502  -  ", Sample.Format(LogFormat.Readable).Line(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("miss", """10.0.0.7 - - [02/Jan/2026:03:04:05 +0000] "GET http://example.com/a.txt HTTP/1.1" 200 1234 "http://example.com/" "curl/8.0" """)]
    [InlineData("denied", """10.0.0.7 - anna [02/Jan/2026:03:04:05 +0000] "GET http://example.com/a.txt HTTP/1.1" 403 1234 "http://example.com/" "curl/8.0" """)]
    [InlineData("tunnel", """2001:db8::5 - - [02/Jan/2026:03:04:05 +0000] "CONNECT example.com:443 HTTP/1.1" 200 2000000 "-" "-" """)]
    [InlineData("relay", """127.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "RELAY 127.0.0.1:5678 TCP" 502 - "-" "-" """)]
    [InlineData("bad", """127.0.0.1 - - [02/Jan/2026:03:04:05 +0000] "-" 400 - "-" "-" """)]
    public void Combined(string kind, string line) =>
        Assert.Equal(line.TrimEnd(), Sample.Format(LogFormat.Combined).Line(Sample.Of(kind)));

    [Theory]
    [InlineData("miss", "1767323045.690     12 10.0.0.7 TCP_MISS/200 1234 GET http://example.com/a.txt - HIER_DIRECT/192.0.2.1 text/plain")]
    [InlineData("denied", "1767323045.690     12 10.0.0.7 TCP_DENIED/403 1234 GET http://example.com/a.txt anna HIER_NONE/- text/plain")]
    [InlineData("tunnel", "1767323120.678  75000 2001:db8::5 TCP_TUNNEL/200 2000000 CONNECT example.com:443 - HIER_DIRECT/2001:db8::1 -")]
    [InlineData("relay", "1767323055.678  10000 127.0.0.1 NONE_NONE/000 0 RELAY 127.0.0.1:5678 - HIER_NONE/- -")]
    [InlineData("bad", "1767323045.678      0 127.0.0.1 NONE_NONE_ABORTED/400 0 - - - HIER_NONE/- -")]
    public void Squid(string kind, string line) =>
        Assert.Equal(line, Sample.Format(LogFormat.Squid).Line(Sample.Of(kind)));

    [Theory]
    [InlineData("miss", """{"time":"2026-01-02T03:04:05.678Z","number":7,"generation":1,"listener":"forward","kind":"http","client_address":"10.0.0.7","http_request_method":"GET","url_full":"http://example.com/a.txt","network_protocol_version":"1.1","http_response_status_code":200,"http_request_body_size":0,"http_response_body_size":1234,"duration_ms":12.346,"first_byte_ms":11,"cache":"MISS","cache_reason":"uri-miss","verdict":"allow","network_peer_address":"192.0.2.1","network_peer_port":80,"http_response_header_content_type":"text/plain; charset=utf-8","http_request_header_referer":"http://example.com/","user_agent_original":"curl/8.0"}""")]
    [InlineData("denied", """{"time":"2026-01-02T03:04:05.678Z","number":7,"generation":1,"listener":"forward","kind":"http","client_address":"10.0.0.7","user_name":"anna","http_request_method":"GET","url_full":"http://example.com/a.txt","network_protocol_version":"1.1","http_response_status_code":403,"http_request_body_size":0,"http_response_body_size":1234,"duration_ms":12.346,"first_byte_ms":11,"cache":"NONE","verdict":"deny","rule":"ads","list":"blocked.txt","line":12,"http_response_header_content_type":"text/plain; charset=utf-8","http_request_header_referer":"http://example.com/","user_agent_original":"curl/8.0"}""")]
    [InlineData("relay", """{"time":"2026-01-02T03:04:05.678Z","number":9,"generation":1,"listener":"tcp","kind":"relay","client_address":"127.0.0.1","url_full":"127.0.0.1:5678","http_request_body_size":0,"http_response_body_size":0,"duration_ms":10000,"cache":"NONE","verdict":"allow","error_type":"connection_refused","error_detail":"127.0.0.1:5678: refused"}""")]
    [InlineData("bad", """{"time":"2026-01-02T03:04:05.678Z","number":0,"generation":1,"listener":"forward","kind":"http","client_address":"127.0.0.1","http_response_status_code":400,"http_request_body_size":0,"http_response_body_size":0,"duration_ms":0,"cache":"NONE","verdict":"allow","error_type":"http_request_error","client_gone":true}""")]
    public void Json(string kind, string line) =>
        Assert.Equal(line, Sample.Format(LogFormat.Json).Line(Sample.Of(kind)));

    [Theory]
    [InlineData(TlsFacts.Match | TlsFacts.Ech, "example.com", "CONNECT example.com:443", "\"tls\":\"match,ech\",\"sni\":\"example.com\",")]
    [InlineData(TlsFacts.Mismatch, "other.example", "CONNECT example.com:443  mismatch other.example", "\"tls\":\"mismatch\",\"sni\":\"other.example\",")]
    [InlineData(TlsFacts.NoSni | TlsFacts.Ech, null, "CONNECT example.com:443  no-sni,ech", "\"tls\":\"no-sni,ech\",\"network_peer_address\"")]
    [InlineData(TlsFacts.None, null, "CONNECT example.com:443", "\"verdict\":\"allow\",\"network_peer_address\"")]
    public void Tunnel_SaysWhatItBeganWith(TlsFacts facts, string? name, string readable, string json)
    {
        var record = Sample.Tunnel();
        (record.Tls, record.ServerName) = (facts, name);
        Assert.EndsWith(readable, Sample.Format(LogFormat.Readable).Line(record), StringComparison.Ordinal);
        Assert.Contains(json, Sample.Format(LogFormat.Json).Line(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CacheUse.Hit, "TCP_HIT")]
    [InlineData(CacheUse.Miss, "TCP_MISS")]
    [InlineData(CacheUse.Revalidated, "TCP_REFRESH_UNMODIFIED")]
    [InlineData(CacheUse.Stale, "TCP_REFRESH_FAIL_OLD")]
    [InlineData(CacheUse.Bypass, "TCP_MISS")]
    [InlineData(CacheUse.None, "TCP_MISS")]
    public void SquidsResult_TellsTheCache(CacheUse use, string result)
    {
        var record = Sample.Miss();
        record.Cache = use;
        Assert.Contains($" {result}/200 ", Sample.Format(LogFormat.Squid).Line(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(10 << 10, "10 KiB")]
    [InlineData(1 << 20, "1.0 MiB")]
    [InlineData(10L << 30, "10 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void Bytes_AreShortForPeople(long bytes, string text)
    {
        var record = Sample.Miss();
        record.ResponseBytes = bytes;
        Assert.Contains($" {text} ", Sample.Format(LogFormat.Readable).Line(record), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://u:secret@h.test/x", "http://h.test/x")]
    [InlineData("http://u:secret@x@h.test/x", "http://h.test/x")]
    [InlineData("secret:x@h.test:443", "h.test:443")]
    [InlineData("http:/u:secret@h.test/", "h.test/")]
    [InlineData("http://u:secret@h.test", "http://h.test")]
    [InlineData("//u:secret@h.test/", "//h.test/")]
    [InlineData("http://h.test/@x", "http://h.test/@x")]
    [InlineData("http://h.test?q=a@b", "http://h.test?q=a@b")]
    [InlineData("/a@b", "/a@b")]
    public void UserInfo_IsNeverWritten(string url, string written)
    {
        foreach (var format in Enum.GetValues<LogFormat>())
        {
            var record = Sample.Miss();
            record.Url = record.Referer = url;
            var line = Sample.Format(format).Line(record);
            Assert.Contains(written, line, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DroppedRecords_AreSaidInEveryFormat()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.Equal("""{"time":"2026-01-02T03:04:05.000Z","dropped":3}""" + "\n", Dropped(LogFormat.Json));
        Assert.Equal("2026-01-02 05:04:05  3 records were dropped here: they could not be written in time\n", Dropped(LogFormat.Readable));
        // Readers take them for remarks.
        Assert.Equal("# 2026-01-02T03:04:05Z 3 records were dropped here\n", Dropped(LogFormat.Combined));
        Assert.Equal("# 2026-01-02T03:04:05Z 3 records were dropped here\n", Dropped(LogFormat.Squid));

        string Dropped(LogFormat format)
        {
            var buffer = new LineBuffer(16);
            Sample.Format(format).WriteDropped(3, now, buffer);
            return Encoding.ASCII.GetString(buffer.Written);
        }
    }
}
