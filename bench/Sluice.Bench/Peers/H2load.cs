using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.Bench.Peers;

/// <summary>Runs h2load (nghttp2) on a list of targets: requests at a constant rate, each with its line in a log.
/// The connections are opened as fast as requests are sent, so that their clocks are spread over a whole period
/// instead of all ticking at once.</summary>
internal static partial class H2load
{
    /// <summary>The share of requests that must be sent while they are due; with fewer, the percentiles are those of another load.</summary>
    private const double LeastInTime = 0.9;

    // It may wait for ever for a server that closes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <param name="list">A file of whole URLs; the first says where to connect.</param>
    /// <param name="rate">Requests per second of all connections together; null: each connection asks as soon as it was answered.</param>
    /// <param name="bodyBytes">The size that every answer's body has.</param>
    public static async Task<Load> RunAsync(
        Stage stage, string list, string host, int connections, double? rate, TimeSpan duration, int bodyBytes, CancellationToken cancel)
    {
        var log = Path.Combine(stage.Folder, "h2load.log");
        File.Delete(log);
        var start = new ProcessStartInfo("h2load") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--h1", "-c", Text(connections), "--log-file", log, "-i", list, "-H", $":authority: {host}",
                     .. File.ReadLines(stage.BrowserHead).SelectMany(field => (string[])["-H", field]), .. Pace(rate, connections, duration)])
            start.ArgumentList.Add(argument);
        using var h2load = Process.Start(start) ?? throw new InvalidOperationException("h2load cannot be started");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(duration + Patience);
        try
        {
            var output = await h2load.StandardOutput.ReadToEndAsync(limit.Token);
            await h2load.WaitForExitAsync(limit.Token);
            if (h2load.ExitCode != 0 || !File.Exists(log))
                throw new InvalidOperationException($"h2load: {output} {await h2load.StandardError.ReadToEndAsync(cancel)}");
            return Read(File.ReadLines(log), DataBytes(output), rate is null ? null : duration, bodyBytes);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Load(0, duration.TotalSeconds) { Problem = "h2load did not come to its end" };
        }
        finally
        {
            if (!h2load.HasExited)
                h2load.Kill();
        }
    }

    private static string[] Pace(double? rate, int connections, TimeSpan duration) => rate is not { } perSecond
        ? ["-D", Text(Math.Max(1, duration.TotalSeconds))]
        :
        [
            "--rps", Text(perSecond / connections), "-n", Text(Math.Ceiling(perSecond * duration.TotalSeconds)),
            "-r", Text(Math.Max(1, Math.Round(perSecond / 1000))), "--rate-period", "1ms",
        ];

    /// <param name="due">How long requests were due at their rate; null: without one.</param>
    /// <param name="lines">Start in µs since 1970, status (-1: none came), µs to the end of the answer; between them tabs.</param>
    private static Load Read(IEnumerable<string> lines, long dataBytes, TimeSpan? due, int bodyBytes)
    {
        long last = 0;
        var failed = 0;
        var starts = new List<long>();
        var times = new List<double>();
        foreach (var line in lines)
        {
            var columns = line.Split('\t').Select(column => long.Parse(column, CultureInfo.InvariantCulture)).Take(3).ToArray();
            starts.Add(columns[0]);
            last = Math.Max(last, columns[0] + columns[2]);
            failed += columns[1] is >= 200 and < 300 ? 0 : 1;
            times.Add(columns[2] / 1e3);
        }
        if (times.Count == 0)
            return new Load(0, 1) { Problem = "no answers" };
        times.Sort();
        var first = starts.Min();
        var inTime = due is null ? 1 : starts.Count(start => start - first <= due.Value.TotalMicroseconds) / (double)starts.Count;
        return new Load(times.Count, (last - first) / 1e6)
        {
            P50Ms = Clients.At(times, 0.5),
            P99Ms = Clients.At(times, 0.99),
            P999Ms = Clients.At(times, 0.999),
            Problem = failed > 0 ? $"{failed} answers were not 2xx"
                : dataBytes < (long)times.Count * bodyBytes ? "bodies were too short"
                : inTime < LeastInTime ? $"only {inTime:0%} of the requests could be sent in time"
                : null,
        };
    }

    /// <summary>From the line "traffic: 1MB (1000000) total, 1KB (1000) headers (...), 1MB (1000000) data".</summary>
    private static long DataBytes(string output) =>
        DataPattern().Match(output) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\((\d+)\) data")]
    private static partial Regex DataPattern();

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
