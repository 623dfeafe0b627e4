using System.Net;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Bench;

/// <summary>Records as a browser's requests leave them.</summary>
internal static class MadeRecords
{
    private static readonly string[] Agents =
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/20.0 Mobile/15E148 Safari/604.1",
    ];

    private static readonly string[] Types = ["text/html; charset=utf-8", "image/webp", "application/javascript", "text/css", "font/woff2"];

    /// <summary>Of many hosts, clients and pages; each string is an object of its own, as it is when it has come over the wire.</summary>
    public static IEnumerable<ExchangeRecord> Mixed(int count)
    {
        var random = new Random(6);
        for (var i = 0; i < count; i++)
        {
            var host = $"www.shop{random.Next(2000)}.example.test";
            var record = ExchangeRecord.Begin(TimeProvider.System, "forward 127.0.0.1:3128", new IPEndPoint(new IPAddress(0x0a00_0000 + random.Next(0xffff)), 50000));
            record.Duration = TimeSpan.FromMicroseconds(random.Next(100_000));
            record.TimeToFirstByte = record.Duration / 2;
            record.Method = "GET";
            record.Url = $"http://{host}/some/path/page{random.Next(100_000)}.html?id={random.Next()}";
            record.Protocol = ProtocolVersion.Http11;
            record.Status = 200;
            record.ResponseBytes = random.Next(100_000);
            record.Cache = random.Next(2) == 0 ? CacheUse.Hit : CacheUse.Miss;
            record.CacheReason = record.Cache == CacheUse.Hit ? null : "uri-miss";
            record.Upstream = record.Cache == CacheUse.Hit ? null : new IPEndPoint(new IPAddress(0xc000_0200 + random.Next(0xff)), 80);
            record.ContentType = new string(Types[random.Next(Types.Length)]);
            record.Referer = $"http://{host}/";
            record.UserAgent = new string(Agents[random.Next(Agents.Length)].AsSpan());
            yield return record;
        }
    }
}
