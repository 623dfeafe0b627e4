using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using Spectre.Console;

namespace Sluice.Cli.Demo;

/// <summary>One answer as the demo's client got it.</summary>
internal sealed record Fetched(int Status, string CacheStatus, string ContentType, long Length, byte[] Sha256, TimeSpan Took);

/// <summary>Each document twice through the forward proxy, then one that the censor holds back.</summary>
internal sealed class HttpTrial(DemoReport report, IAnsiConsole console, TimeProvider time)
{
    private readonly List<ExpectedLine> _expected = [];

    /// <summary>What the access log must say about it.</summary>
    public IReadOnlyList<ExpectedLine> Expected => _expected;

    [SuppressMessage("Security", "CA5400", Justification = "No TLS here.")]
    public async Task RunAsync(IPEndPoint proxy, DemoOrigin origin, IReadOnlyList<Document> documents, Document secret, CancellationToken stop)
    {
        // Named outright: no proxy from the environment comes between.
        using var handler = new SocketsHttpHandler { Proxy = new WebProxy($"http://{proxy}"), UseProxy = true, AutomaticDecompression = DecompressionMethods.None };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(30) };

        var misses = report.Begin("documents, MISS");
        var hits = report.Begin("documents, HIT");
        foreach (var document in documents)
            foreach (var job in (DemoJob[])[misses, hits])
            {
                if (await TryFetchAsync(client, origin, document, job, stop) is not { } got)
                    continue;
                job.Took += got.Took;
                job.Bytes += got.Length;
                foreach (var mistake in Mistakes(got, document, hit: job == hits, origin.Asked(document.Path)))
                    job.Wrong($"{document.Path}: {mistake}");
            }

        var refusals = report.Begin("censored file, 403");
        if (await TryFetchAsync(client, origin, secret, refusals, stop) is not { } refused)
            return;
        if (refused.Status != 403)
            refusals.Wrong($"{secret.Path}: status {refused.Status}");
        if (origin.Asked(secret.Path) != 0)
            refusals.Wrong($"{secret.Path}: the origin was asked for it");
    }

    /// <summary>What is wrong with an answer.</summary>
    /// <param name="got">The answer.</param>
    /// <param name="document">What was asked for.</param>
    /// <param name="hit">Whether it must come from the cache.</param>
    /// <param name="asked">How often the origin has been asked for it until now: once, by the first request.</param>
    public static IEnumerable<string> Mistakes(Fetched got, Document document, bool hit, int asked)
    {
        if (got.Status != 200)
            yield return $"status {got.Status}";
        if (got.ContentType != document.ContentType)
            yield return $"content type '{got.ContentType}', not '{document.ContentType}'";
        if (got.Length != document.Content.Length)
            yield return $"{got.Length} bytes, not {document.Content.Length}";
        if (!got.Sha256.AsSpan().SequenceEqual(document.Sha256))
            yield return "other bytes than the origin's";
        if (IsHit(got) != hit)
            yield return $"no {(hit ? "hit" : "miss")}: Cache-Status is '{got.CacheStatus}'";
        if (asked != 1)
            yield return $"the origin was asked {asked} times";
    }

    // RFC 9211 s.2.1: the parameter that stands for an answer without asking upstream.
    private static bool IsHit(Fetched got) => got.CacheStatus.Split(';', StringSplitOptions.TrimEntries).Contains("hit");

    private async Task<Fetched?> TryFetchAsync(HttpClient client, DemoOrigin origin, Document document, DemoJob job, CancellationToken stop)
    {
        var url = $"http://{origin.EndPoint}{document.Path}";
        job.Count++;
        try
        {
            var got = await FetchAsync(client, url, stop);
            _expected.Add(new ExpectedLine(
                got.Status == 403 ? "DENIED" : IsHit(got) ? "HIT" : "MISS", got.Status, got.Length, $"GET {url}"));
            // The answer's end came on a thread that serves sockets: the terminal must not keep that one.
            await Task.Yield();
            console.Say($"   GET {document.Path,-11}  {got.Status}  {DemoReport.Number(got.Length),10} bytes  " +
                $"{got.Took.TotalMilliseconds,6:0.0} ms  sha256 {Convert.ToHexStringLower(got.Sha256.AsSpan(0, 4))}  {got.CacheStatus}".TrimEnd());
            return got;
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !stop.IsCancellationRequested))
        {
            job.Wrong($"{document.Path}: {e.Message}");
            return null;
        }
    }

    private async Task<Fetched> FetchAsync(HttpClient client, string url, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, stop);
        await using var body = await response.Content.ReadAsStreamAsync(stop);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[64 << 10];
        var length = 0L;
        while (await body.ReadAsync(buffer, stop) is > 0 and var count)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
        }
        return new Fetched(
            (int)response.StatusCode,
            response.Headers.TryGetValues("Cache-Status", out var values) ? string.Join(", ", values) : "",
            response.Content.Headers.ContentType?.MediaType ?? "",
            length,
            hash.GetHashAndReset(),
            time.GetElapsedTime(began));
    }
}
