using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Bench.Peers;

/// <summary>Runs wrk with bench/peers/wrk.lua on a list of requests.</summary>
internal static class Wrk
{
    private const string Marker = "FIGURES ";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Writes the list that wrk goes through: lines "HOST TARGET".</summary>
    public static string WriteList(Stage stage, string name, IEnumerable<(string Host, string Target)> requests)
    {
        var path = Path.Combine(stage.Folder, $"{name}.requests");
        File.WriteAllLines(path, requests.Select(request => $"{request.Host} {request.Target}"));
        return path;
    }

    /// <param name="bodyBytes">The size that every answer's body has.</param>
    public static async Task<Load> RunAsync(
        Stage stage, int port, string list, int connections, bool kept, TimeSpan duration, int bodyBytes, CancellationToken cancel)
    {
        var seconds = Math.Max(1, (int)Math.Round(duration.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        var start = new ProcessStartInfo("wrk") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["-t1", $"-c{connections}", $"-d{seconds}s", "--timeout", "10s",
                     "-s", Path.Combine(stage.Configurations, "wrk.lua"), $"http://127.0.0.1:{port}", "--", list, stage.BrowserHead, kept ? "kept" : "close"])
            start.ArgumentList.Add(argument);
        using var wrk = Process.Start(start) ?? throw new InvalidOperationException("wrk cannot be started");
        try
        {
            var output = await wrk.StandardOutput.ReadToEndAsync(cancel);
            await wrk.WaitForExitAsync(cancel);
            var line = output.Split('\n').FirstOrDefault(line => line.StartsWith(Marker, StringComparison.Ordinal))
                ?? throw new InvalidOperationException($"wrk: {output} {await wrk.StandardError.ReadToEndAsync(cancel)}");
            return Read(JsonSerializer.Deserialize<Figures>(line[Marker.Length..], Json)!, bodyBytes);
        }
        finally
        {
            if (!wrk.HasExited)
                wrk.Kill();
        }
    }

    private static Load Read(Figures figures, int bodyBytes)
    {
        string?[] problems =
        [
            Errors(figures.Connect, "connections failed"),
            Errors(figures.Read, "reads failed"),
            Errors(figures.Write, "writes failed"),
            Errors(figures.Status, "answers were not 2xx"),
            Errors(figures.Timeout, "requests timed out"),
            figures.Requests == 0 ? "no answers" : null,
            figures.Bytes < figures.Requests * bodyBytes ? "bodies were too short" : null,
        ];
        return new Load(figures.Requests, figures.Seconds)
        {
            P50Ms = figures.P50Ms,
            P99Ms = figures.P99Ms,
            P999Ms = figures.P999Ms,
            Problem = problems.Any(problem => problem is not null) ? string.Join(", ", problems.Where(problem => problem is not null)) : null,
        };
    }

    private static string? Errors(long count, string what) => count == 0 ? null : $"{count} {what}";

    private sealed record Figures(
        long Requests, double Bytes, double Seconds, double P50Ms, double P99Ms, double P999Ms,
        long Connect, long Read, long Write, long Status, long Timeout);
}
