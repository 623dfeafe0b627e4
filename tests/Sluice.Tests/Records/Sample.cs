using System.Net;
using System.Text;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Records.Formats;

namespace Sluice.Tests.Records;

/// <summary>Records of each kind, and the line each becomes.</summary>
internal static class Sample
{
    public static ExchangeRecord Miss() => new()
    {
        Number = 7,
        Time = new DateTimeOffset(2026, 1, 2, 4, 4, 5, 678, TimeSpan.FromHours(1)),
        Duration = TimeSpan.FromMicroseconds(12345.6),
        TimeToFirstByte = TimeSpan.FromMilliseconds(11),
        Listener = "forward",
        Client = new IPEndPoint(IPAddress.Parse("::ffff:10.0.0.7"), 50000),
        Method = "GET",
        Url = "http://example.com/a.txt",
        Protocol = ProtocolVersion.Http11,
        Status = 200,
        ResponseBytes = 1234,
        Cache = CacheUse.Miss,
        CacheReason = "uri-miss",
        Upstream = new IPEndPoint(IPAddress.Parse("192.0.2.1"), 80),
        ContentType = "text/plain; charset=utf-8",
        Referer = "http://example.com/",
        UserAgent = "curl/8.0",
    };

    public static ExchangeRecord Denied()
    {
        var record = Miss();
        record.Verdict = new Verdict { Denies = true, Rule = "ads", List = "blocked.txt", Line = 12, Status = 403, Reason = "No." };
        (record.Status, record.Cache, record.CacheReason, record.Upstream) = (403, CacheUse.None, null, null);
        record.User = "anna";
        return record;
    }

    public static ExchangeRecord Tunnel() => new()
    {
        Number = 8,
        Time = Miss().Time,
        Duration = TimeSpan.FromSeconds(75),
        Kind = RecordKind.Connect,
        Listener = "forward",
        Client = new IPEndPoint(IPAddress.Parse("2001:db8::5"), 50000),
        Method = "CONNECT",
        Url = "example.com:443",
        Protocol = ProtocolVersion.Http11,
        Status = 200,
        RequestBytes = 1000,
        ResponseBytes = 2_000_000,
        Upstream = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 443),
    };

    public static ExchangeRecord Relay() => new()
    {
        Number = 9,
        Time = Miss().Time,
        Duration = TimeSpan.FromSeconds(10),
        Kind = RecordKind.Relay,
        Listener = "tcp",
        Client = new IPEndPoint(IPAddress.Loopback, 50000),
        Url = "127.0.0.1:5678",
        Error = "connection_refused",
        ErrorDetail = "127.0.0.1:5678: refused",
    };

    /// <summary>A request whose head could not be read.</summary>
    public static ExchangeRecord Bad() => new()
    {
        Time = Miss().Time,
        Listener = "forward",
        Client = new IPEndPoint(IPAddress.Loopback, 50000),
        Status = 400,
        Error = "http_request_error",
        ClientGone = true,
    };

    public static ExchangeRecord Of(string kind) => kind switch
    {
        "miss" => Miss(),
        "denied" => Denied(),
        "tunnel" => Tunnel(),
        "relay" => Relay(),
        _ => Bad(),
    };

    public static string Line(this IRecordFormat format, ExchangeRecord record)
    {
        var buffer = new LineBuffer(16);
        format.Write(record, buffer);
        if (format is not JsonFormat)
            Assert.True(Ascii.IsValid(buffer.Written));
        var line = Encoding.UTF8.GetString(buffer.Written);
        Assert.EndsWith("\n", line, StringComparison.Ordinal);
        Assert.DoesNotContain(line[..^1], char.IsControl);
        return line[..^1];
    }

    public static IRecordFormat Format(LogFormat format) => format switch
    {
        LogFormat.Json => new JsonFormat(),
        LogFormat.Combined => new CombinedFormat(),
        LogFormat.Squid => new SquidFormat(),
        _ => new ReadableFormat(TimeZoneInfo.CreateCustomTimeZone("x", TimeSpan.FromHours(2), "x", "x")),
    };
}
