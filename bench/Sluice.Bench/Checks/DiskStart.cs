using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Cache.Disk;
using Sluice.Cache.Memory;
using Sluice.Http;

namespace Sluice.Bench.Checks;

/// <summary>How long a store with many entries takes to open: until the first answer, and until all is found again.
/// Ends with 1 where an entry of a sample is missing after it was loaded.</summary>
internal static class DiskStart
{
    private const string Usage = "disk-start [--entries 1000000] [--folder FOLDER]";

    public static async Task<int> RunAsync(string[] options)
    {
        var entries = Arguments.Number(options, "--entries", 1_000_000);
        var folder = Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-disk-start-{Environment.ProcessId}");
        var disk = new DiskOptions { Path = folder, SizeBytes = 16L << 30 };
        Console.WriteLine($"{Usage}: {entries} entries in {folder}");
        try
        {
            await using (var tier = new DiskTier(disk, TimeProvider.System, NullLogger.Instance))
            {
                var began = Stopwatch.GetTimestamp();
                for (var i = 0; i < entries; i++)
                    while (!tier.TryPut(Make(i)))
                        await tier.WrittenAsync();
                await tier.WrittenAsync();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"written: {tier.Counters.Entries} entries, {tier.Counters.Bytes >> 20} MiB in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
            }
            var opened = Stopwatch.GetTimestamp();
            await using var again = new DiskTier(disk, TimeProvider.System, NullLogger.Instance);
            var ready = Stopwatch.GetElapsedTime(opened);
            while ((await again.FindAsync(KeyOf(entries - 1))).Length == 0)
                await Task.Yield();
            var first = Stopwatch.GetElapsedTime(opened);
            await again.Loading;
            var all = Stopwatch.GetElapsedTime(opened);
            var missing = 0;
            for (var i = 0; i < entries; i += 997)
                missing += (await again.FindAsync(KeyOf(i))).Length == 0 ? 1 : 0;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"opened: takes requests after {ready.TotalMilliseconds:0.0} ms, finds the newest entry after {first.TotalMilliseconds:0.0} ms, all {again.Counters.Entries} after {all.TotalSeconds:0.00} s; missing in the sample: {missing}"));
            return missing == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CacheKey KeyOf(int i) => new("", "http", "origin.test", 80, string.Create(CultureInfo.InvariantCulture, $"/path/of/some/length/{i}.html"));

    private static Entry Make(int i)
    {
        var now = Moment.Now(TimeProvider.System);
        var fields = new FieldList
        {
            { "Date", HttpDate.Format(now.Wall) }, { "Content-Type", "text/html; charset=utf-8" }, { "Cache-Control", "max-age=600" },
            { "ETag", string.Create(CultureInfo.InvariantCulture, $"\"{i}\"") }, { "Content-Length", "100" },
        };
        var head = EntryHead.Of([], new ResponseHead { Status = 200, Fields = fields }, ResponseDirectives.Of(fields, []), new Receipt(now, now, null));
        return new Entry(KeyOf(i), head, new Body(new ReadOnlySequence<byte>(new byte[100]), 100), null);
    }
}
