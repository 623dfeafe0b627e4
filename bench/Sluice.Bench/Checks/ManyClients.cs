// Many idle clients beside busy ones: none is dropped, every answer is right, every exchange has its record.
//
// What: N clients make one request each and then stay silent; M clients ask without pause for a while, half for what
// is stored and half for what may not be; then the silent ones ask once more on the same connection. Memory of the
// proxy is taken before, with the idle connected, under load and after.
// Facts: an idle client is dropped by the default limits after 130 s, which bounds --seconds. Client, origin and proxy
// share the machine: requests/s and latencies are those of the three together, CPU per request is the proxy's alone.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Sluice.Bench.Checks;

internal static class ManyClients
{
    private const int BlockSize = 20 << 10;
    private const int StoredUrls = 2000;
    private const int Connecting = 100; // at once
    private const int MostSeconds = 90;
    private const string Usage = "many-clients [--idle 5000] [--busy 200] [--seconds 60 (at most 90)]";
    private static readonly int[] Lengths = [1 << 10, 1 << 10, 1 << 10, 16 << 10];

    public static async Task<int> RunAsync(string[] options)
    {
        var idle = Arguments.Number(options, "--idle", 5000);
        var busy = Arguments.Number(options, "--busy", 200);
        var seconds = Arguments.Number(options, "--seconds", 60);
        if (seconds > MostSeconds)
            throw new ArgumentException(Usage);
        Console.WriteLine($"{Usage}: {idle} idle, {busy} busy, {seconds} s");
        var logFile = Path.GetTempFileName();
        using var origin = new Origin(BlockSize);
        await using var proxy = await ServedProxy.StartAsync(origin.Port, logFile);
        var prefix = $"http://127.0.0.1:{origin.Port}";
        var before = Say(proxy, "at start", 0);

        var clients = Enumerable.Range(0, idle + busy).Select(i => new Client(proxy, prefix, i)).ToList();
        var (silent, asking) = (clients[..idle], clients[idle..]);
        await EachAsync(silent);
        await Task.Delay(TimeSpan.FromSeconds(1));
        var connected = Say(proxy, $"{idle} idle clients", 0);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {(connected - before) / 1024.0 / idle:0.0} KiB per idle client (with {StoredUrls} entries in the cache)"));

        await LoadAsync(proxy, asking, seconds);
        var dropped = silent.Count(client => client.Hears);
        await EachAsync(silent);
        Say(proxy, "idle clients asked again", 0);
        clients.ForEach(client => client.Dispose());
        await Task.Delay(TimeSpan.FromSeconds(3));
        Say(proxy, "3 s after all have left", 0);

        var lost = await proxy.StopAsync();
        var faults = clients.Where(client => client.Fault is not null).ToList();
        foreach (var fault in faults.Take(10))
            Console.WriteLine($"client {fault.Number}: {fault.Fault}");
        var asked = clients.Sum(client => client.Answers);
        var (records, badRecords) = Count(logFile);
        File.Delete(logFile);
        Console.WriteLine($"{asked} answers, all checked; {origin.Requests} requests reached the origin; {records} records");
        Console.WriteLine($"clients with errors: {faults.Count}; idle connections dropped: {dropped}; records lost: {lost}; records not of a 200: {badRecords}");
        var right = faults.Count == 0 && dropped == 0 && lost == 0 && badRecords == 0 && records == asked;
        Console.WriteLine(right ? "all right" : "FAILED");
        return right ? 0 : 1;
    }

    private static async Task LoadAsync(ServedProxy proxy, List<Client> clients, int seconds)
    {
        proxy.ForgetPeak();
        var (cpu, began) = (proxy.Cpu, Stopwatch.GetTimestamp());
        using var over = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var load = Task.WhenAll(clients.Select(client => client.AskUntilAsync(over.Token)));
        for (var i = 1; i < 4; i++)
        {
            await Task.Delay(TimeSpan.FromSeconds(seconds / 4.0));
            Say(proxy, $"under load, {i}/4", proxy.PeakResidentBytes);
        }
        await load;
        var (elapsed, spent) = (Stopwatch.GetElapsedTime(began).TotalSeconds, proxy.Cpu - cpu);
        Say(proxy, "load over", proxy.PeakResidentBytes);
        var latencies = clients.SelectMany(client => client.Latencies).Order().ToList();
        if (latencies.Count == 0)
            return;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {latencies.Count} requests, {latencies.Count / elapsed:0}/s, hits {clients.Sum(c => c.Hits) * 100.0 / latencies.Count:0.0} %, CPU {spent.TotalMicroseconds / latencies.Count:0.0} us/request"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  latency p50 {At(latencies, 0.5):0.00} ms, p99 {At(latencies, 0.99):0.00} ms, most {At(latencies, 1):0.00} ms"));
    }

    private static double At(List<long> sorted, double part) =>
        Stopwatch.GetElapsedTime(0, sorted[Math.Min((int)(sorted.Count * part), sorted.Count - 1)]).TotalMilliseconds;

    private static Task EachAsync(List<Client> clients) =>
        Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = Connecting },
            async (client, _) => await client.AskAndRestAsync($"fresh/{client.Number % StoredUrls}/1024"));

    private static long Say(ServedProxy proxy, string when, long peak)
    {
        var resident = proxy.ResidentBytes;
        Console.WriteLine($"{when,-26} resident {resident >> 20,4} MiB{(peak > 0 ? $", peak {peak >> 20,4} MiB" : ""),-16} descriptors {proxy.Descriptors,5}");
        return resident;
    }

    private static (long Records, long NotOf200) Count(string file)
    {
        var (records, bad) = (0L, 0L);
        foreach (var line in File.ReadLines(file))
        {
            using var json = JsonDocument.Parse(line);
            records++;
            bad += json.RootElement.GetProperty("http_response_status_code").GetInt32() == 200 ? 0 : 1;
        }
        return (records, bad);
    }

    private sealed class Client(ServedProxy proxy, string prefix, int number) : IDisposable
    {
        private readonly Random _random = new(number);
        private Wire? _wire;

        public int Number => number;

        public string? Fault { get; private set; }

        public int Answers { get; private set; }

        public int Hits { get; private set; }

        /// <summary>Ticks of <see cref="Stopwatch"/>.</summary>
        public List<long> Latencies { get; } = [];

        /// <summary>The proxy has closed a connection on which nothing was asked.</summary>
        public bool Hears => _wire is null || _wire.HasSomethingToRead();

        public void Dispose() => _wire?.Dispose();

        public async Task AskUntilAsync(CancellationToken over)
        {
            while (Fault is null && !over.IsCancellationRequested)
            {
                var began = Stopwatch.GetTimestamp();
                var seed = _random.Next(StoredUrls);
                var kind = _random.Next(2) == 0 ? "fresh" : "private";
                await AskAsync($"{kind}/{seed}/{Lengths[seed % Lengths.Length]}");
                Latencies.Add(Stopwatch.GetTimestamp() - began);
            }
        }

        /// <summary>One request; connects for the first.</summary>
        /// <param name="path">KIND/SEED/LENGTH.</param>
        public async Task AskAsync(string path)
        {
            if (Fault is not null)
                return;
            try
            {
                Fault = await TryAskAsync(path).WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (Exception e)
            {
                Fault = $"{path}: {e.Message}";
            }
            if (Fault is null)
                Answers++;
        }

        /// <summary>As <see cref="AskAsync"/>; the connection then stays without a buffer of ours.</summary>
        public async Task AskAndRestAsync(string path)
        {
            await AskAsync(path);
            _wire?.ReleaseBuffer();
        }

        private async Task<string?> TryAskAsync(string path)
        {
            _wire ??= await Wire.ConnectAsync(proxy.Forward, BlockSize);
            await _wire.SendAsync($"GET {prefix}/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: check\r\nAccept: */*\r\n\r\n");
            var head = await _wire.ReadHeadAsync() ?? "FIN";
            if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal))
                return $"{path}: {head.Split('\r')[0]}";
            var parts = path.Split('/');
            var check = new PatternCheck(long.Parse(parts[1], CultureInfo.InvariantCulture));
            await _wire.ReadBodyAsync(head, check);
            if (Wire.Field(head, "Cache-Status")?.Contains("hit", StringComparison.Ordinal) == true)
                Hits++;
            return check.Fault(long.Parse(parts[2], CultureInfo.InvariantCulture)) is { } fault ? $"{path}: {fault}" : null;
        }
    }
}
