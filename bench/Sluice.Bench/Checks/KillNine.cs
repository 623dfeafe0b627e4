// A store on disk survives kill -9: nothing torn, nothing wrong, and only what was being written is lost.
//
// What: clients have many URLs fetched anew and stored, of 1 KiB to 8 MiB, and ask for what is stored; at a random moment the proxy gets
// SIGKILL and is started again on the same folder; then each URL that was stored is asked for with only-if-cached (RFC 9111 s.5.2.1.7), at
// once and again when all has been loaded.
// Strategy: each answer's ETag says which version it is and every byte is compared with that version, so that a torn, mixed or invented answer
// is noticed. Each URL belongs to one client, so that it is known which version was stored last, and when.
// Facts: what is stored is written a moment later, and not at all where the disk is too slow for the load; so a version must be there only if
// it had been read back, and the proxy has said since then that nothing waits to be written. An older version than the last is
// right, and lost all the same.
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Sluice.Cache;

namespace Sluice.Bench.Checks;

internal static class KillNine
{
    private const int Readers = 8;
    private const string Usage = "kill-nine [--times 200] [--urls 400] [--clients 16] [--size 8GiB] [--folder FOLDER] (--size 256MiB: with evictions)";
    private const long Large = 2L << 30;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly int[] AgesMs = [50, 200, 1000, int.MaxValue];

    public static async Task<int> RunAsync(string[] options)
    {
        var times = Arguments.Number(options, "--times", 200);
        var urls = Arguments.Number(options, "--urls", 400);
        var clients = Arguments.Number(options, "--clients", 16);
        var size = Arguments.Size(options, "--size", "8GiB");
        var folder = Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-kill-nine-{Environment.ProcessId}");
        Console.WriteLine($"{Usage}: {times} times, {urls} URLs, {clients} clients, a store of {size >> 20} MiB in {folder}");
        // What memory holds says nothing of the disk.
        var cache = new CacheOptions { MemoryBytes = 0, Disk = new DiskOptions { Path = folder, SizeBytes = size } };
        using var origin = new Origin(256 << 10);
        var known = new Known?[urls];
        var (tally, random) = (new Tally(), new Random(9));
        var logFile = Path.GetTempFileName();
        try
        {
            for (var kills = 0; tally.Wrong.IsEmpty;)
            {
                var began = Stopwatch.GetTimestamp();
                await using var proxy = await ServedProxy.StartAsync(origin.Port, logFile, cache);
                tally.StartSeconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
                await CheckAsync(proxy, origin, known, tally, began);
                if (kills == times)
                    break;
                if (HasRoom(size, (await proxy.CountersAsync()).Disk!.Value))
                {
                    await LoadAsync(proxy, origin, known, clients, TimeSpan.FromMilliseconds(random.Next(100, 2500)), tally);
                    if (++kills % 20 == 0)
                        Console.WriteLine($"  {kills} kills: {tally.Found} found, {tally.Lost} lost, {tally.Wrong.Count} wrong");
                }
                else
                {
                    // Before anything is evicted: with an empty folder again.
                    await proxy.KillAsync();
                    Directory.Delete(folder, recursive: true);
                    Array.Clear(known);
                }
                await File.WriteAllTextAsync(logFile, "");
            }
        }
        finally
        {
            File.Delete(logFile);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        return Say(tally, evicts: size < Large);
    }

    private static bool HasRoom(long size, DiskCounters disk) => size < Large || disk.Bytes < size / 2;

    /// <summary>Load, and in the middle of it the kill.</summary>
    private static async Task LoadAsync(ServedProxy proxy, Origin origin, Known?[] known, int clients, TimeSpan duration, Tally tally)
    {
        using var over = new CancellationTokenSource();
        var load = Enumerable.Range(0, clients).Select(number => Task.Run(() => AskAsync(proxy, origin, known, number, clients, tally, over.Token))).ToList();
        DiskCounters disk;
        for (var began = Stopwatch.GetTimestamp();;)
        {
            var asked = Stopwatch.GetTimestamp();
            disk = (await proxy.CountersAsync()).Disk!.Value;
            if (disk.WaitingBytes == 0)
                tally.WrittenAt = asked;
            if (Stopwatch.GetElapsedTime(began) >= duration)
                break;
            await Task.Delay(LookEvery);
        }
        tally.Evictions += disk.Evictions;
        tally.Refused += disk.Refused;
        var kill = proxy.KillAsync();
        await over.CancelAsync();
        await kill;
        tally.KilledAt = Stopwatch.GetTimestamp();
        await Task.WhenAll(load);
    }

    private static async Task AskAsync(ServedProxy proxy, Origin origin, Known?[] known, int number, int clients, Tally tally, CancellationToken over)
    {
        using var client = new ChangingClient(proxy.Reverse, origin);
        var random = new Random();
        while (!over.IsCancellationRequested)
        {
            var url = random.Next(known.Length / clients) * clients + number;
            var before = known[url];
            // What is old enough is read back; what was not kept in the first place cannot be lost.
            if (before is not null && random.Next(3) == 0)
            {
                var held = await client.AskAsync(url, ChangingClient.OnlyIfCached);
                tally.Note(held);
                if (held.Status == 504)
                    known[url] = null;
                else if (held.Version == before.Version)
                    before.HeldAt ??= Stopwatch.GetTimestamp();
                continue;
            }
            var answer = await client.AskAsync(url, ChangingClient.Anew);
            tally.Note(answer);
            if (answer.Version is { } version)
                known[url] = new Known(version, Stopwatch.GetTimestamp());
            else if (answer.Status == 0)
            {
                // What it was to replace may be gone, or not.
                known[url] = null;
                tally.InFlight();
            }
        }
    }

    private static async Task CheckAsync(ServedProxy proxy, Origin origin, Known?[] known, Tally tally, long began)
    {
        // While what was stored is still being found: right, or not there.
        for (var pass = 0; (await proxy.CountersAsync()).Disk!.Value.Loads; pass++)
        {
            using var client = new ChangingClient(proxy.Reverse, origin);
            tally.Note(await client.AskAsync(pass % known.Length, ChangingClient.OnlyIfCached));
            tally.WhileLoading++;
        }
        tally.LoadSeconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds);
        await Parallel.ForAsync(0, Readers, async (reader, _) =>
        {
            using var client = new ChangingClient(proxy.Reverse, origin);
            for (var url = reader; url < known.Length; url += Readers)
            {
                var held = await client.AskAsync(url, ChangingClient.OnlyIfCached);
                tally.Note(held);
                if (held.Status is not (200 or 504))
                    tally.Wrong.Enqueue($"/changing/{url}: status {held.Status}");
                tally.Compare(known[url], held.Version);
                known[url] = held.Version is { } version ? new Known(version, 0) { HeldAt = 0 } : null;
            }
        });
    }

    private static int Say(Tally tally, bool evicts)
    {
        foreach (var wrong in tally.Wrong.Take(10))
            Console.WriteLine($"WRONG {wrong}");
        Console.WriteLine($"answers compared to the byte: {tally.Whole}; wrong: {tally.Wrong.Count}; asked while loading: {tally.WhileLoading}");
        Console.WriteLine($"in flight at the kills: {tally.Torn} answers; stored before: {tally.Found} found, {tally.Newer} found newer, {tally.Older} older than the last, {tally.Lost} lost");
        Console.WriteLine($"lost or older by their age at the kill: {string.Join(", ", AgesMs.Zip(tally.LostByAge, (ms, count) => $"{(ms == int.MaxValue ? "more" : $"to {ms} ms")}: {count}"))}; of these written before: {tally.LostThoughWritten}");
        Console.WriteLine($"evicted files: {tally.Evictions}; not taken by the disk: {tally.Refused}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"start to the first answer: median {At(tally.StartSeconds, 0.5):0.00} s, most {At(tally.StartSeconds, 1):0.00} s; all loaded: median {At(tally.LoadSeconds, 0.5):0.00} s, most {At(tally.LoadSeconds, 1):0.00} s"));
        var right = tally.Wrong.IsEmpty && (evicts || tally.LostThoughWritten == 0);
        Console.WriteLine(right ? "all right" : "FAILED");
        return right ? 0 : 1;
    }

    private static double At(List<double> figures, double part) => figures.Order().ElementAt(Math.Min((int)(figures.Count * part), figures.Count - 1));

    /// <summary>The last version of a URL that a client got whole, and when; 0: in an earlier life.</summary>
    private sealed record Known(Version Version, long At)
    {
        /// <summary>When it was read back from the store, the first time.</summary>
        public long? HeldAt { get; set; }
    }

    private sealed class Tally
    {
        private readonly Lock _lock = new();

        public ConcurrentQueue<string> Wrong { get; } = [];

        public List<double> StartSeconds { get; } = [];

        public List<double> LoadSeconds { get; } = [];

        public long[] LostByAge { get; } = new long[AgesMs.Length];

        public long KilledAt { get; set; }

        /// <summary>Nothing waited to be written.</summary>
        public long WrittenAt { get; set; }

        public long Whole { get; private set; }

        public long Torn { get; private set; }

        public long Found { get; private set; }

        public long Newer { get; private set; }

        public long Older { get; private set; }

        public long Lost { get; private set; }

        public long LostThoughWritten { get; private set; }

        public long WhileLoading { get; set; }

        public long Evictions { get; set; }

        public long Refused { get; set; }

        public void Note(ChangingAnswer answer)
        {
            if (answer.Fault is { } fault)
                Wrong.Enqueue(fault);
            lock (_lock)
                Whole += answer.Version is null ? 0 : 1;
        }

        public void InFlight()
        {
            lock (_lock)
                Torn++;
        }

        public void Compare(Known? stored, Version? held)
        {
            if (stored is null)
                return;
            lock (_lock)
            {
                if (held is { } version && version.Number >= stored.Version.Number)
                {
                    (Found, Newer) = version == stored.Version ? (Found + 1, Newer) : (Found, Newer + 1);
                    return;
                }
                (Older, Lost) = held is null ? (Older, Lost + 1) : (Older + 1, Lost);
                var age = Stopwatch.GetElapsedTime(stored.At, KilledAt).TotalMilliseconds;
                LostByAge[Array.FindIndex(AgesMs, most => age <= most)]++;
                LostThoughWritten += stored.HeldAt < WrittenAt ? 1 : 0;
            }
        }
    }
}
