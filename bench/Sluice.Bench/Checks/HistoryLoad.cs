// The history keeps up: so many records each second for so long, none dropped.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Records;
using Sluice.Records.History;

namespace Sluice.Bench.Checks;

internal static class HistoryLoad
{
    private const string Usage = "history-load [--rate 60000] [--seconds 60] [--size 1GiB] [--folder FOLDER]";

    public static async Task<int> RunAsync(string[] options)
    {
        var rate = Arguments.Number(options, "--rate", 60_000);
        var seconds = Arguments.Number(options, "--seconds", 60);
        var size = Arguments.Size(options, "--size", "1GiB");
        var folder = Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-history-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        Console.WriteLine($"{Usage}: {rate} records/s for {seconds} s, {size >> 20} MiB in {folder}");
        var path = Path.Combine(folder, "history.db");
        var records = MadeRecords.Mixed(4096).ToList();
        using var file = HistoryFile.Open(new HistoryOptions { Path = path, SizeBytes = size });
        var (cpu, began, slowest) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.GetTimestamp(), 0.0);
        var count = 0L;
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var at = Stopwatch.GetTimestamp();
            file.Append(records, 0, TimeProvider.System.GetUtcNow());
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(at).TotalMilliseconds);
            count += records.Count;
        }
        var spent = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{count / Stopwatch.GetElapsedTime(began).TotalSeconds:0}/s, CPU {spent.TotalMicroseconds / count:0.00} us, slowest {slowest:0} ms, {new FileInfo(path).Length >> 20} + {new FileInfo(path + "-wal").Length >> 20} MiB, {(double)new FileInfo(path).Length / count:0}"));
        Directory.Delete(folder, true);
        await Task.Yield();
        return 0;
    }
}
