using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Tests.Kit;

/// <summary>The product itself, in this process, with one listener on a port of its own.</summary>
public sealed class RunningProxy : IAsyncDisposable
{
    private readonly ConcurrentQueue<ExchangeRecord> _records = new();
    private readonly SemaphoreSlim _written = new(0);
    private Proxy? _proxy;
    private ManualTime? _manual;
    private IReadOnlyList<IPEndPoint> _last = [];

    private RunningProxy()
    {
    }

    public IPEndPoint EndPoint => EndPoints[0];

    /// <summary>Of the listeners, in their order.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => _proxy?.EndPoints ?? _last;

    /// <summary>Reads its file and its lists again.</summary>
    public Task<ConfigurationState> ReloadAsync() => _proxy!.ReloadAsync();

    public ConfigurationState State => _proxy!.State;

    public IReadOnlyList<RuleHits> Hits => [.. _proxy!.Hits];

    public IReadOnlyList<OutputState> Outputs => _proxy!.Outputs;

    public string Url => $"http://{EndPoint}";

    public IPEndPoint DashboardEndPoint => _proxy!.DashboardEndPoint!;

    public CacheCounters Cache => _proxy!.Cache.Counters;

    /// <summary>Requests that wait for a fetch under way or read it.</summary>
    public int FetchReaders => _proxy!.FetchReaders;

    public Captures Captures => _proxy!.Captures;

    public CacheCare Care => _proxy!.Cache.Care;

    /// <summary>The records so far, in the order in which their exchanges began: they are written when these end, and the next client may be
    /// sooner.</summary>
    public IReadOnlyList<ExchangeRecord> Records => [.. _records.OrderBy(record => record.Number)];

    public static Task<RunningProxy> ForwardAsync(
        LimitOptions? limits = null, CacheOptions? cache = null, PolicyOptions? policy = null, IPAddress? bind = null, TimeProvider? time = null) =>
        StartAsync(ListenerKind.Forward, null, limits, cache, policy, bind, time);

    public static Task<RunningProxy> ReverseAsync(
        IPEndPoint to, LimitOptions? limits = null, CacheOptions? cache = null, PolicyOptions? policy = null, TimeProvider? time = null) =>
        StartAsync(ListenerKind.Reverse, To(to), limits, cache, policy, null, time);

    public static Task<RunningProxy> RelayAsync(IPEndPoint to, LimitOptions? limits = null) => StartAsync(ListenerKind.Tcp, To(to), limits, null, null, null);

    public static Task<RunningProxy> RelayAsync(HostPort to, LimitOptions? limits = null) => StartAsync(ListenerKind.Tcp, to, limits, null, null, null);

    /// <summary>Of a configuration file and the files that it names; its ports are 0.</summary>
    public static async Task<RunningProxy> OfFileAsync(string yaml, params (string Name, string Text)[] files)
    {
        using var folder = new TempFolder();
        foreach (var (name, text) in files)
            await File.WriteAllTextAsync(folder.File(name), text);
        await File.WriteAllTextAsync(folder.File("sluice.yaml"), yaml);
        var loaded = ConfigurationFile.Load(folder.File("sluice.yaml"), new Dictionary<string, string>());
        Assert.Empty(loaded.Problems);
        return await StartAsync(loaded.Configuration! with
        {
            Limits = Tested(loaded.Configuration.Limits),
            Log = LogOptions.Off,
        });
    }

    /// <summary>Of a configuration file that is read again when it changes.</summary>
    public static Task<RunningProxy> OfSourceAsync(string file, TimeProvider? time = null, ILoggerFactory? loggers = null)
    {
        var source = new ConfigurationSource(tryPorts => ConfigurationFile.Load(file, new Dictionary<string, string>(), tryPorts), file);
        var loaded = source.Read(tryPorts: true);
        Assert.Empty(loaded.Problems);
        return StartAsync(loaded.Configuration!, time, source, loggers);
    }

    public Task<RawConnection> ConnectAsync() => RawConnection.OpenAsync(EndPoint);

    /// <summary>One request on a connection of its own.</summary>
    public async Task<RawResponse> AskAsync(string request)
    {
        await using var client = await ConnectAsync();
        await client.SendAsync(request);
        return await client.ReadResponseAsync(request.Split(' ')[0]);
    }

    /// <summary>GET in absolute form, with these fields.</summary>
    public Task<RawResponse> GetAsync(ScriptedOrigin origin, string path = "/", params string[] fields) =>
        AskAsync($"GET {origin.Url(path)} HTTP/1.1\r\nHost: {origin.Authority}\r\n{string.Concat(fields.Select(f => f + "\r\n"))}\r\n");

    /// <summary>The first <paramref name="count"/> records, as soon as they are there.</summary>
    public async Task<IReadOnlyList<ExchangeRecord>> RecordsAsync(int count)
    {
        while (_records.Count < count)
            Assert.True(await _written.WaitAsync(Waiting.Limit), $"{_records.Count} records instead of {count}");
        return [.. _records.Take(count).OrderBy(record => record.Number)];
    }

    /// <summary>Waits for these records, stops the proxy, and holds that there are no others.</summary>
    public async Task<IReadOnlyList<ExchangeRecord>> EndAsync(int count)
    {
        await RecordsAsync(count);
        await DisposeAsync();
        Assert.Equal(count, _records.Count);
        return Records;
    }

    /// <summary>Stops the proxy and gives the one record that there must be.</summary>
    public async Task<ExchangeRecord> OnlyRecordAsync() => (await EndAsync(1))[0];

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _proxy, null) is not { } proxy)
            return;
        _last = proxy.EndPoints;
        var ended = proxy.DisposeAsync().AsTask();
        // A connection whose exchange has only just ended lingers until its client has closed, or for a time that must pass.
        if (_manual is not null && await Task.WhenAny(ended, Task.Delay(1000)) != ended)
            await _manual.AdvanceUntilAsync(ended, TimeSpan.FromSeconds(1), pause: 5);
        await ended.Within();
    }

    private static HostPort To(IPEndPoint to) => new(to.Address.ToString(), to.Port);

    /// <summary>With these listeners, under this clock.</summary>
    public static Task<RunningProxy> OfAsync(TimeProvider time, CacheOptions cache, params ListenerOptions[] listeners) => StartAsync(
        new Configuration { Listeners = listeners, Limits = Tested(new LimitOptions()), Cache = cache, Log = LogOptions.Off }, time);

    private static async Task<RunningProxy> StartAsync(
        Configuration configuration, TimeProvider? time = null, ConfigurationSource? source = null, ILoggerFactory? loggers = null)
    {
        var running = new RunningProxy { _manual = time as ManualTime };
        running._proxy = await Proxy.StartAsync(configuration, loggers ?? NullLoggerFactory.Instance, time ?? TimeProvider.System, source, running.Keep);
        return running;
    }

    private static Task<RunningProxy> StartAsync(
        ListenerKind kind, HostPort? to, LimitOptions? limits, CacheOptions? cache, PolicyOptions? policy, IPAddress? bind, TimeProvider? time = null)
    {
        var configuration = new Configuration
        {
            Listeners =
            [
                new ListenerOptions
                {
                    Name = "test", Kind = kind, Bind = new IPEndPoint(bind ?? IPAddress.Loopback, 0), To = to,
                    Policy = policy?.Name, Forwarded = kind == ListenerKind.Reverse,
                },
            ],
            Limits = Tested(limits ?? new LimitOptions()),
            Cache = cache ?? new CacheOptions { MemoryBytes = 16 << 20 },
            Policies = policy is null ? [] : [policy],
            Log = LogOptions.Off,
        };
        return StartAsync(configuration, time);
    }

    /// <summary>Origins of tests have ports of their own, and nobody waits for what is left open, unless the test says how long.</summary>
    private static LimitOptions Tested(LimitOptions limits) => limits with
    {
        Drain = limits.Drain == new LimitOptions().Drain ? TimeSpan.FromSeconds(1) : limits.Drain,
        ConnectPorts = limits.ConnectPorts == LimitOptions.WebPorts ? [.. LimitOptions.WebPorts, new PortRange(1024, 65535)] : limits.ConnectPorts,
    };

    private void Keep(ExchangeRecord record)
    {
        _records.Enqueue(record);
        _written.Release();
    }
}
