// The history keeps up: so many records each second for so long, none dropped, and its files within their bound.
//
// What: records as browsers leave them are handed over at a steady rate, as the proxy hands them over; nothing else runs in the process.
// Strategy: CPU time of the process, less that of handing the same records to no output, is what the history costs.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;

namespace Sluice.Bench.Checks;

internal static class HistoryLoad
{
    private const string Usage = "history-load [--rate 60000] [--seconds 60] [--size 1GiB] [--folder FOLDER]";
    private const int Kept = 16 << 10;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    public static async Task<int> RunAsync(string[] options)
    {
        var rate = Arguments.Number(options, "--rate", 60_000);
        var seconds = Arguments.Number(options, "--seconds", 60);
        var size = Arguments.Size(options, "--size", "1GiB");
        var folder = Directory.CreateDirectory(Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-history-{Environment.ProcessId}")).FullName;
        Console.WriteLine($"{Usage}: {rate} records/s for {seconds} s, {size >> 20} MiB in {folder}");
        var records = MadeRecords.Mixed(Kept).ToList();
        var history = new HistoryOptions { Path = Path.Combine(folder, "history.db"), SizeBytes = size };
        var none = await HandOverAsync(LogOptions.Off, records, rate, 5, null);
        var run = await HandOverAsync(LogOptions.Off with { History = history }, records, rate, seconds, history.Path);
        Directory.Delete(folder, recursive: true);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{run.Records} records, {run.Records / run.Seconds:0}/s; dropped {run.Dropped}; CPU {run.CpuMicroseconds - none.CpuMicroseconds:0.00} us a record; at most {run.MostBytes >> 20} MiB"));
        var right = run.Dropped == 0 && run.MostBytes <= size;
        Console.WriteLine(right ? "all right" : "FAILED");
        return right ? 0 : 1;
    }

    private readonly record struct Run(long Records, double Seconds, long Dropped, double CpuMicroseconds, long MostBytes);

    private static async Task<Run> HandOverAsync(LogOptions options, List<ExchangeRecord> records, int rate, int seconds, string? path)
    {
        var (cpu, began, count, most) = (Cpu(), Stopwatch.GetTimestamp(), 0L, 0L);
        var log = new AccessLog(options, TimeProvider.System, NullLogger.Instance);
        for (double elapsed; (elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds) < seconds; await Task.Delay(Step))
        {
            for (; count < elapsed * rate; count++)
                log.Write(records[(int)(count % records.Count)]);
            most = path is null ? 0 : Math.Max(most, new[] { path, path + "-wal" }.Where(File.Exists).Sum(file => new FileInfo(file).Length));
        }
        var took = Stopwatch.GetElapsedTime(began).TotalSeconds;
        await log.DisposeAsync();
        return new Run(count, took, log.Dropped, (Cpu() - cpu).TotalMicroseconds / count, most);
    }

    private static TimeSpan Cpu()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }
}
