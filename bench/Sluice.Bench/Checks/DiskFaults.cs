// Whatever the disk does, the worst that comes of it is that the origin is asked.
//
// What: one fault after another under a store that is in use: no room on its file system, and room again; a folder in which nothing can be
// made or removed; a folder that is gone; files cut short, before they were read since the start and after; files overwritten with other octets
// before that; a clock that steps back, and forth.
// Strategy: every answer is compared to the byte with the version that it says it is. Each fault is a row: what clients got, what the proxy
// counted and what it logged. A body of which a part has gone out when the damage is met can only be broken off; whoever asks
// again must get it.
// Facts: what somebody changes in a file while the proxy runs, after it was compared, is not noticed: it goes from the file to the socket, as
// with every server that does so. Needs root, for a small tmpfs (mount) and a folder that even root cannot write to (chattr +i). The clock
// is libfaketime's, where its library is given. A disk that fails to read (EIO) is not here: a device that does so needs more than a folder.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Sluice.Cache;

namespace Sluice.Bench.Checks;

internal static class DiskFaults
{
    private const int Urls = 120;
    private const int Clients = 8;
    private const string Usage = "disk-faults [--seconds 3] [--folder FOLDER] [--faketime LIBRARY]";

    // Longer than the longest pause after a write that failed.
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(90);

    /// <summary>What clients got while a fault was there.</summary>
    private sealed class Row
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<int, int> _statuses = [];

        public int Right { get; private set; }

        public int FromStore { get; private set; }

        public int Broken { get; private set; }

        public int BrokenTwice { get; private set; }

        public List<string> Wrong { get; } = [];

        public int Refused => _statuses.Values.Sum();

        public string Statuses => string.Join(", ", _statuses.Select(status => $"{status.Value} x {status.Key}"));

        public void Note(ChangingAnswer answer, ChangingAnswer? again)
        {
            lock (_lock)
            {
                if (answer.Fault is { } fault)
                    Wrong.Add(fault);
                else if (answer.Status == 0)
                    Broken++;
                else if (answer.Status == 200)
                    Right++;
                else
                    _statuses[answer.Status] = _statuses.GetValueOrDefault(answer.Status) + 1;
                FromStore += answer.Stored ? 1 : 0;
                BrokenTwice += again is null or { Status: 200, Fault: null } ? 0 : 1;
            }
        }
    }

    public static async Task<int> RunAsync(string[] options)
    {
        var seconds = TimeSpan.FromSeconds(Arguments.Number(options, "--seconds", 3));
        var parent = Path.Combine(Arguments.Value(options, "--folder", Path.GetTempPath()), $"sluice-disk-faults-{Environment.ProcessId}");
        var fakeTime = Arguments.Value(options, "--faketime", "");
        Console.WriteLine($"{Usage}: {Urls} URLs of 1 KiB to 8 MiB, {Clients} clients");
        var right = true;
        foreach (var (name, run) in (IReadOnlyList<(string, Func<Stand, Task>)>)
            [("no room", NoRoomAsync), ("nothing can be made or removed", ImmutableAsync), ("the folder goes", GoneAsync),
             ("damage", DamageAsync), ("clock", stand => ClockAsync(stand, fakeTime))])
        {
            Directory.CreateDirectory(parent);
            using var origin = new Origin(64 << 10);
            await using var stand = new Stand(Path.Combine(parent, "store"), origin, seconds);
            Console.WriteLine($"{name}:");
            await run(stand);
            right &= stand.IsRight;
        }
        Directory.Delete(parent, recursive: true);
        Console.WriteLine(right ? "all right" : "FAILED");
        return right ? 0 : 1;
    }

    private static async Task NoRoomAsync(Stand stand)
    {
        Directory.CreateDirectory(stand.Folder);
        await RunAsync("mount", "-t", "tmpfs", "-o", "size=64m", "none", stand.Folder);
        try
        {
            // Somebody else's.
            var ballast = Path.Combine(stand.Folder, "ballast");
            await File.WriteAllBytesAsync(ballast, new byte[32 << 20]);
            await stand.StartAsync();
            await stand.RowAsync("the file system fills up", faulty: true);
            await stand.RowAsync("it is full", faulty: true);
            File.Delete(ballast);
            await stand.AwaitStoreAsync("there is room again");
            await stand.RowAsync("after that");
        }
        finally
        {
            await stand.StopAsync();
            await RunAsync("umount", stand.Folder);
        }
    }

    private static async Task ImmutableAsync(Stand stand)
    {
        await stand.StartAsync(bytes: 64 << 20);
        await stand.RowAsync("as usual");
        await RunAsync("chattr", "+i", stand.Folder);
        try
        {
            await stand.RowAsync("nothing can be made or removed", faulty: true);
        }
        finally
        {
            await RunAsync("chattr", "-i", stand.Folder);
        }
        await stand.AwaitStoreAsync("it can again");
        await stand.RowAsync("after that");
    }

    private static async Task GoneAsync(Stand stand)
    {
        await stand.StartAsync();
        await stand.RowAsync("as usual");
        Directory.Delete(stand.Folder, recursive: true);
        await stand.RowAsync("it is gone", faulty: true);
        await stand.RestartAsync();
        await stand.RowAsync("started again");
    }

    private static async Task DamageAsync(Stand stand)
    {
        foreach (var (what, damage, afterStart) in (IReadOnlyList<(string, Action<string>, bool)>)
            [("cut short", Cut, false), ("cut short after a start", Cut, true), ("overwritten after a start", Overwrite, true)])
        {
            await stand.RestartAsync();
            await stand.RowAsync("as usual");
            await stand.EachAsync("all read once");
            if (afterStart)
                await stand.RestartAsync();
            foreach (var file in Directory.GetFiles(stand.Folder).Where(file => Path.GetExtension(file) is ".seg" or ".one"))
                damage(file);
            await stand.EachAsync($"all files {what}", mayBreak: true);
            await stand.EachAsync("asked again");
        }
    }

    private static async Task ClockAsync(Stand stand, string library)
    {
        if (library.Length == 0)
        {
            Console.WriteLine("  left out: no --faketime");
            return;
        }
        var clock = stand.Folder + ".clock";
        await File.WriteAllTextAsync(clock, "+0");
        await stand.StartAsync(environment: new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME_TIMESTAMP_FILE"] = clock,
            ["FAKETIME_NO_CACHE"] = "1",
            ["DONT_FAKE_MONOTONIC"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        });
        await stand.EachAsync("as usual");
        await File.WriteAllTextAsync(clock, "-2d");
        await stand.EachAsync("two days back");
        await stand.RowAsync("with changes");
        await stand.RestartAsync();
        await stand.EachAsync("started again in the past");
        await File.WriteAllTextAsync(clock, "+0");
        await stand.EachAsync("as it was");
        // The origin says max-age=86400.
        await File.WriteAllTextAsync(clock, "+2d");
        await stand.EachAsync("two days on", stale: true);
    }

    private static void Cut(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(handle, RandomAccess.GetLength(handle) / 2);
    }

    private static void Overwrite(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        // Each quarter of a page, so that no entry is as it was.
        for (var at = 0L; at < RandomAccess.GetLength(handle); at += 1024)
            RandomAccess.Write(handle, RandomNumberGenerator.GetBytes(16), at);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: exit code {process.ExitCode}");
    }

    /// <summary>A proxy with its store, and the clients.</summary>
    private sealed class Stand(string folder, Origin origin, TimeSpan duration) : IAsyncDisposable
    {
        private readonly string _logFile = Path.GetTempFileName();
        private ServedProxy? _proxy;
        private CacheOptions? _cache;
        private IReadOnlyDictionary<string, string>? _environment;
        private DiskCounters _before;
        private int _said;

        public string Folder => folder;

        public bool IsRight { get; private set; } = true;

        public Task StartAsync(long bytes = 1L << 30, IReadOnlyDictionary<string, string>? environment = null)
        {
            _cache = new CacheOptions { MemoryBytes = 0, Disk = new DiskOptions { Path = folder, SizeBytes = bytes } };
            _environment = environment;
            return RestartAsync();
        }

        /// <summary>Stops it in peace, and starts it.</summary>
        public async Task RestartAsync()
        {
            if (_cache is null)
            {
                await StartAsync();
                return;
            }
            await StopAsync();
            _proxy = await ServedProxy.StartAsync(origin.Port, _logFile, _cache, _environment);
            (_before, _said) = (default, 0);
        }

        public async Task StopAsync()
        {
            if (_proxy is null)
                return;
            await _proxy.StopAsync();
            await _proxy.DisposeAsync();
            _proxy = null;
        }

        /// <summary>All clients for a while, half of it for what is stored, half of it anew.</summary>
        /// <param name="faulty">Something must have been counted and logged.</param>
        public async Task RowAsync(string name, bool faulty = false)
        {
            var row = new Row();
            using var over = new CancellationTokenSource(duration);
            await EachClientAsync(async (client, number) =>
            {
                var random = new Random(number);
                while (!over.IsCancellationRequested)
                    await AskAsync(row, client, random.Next(Urls), random.Next(2) == 0 ? "" : ChangingClient.Anew);
            });
            await SayAsync(name, row, mayBreak: false, faulty);
        }

        /// <summary>Each URL once, as it is stored.</summary>
        /// <param name="stale">None may come from the store.</param>
        public async Task EachAsync(string name, bool mayBreak = false, bool stale = false)
        {
            var row = new Row();
            await EachClientAsync(async (client, number) =>
            {
                for (var url = number; url < Urls; url += Clients)
                    await AskAsync(row, client, url, "");
            });
            if (stale && row.FromStore > 0)
                row.Wrong.Add($"{row.FromStore} answers from the store that are stale");
            await SayAsync(name, row, mayBreak, faulty: false);
        }

        /// <summary>Until what is fetched is stored once more.</summary>
        public async Task AwaitStoreAsync(string name)
        {
            using var client = new ChangingClient(_proxy!.Reverse, origin);
            var began = Stopwatch.GetTimestamp();
            for (var url = 0; Stopwatch.GetElapsedTime(began) < Recovery; url = (url + 1) % Urls)
            {
                var answer = await client.AskAsync(url, ChangingClient.Anew);
                await Task.Delay(500);
                var held = await client.AskAsync(url, ChangingClient.OnlyIfCached);
                if (held.Version is not null && held.Version == answer.Version && _proxy.Said.Skip(_said).Any(line => line.Contains("stores again", StringComparison.Ordinal)))
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: stores again after {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s"));
                    return;
                }
            }
            Console.WriteLine($"  {name}: does NOT store again");
            IsRight = false;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync();
            File.Delete(_logFile);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }

        private Task EachClientAsync(Func<ChangingClient, int, Task> ask) =>
            Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
            {
                using var client = new ChangingClient(_proxy!.Reverse, origin);
                await ask(client, number);
            })));

        private static async Task AskAsync(Row row, ChangingClient client, int url, string fields)
        {
            var answer = await client.AskAsync(url, fields);
            row.Note(answer, answer is { Status: 200, Fault: null } ? null : await client.AskAsync(url, fields));
        }

        private async Task SayAsync(string name, Row row, bool mayBreak, bool faulty)
        {
            // The writer is behind the answers.
            await Task.Delay(500);
            var disk = (await _proxy!.CountersAsync()).Disk!.Value;
            Console.WriteLine($"  {name}: {row.Right} right ({row.FromStore} from the store), {row.Broken} broken off ({row.BrokenTwice} when asked again), {row.Refused} refused {row.Statuses}, {row.Wrong.Count} wrong; "
                + $"counted: {disk.WriteFaults - _before.WriteFaults} writes failed, {disk.ReadFaults - _before.ReadFaults} reads failed, {disk.Damaged - _before.Damaged} damaged, {disk.Refused - _before.Refused} not taken");
            foreach (var wrong in row.Wrong.Take(3))
                Console.WriteLine($"    WRONG {wrong}");
            var said = _proxy.Said.Skip(_said).Where(line => line.Contains("Sluice.Cache", StringComparison.Ordinal) && !line.Contains("loaded in", StringComparison.Ordinal));
            foreach (var line in said)
                Console.WriteLine($"    logged: {line}");
            var counted = disk.WriteFaults + disk.ReadFaults + disk.Damaged > _before.WriteFaults + _before.ReadFaults + _before.Damaged;
            var isRight = row.Wrong.Count == 0 && row.BrokenTwice == 0 && row.Refused == 0 && (mayBreak || row.Broken == 0) && (!faulty || counted);
            if (!isRight)
                Console.WriteLine("    NOT AS IT MUST BE");
            IsRight &= isRight;
            (_before, _said) = (disk, _proxy.Said.Count);
        }
    }
}
