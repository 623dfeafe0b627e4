using System.Collections.Concurrent;
using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sluice.Bench.Peers;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Bench.Checks;

/// <summary>
/// The proxy under check, as a process of its own: this executable again, with a forward, a reverse and a tcp listener, and a forward one without a policy,
/// on ports that the system chooses, a cache (in memory, of 64 MiB, unless it is asked for another), the list of 10,000 names and its access log as
/// JSON in a file. It serves until its standard input ends; the lines on it are questions. What it logs of itself is kept.
/// </summary>
internal sealed class ServedProxy : IAsyncDisposable
{
    public const string Command = "serve-child";
    private const string List = "list";
    private const string Allocated = "allocated";
    private const string WatchTypes = "watch-types";
    private const string Types = "types";
    private const string Counters = "counters";
    private const int MostTypes = 40;
    private static readonly TimeSpan StopWithin = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly IPEndPoint[] _endPoints;
    private readonly ConcurrentQueue<string> _said;

    private ServedProxy(Process process, IPEndPoint[] endPoints, ConcurrentQueue<string> said)
    {
        _process = process;
        _endPoints = endPoints;
        _said = said;
    }

    /// <summary>Its own log so far: information and above.</summary>
    public IReadOnlyCollection<string> Said => _said;

    /// <summary>Of the listeners, in the configuration's order.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _endPoints;

    public IPEndPoint Forward => _endPoints[0];

    public IPEndPoint Reverse => _endPoints[1];

    public IPEndPoint Relay => _endPoints[2];

    /// <summary>Forward, without a policy.</summary>
    public IPEndPoint Open => _endPoints[3];

    /// <summary>User and system, all threads, since the start; in steps of 10 ms.</summary>
    public TimeSpan Cpu
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public long ResidentBytes => StatusOf("VmRSS:");

    /// <summary>Since the start or <see cref="ForgetPeak"/>.</summary>
    public long PeakResidentBytes => StatusOf("VmHWM:");

    public int Descriptors => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    public void ForgetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    public static Task<ServedProxy> StartAsync(int originPort, string logFile, CacheOptions? cache = null, IReadOnlyDictionary<string, string>? environment = null) =>
        StartAsync([$"{originPort}", logFile, JsonSerializer.Serialize(cache ?? new CacheOptions { MemoryBytes = 64L << 20 })], environment ?? ReadOnlyDictionary<string, string>.Empty);

    /// <summary>Of a configuration file, which it watches, instead of the listeners above; of several: as many proxies in one process.</summary>
    public static Task<ServedProxy> StartAsync(params string[] configurationFiles) => StartAsync(configurationFiles, ReadOnlyDictionary<string, string>.Empty);

    private static async Task<ServedProxy> StartAsync(string[] options, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Command, .. options])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As the product's own Main and runtime configuration have it.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is not null)
                said.Enqueue(line.Data);
        };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"the proxy did not start: {string.Join(" | ", said)}");
        return new ServedProxy(process, [.. line.Split(' ').Select(IPEndPoint.Parse)], said);
    }

    /// <summary>What it has allocated on its heap since its start, exactly; the question itself costs some 100 bytes.</summary>
    public async Task<Heap> AllocatedAsync() => JsonSerializer.Deserialize<Heap>(await AskAsync(Allocated))!;

    /// <summary>From now on it samples what it allocates, which costs allocations too.</summary>
    public Task WatchTypesAsync() => AskAsync(WatchTypes);

    /// <summary>The types it allocated most of since <see cref="WatchTypesAsync"/>, which ends.</summary>
    public async Task<List<AllocatedType>> TypesAsync() => JsonSerializer.Deserialize<List<AllocatedType>>(await AskAsync(Types))!;

    public async Task<CacheCounters> CountersAsync() => JsonSerializer.Deserialize<CacheCounters>(await AskAsync(Counters))!;

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Drains it; returns the records that its log dropped.</summary>
    public async Task<long> StopAsync()
    {
        _process.StandardInput.Close();
        var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(StopWithin);
        await _process.WaitForExitAsync().WaitAsync(StopWithin);
        return long.Parse(line!, CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>In the child.</summary>
    public static async Task<int> ServeAsync(string[] options)
    {
        using var loggers = LoggerFactory.Create(log => log.AddSimpleConsole(line => line.SingleLine = true)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        var proxies = new List<Proxy>();
        if (int.TryParse(options[0], CultureInfo.InvariantCulture, out _))
            proxies.Add(await Proxy.StartAsync(Made(options), loggers, TimeProvider.System));
        else
            foreach (var file in options)
                proxies.Add(await OfFileAsync(file, loggers));
        Console.WriteLine(string.Join(' ', proxies.SelectMany(proxy => proxy.EndPoints)));
        await AnswerAsync(proxies[0]);
        foreach (var proxy in proxies)
            await proxy.DisposeAsync();
        Console.WriteLine(proxies.Sum(proxy => proxy.DroppedRecords));
        return 0;
    }

    private static Task<Proxy> OfFileAsync(string file, ILoggerFactory loggers)
    {
        var source = new ConfigurationSource(tryPorts => ConfigurationFile.Load(file, new Dictionary<string, string>(), tryPorts), file);
        var loaded = source.Read(tryPorts: true);
        return Proxy.StartAsync(
            loaded.Configuration ?? throw new InvalidDataException(string.Join('\n', loaded.Problems)), loggers, TimeProvider.System, source);
    }

    private static Configuration Made(string[] options)
    {
        var origin = new HostPort("127.0.0.1", int.Parse(options[0], CultureInfo.InvariantCulture));
        return new Configuration
        {
            Listeners = [Listener(ListenerKind.Forward, null), Listener(ListenerKind.Reverse, origin), Listener(ListenerKind.Tcp, origin), Listener(ListenerKind.Forward, null) with { Name = "open", Policy = null }],
            Cache = JsonSerializer.Deserialize<CacheOptions>(options[2])!,
            Policies = [new PolicyOptions { Name = List, DefaultAllows = true, Rules = [new RuleOptions { Id = List, Action = RuleAction.Deny, Hosts = [.. BlockList.Lines] }] }],
            Log = new LogOptions { Access = [new LogOutputOptions { Format = LogFormat.Json, File = options[1] }] },
            Limits = new LimitOptions { ConnectPorts = [new PortRange(1, 65535)] },
        };
    }

    /// <summary>In the child: until its standard input ends.</summary>
    private static async Task AnswerAsync(Proxy proxy)
    {
        AllocatedTypes? types = null;
        while (await Console.In.ReadLineAsync() is { } question)
        {
            if (question == WatchTypes)
                types = new AllocatedTypes();
            object? answer = question switch
            {
                Allocated => new Heap(GC.GetTotalAllocatedBytes(precise: true), GC.CollectionCount(0), GC.CollectionCount(2), GC.GetTotalPauseDuration()),
                Types => types?.Most(MostTypes),
                Counters => proxy.Cache.Counters,
                _ => null,
            };
            if (question == Types)
                types?.Dispose();
            Console.WriteLine(JsonSerializer.Serialize(answer));
        }
    }

    private async Task<string> AskAsync(string question)
    {
        await _process.StandardInput.WriteLineAsync(question);
        return await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the proxy has ended");
    }

    private static ListenerOptions Listener(ListenerKind kind, HostPort? to) => new()
    {
        Name = $"{kind}",
        Kind = kind,
        Bind = new IPEndPoint(IPAddress.Loopback, 0),
        Policy = kind == ListenerKind.Tcp ? null : List,
        To = to,
    };

    /// <summary>A line of /proc/PID/status, whose unit is KiB.</summary>
    private long StatusOf(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) << 10;
    }
}

/// <summary>What a process has had from its managed heap since its start, how often the youngest generation was collected, how often all, and how long it stood still for that.</summary>
internal sealed record Heap(long AllocatedBytes, int Gen0Collections, int Gen2Collections, TimeSpan Paused);
