using System.Net;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Bench;

/// <summary>What do metrics cost an exchange, on the thread that carries it? By how many ask for them (Prometheus, or a collector beside), and what the log costs all in: the two
/// together are to stay below 1.5 microseconds.</summary>
[MemoryDiagnoser]
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "GlobalCleanup disposes.")]
[ShortRunJob]
public class MetricsBenchmarks
{
    private const int Batch = 10_000;

    private readonly ExchangeRecord[] _records = [.. Enumerable.Range(0, 64).Select(i => RecordOf(i))];
    private Meters _one = null!;
    private Meters _two = null!;

    [GlobalSetup]
    public void Open()
    {
        _one = new Meters(Nothing, null, isScraped: true, TimeProvider.System);
        // Nobody listens there, and nobody asks so soon.
        _two = new Meters(Nothing, new OtlpOptions { To = new Uri("http://127.0.0.1:1"), Interval = TimeSpan.FromDays(1) }, isScraped: true, TimeProvider.System);
    }

    [GlobalCleanup]
    public void Close()
    {
        _one.Dispose();
        _two.Dispose();
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Batch)]
    public void Metrics() => Add(_one);

    [Benchmark(OperationsPerInvoke = Batch)]
    public void MetricsForTwo() => Add(_two);

    /// <summary>From the first record handed over to the last one written in JSON.</summary>
    [Benchmark(OperationsPerInvoke = Batch)]
    public Task Log() => WriteAsync(null);

    [Benchmark(OperationsPerInvoke = Batch)]
    public Task LogAndMetrics() => WriteAsync(_one);

    private void Add(Meters meters)
    {
        for (var i = 0; i < Batch; i++)
            meters.Add(_records[i & 63]);
    }

    private async Task WriteAsync(Meters? meters)
    {
        await using var log = new AccessLog(new LogOptions { Access = [new LogOutputOptions { Format = LogFormat.Json, File = "/dev/null" }] }, TimeProvider.System, NullLogger.Instance);
        for (var i = 0; i < Batch; i++)
        {
            meters?.Add(_records[i & 63]);
            log.Write(_records[i & 63]);
        }
    }

    private static readonly Gauges Nothing = new()
    {
        Listeners = static () => [],
        Cache = static () => default,
        FetchReaders = static () => 0,
        Upstreams = static () => [],
        Rules = static () => [],
        Lists = static () => [],
        Logins = static () => [],
        Names = static () => default,
        Outputs = static () => [],
        Configuration = static () => default,
        Stalls = static () => 0,
    };

    private static ExchangeRecord RecordOf(int i) => new()
    {
        Number = i,
        Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        Duration = TimeSpan.FromMilliseconds(0.05 * (1 + i)),
        TimeToFirstByte = TimeSpan.FromMilliseconds(0.04),
        Listener = "forward 127.0.0.1:3128",
        Client = new IPEndPoint(IPAddress.Loopback, 50000),
        Method = i % 8 == 0 ? "POST" : "GET",
        Url = "http://www.shop.example.test/some/path/page.html?id=1",
        Protocol = ProtocolVersion.Http11,
        Status = i % 16 == 0 ? 404 : 200,
        ResponseBytes = 12345,
        Cache = i % 2 == 0 ? CacheUse.Hit : CacheUse.Miss,
        CacheReason = i % 2 == 0 ? null : "uri-miss",
        Upstream = new IPEndPoint(IPAddress.Loopback, 80),
        ContentType = "text/html; charset=utf-8",
        Referer = "http://www.shop.example.test/",
        UserAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
    };
}
