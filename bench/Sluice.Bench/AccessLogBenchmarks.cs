using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Bench;

/// <summary>What does the log cost the one who hands over a record, and what does a record cost altogether?</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes.")]
[ShortRunJob]
public class AccessLogBenchmarks
{
    private const int Batch = 10_000;
    private AccessLog _log = null!;

    [ParamsAllValues]
    public LogFormat Format { get; set; }

    [GlobalSetup]
    public void Open() =>
        _log = new AccessLog(new LogOptions { Access = [new LogOutputOptions { Format = Format, File = "/dev/null" }] }, TimeProvider.System, NullLogger.Instance);

    [GlobalCleanup]
    public async Task Close() => await _log.DisposeAsync();

    /// <summary>Handing over while the writer works beside.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public void HandOver()
    {
        for (var i = 0; i < Batch; i++)
            _log.Write(Record);
    }

    /// <summary>From the first record handed over to the last one written, less the gathering.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task WriteOut()
    {
        await using var log = new AccessLog(new LogOptions { Access = [new LogOutputOptions { Format = Format, File = "/dev/null" }] }, TimeProvider.System, NullLogger.Instance);
        for (var i = 0; i < Batch; i++)
            log.Write(Record);
    }

    private static readonly ExchangeRecord Record = new()
    {
        Number = 1,
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Duration = TimeSpan.FromMilliseconds(12.3),
        TimeToFirstByte = TimeSpan.FromMilliseconds(11.2),
        Listener = "forward 127.0.0.1:3128",
        Client = new IPEndPoint(IPAddress.Loopback, 50000),
        Method = "GET",
        Url = "http://www.shop.example.test/some/path/page.html?id=1",
        Protocol = ProtocolVersion.Http11,
        Status = 200,
        ResponseBytes = 12345,
        Cache = CacheUse.Miss,
        CacheReason = "uri-miss",
        Upstream = new IPEndPoint(IPAddress.Loopback, 80),
        ContentType = "text/html; charset=utf-8",
        Referer = "http://www.shop.example.test/",
        UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    };
}
