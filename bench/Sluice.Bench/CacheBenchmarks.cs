using BenchmarkDotNet.Attributes;
using Sluice.Cache;
using Sluice.Http;

namespace Sluice.Bench;

/// <summary>What does the cache add to a request: a hit, a miss, an answer that is stored? A browser's request head,
/// 2,000 URLs, 1 KiB bodies.</summary>
[MemoryDiagnoser]
public class CacheBenchmarks
{
    private const int Urls = 2000;
    private const int Each = 10_000;

    private static readonly byte[] Body = new byte[1024];

    private readonly HttpCache _cache = new(new CacheOptions(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
    private readonly RequestHead[] _held = [.. Enumerable.Range(0, Urls).Select(i => Request($"/held/{i}", []))];
    private readonly RequestHead[] _conditional = [.. Enumerable.Range(0, Urls).Select(i => Request($"/held/{i}", [new(FieldNames.IfNoneMatch, "\"5f3c-1\"")]))];
    private readonly RequestHead[] _missing = [.. Enumerable.Range(0, Urls).Select(i => Request($"/missing/{i}", []))];
    private readonly RequestHead[] _new = [.. Enumerable.Range(0, Urls).Select(i => Request($"/new/{i}", []))];
    private int _next;

    [GlobalSetup]
    public void Fill()
    {
        foreach (var request in _held)
            StoreAnswer(request);
    }

    [Benchmark]
    public Lookup Hit() => _cache.Find(Next(_held), "", bypass: false);

    /// <summary>On two processors at once, each with half of the URLs: what they have in common shows, by wall time of each.</summary>
    [Benchmark(OperationsPerInvoke = Each)]
    public void HitByTwo() => Parallel.For(0, 2, half =>
    {
        for (var i = 0; i < Each; i++)
            _cache.Find(_held[half * Urls / 2 + i % (Urls / 2)], "", bypass: false);
    });

    [Benchmark]
    public Lookup HitNotModified() => _cache.Find(Next(_conditional), "", bypass: false);

    [Benchmark]
    public Lookup Miss() => _cache.Find(Next(_missing), "", bypass: false);

    /// <summary>Lookup, admission, body, commit; in place of the entry of the round before.</summary>
    [Benchmark]
    public bool Store() => StoreAnswer(Next(_new));

    private bool StoreAnswer(RequestHead request)
    {
        var now = Moment.Now(TimeProvider.System);
        var lookup = _cache.Find(request, "", bypass: false);
        // Fresh for no time but with a validator: the next round asks again and stores again.
        var head = Answer(request.Target.PathAndQuery.StartsWith("/new", StringComparison.Ordinal) ? "max-age=0" : "max-age=86400");
        var writer = _cache.Receive(lookup, head, new Receipt(now, now, null)).Writer!;
        writer.Append(Body);
        return writer.Commit();
    }

    private RequestHead Next(RequestHead[] requests)
    {
        _next = (_next + 1) % Urls;
        return requests[_next];
    }

    private static RequestHead Request(string path, Field[] more) => new()
    {
        Method = Methods.Get,
        Version = ProtocolVersion.Http11,
        Target = new RequestTarget(TargetForm.Absolute, "http", "www.example.com", 80, path),
        Fields = new FieldList([
            new("Host", "www.example.com"),
            new("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
            new("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            new("Accept-Language", "en-US,en;q=0.5"),
            new("Accept-Encoding", "gzip, deflate"),
            new("Connection", "keep-alive"),
            new("Referer", "http://www.example.com/"),
            new("Sec-Fetch-Mode", "navigate"),
            new("Priority", "u=0, i"),
            .. more]),
    };

    private static ResponseHead Answer(string cacheControl) => new()
    {
        Status = 200,
        Fields = new FieldList([
            new("Date", HttpDate.Format(TimeProvider.System.GetUtcNow())),
            new("Server", "origin"),
            new("Content-Type", "text/html; charset=utf-8"),
            new("Content-Length", "1024"),
            new("Cache-Control", cacheControl),
            new("ETag", "\"5f3c-1\""),
            new("Last-Modified", "Thu, 01 Jan 2015 00:00:00 GMT"),
            new("Vary", "Accept-Encoding")]),
    };
}
