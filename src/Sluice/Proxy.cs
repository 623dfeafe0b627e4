using System.Net;
using Microsoft.Extensions.Logging;
using Sluice.Cache;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice;

/// <summary>All parts, wired and running: what a configuration becomes. How the next one takes its place is in Proxy.Reloading.cs.</summary>
public sealed partial class Proxy : IAsyncDisposable
{
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;
    private readonly Action<ExchangeRecord>? _seen;
    private readonly Dialer _dialer;
    private readonly UpstreamPool _upstream;
    private readonly Deadlines _tunnelled;
    private readonly OpenTunnels _open = new();
    private readonly Heartbeat _heartbeat;
    private readonly Authenticator _authenticator;
    private readonly LoginStep _login;
    private readonly Fetch _fetch;
    private readonly HttpProxy _http;
    private readonly AccessLog _log;
    private readonly Captures _captures;
    private readonly TrafficGauge? _gauge;
    private readonly DateTimeOffset _started;
    private AdminApi? _admin;
    private DashboardServer? _dashboard;

    // What a reload replaces.
    private volatile Censor _censor;
    private volatile ListSubscriptions _lists;
    private volatile Configuration _configuration;
    private volatile Redaction? _redaction;
    private volatile IReadOnlyList<IServer> _servers = [];
    private volatile ProgramPhase _phase;

    private Proxy(Configuration configuration, HttpCache cache, ILoggerFactory loggers, TimeProvider time, ConfigurationSource? source, Action<ExchangeRecord>? seen)
    {
        (_configuration, Cache, _loggers, _time, _source, _seen) = (configuration, cache, loggers, time, source, seen);
        _dialer = new Dialer(time, configuration.Resolver);
        _upstream = new UpstreamPool(_dialer, UpstreamOptionsOf(configuration.Limits), time);
        _captures = new Captures(time, loggers.CreateLogger("Sluice.Captures"), TlsKeyLog.Fault is null ? TlsKeyLog.Path : null);
        _log = new AccessLog(LogOf(configuration.Log, configuration.Otlp), time, loggers.CreateLogger("Sluice.Records"));
        _redaction = Redaction.Of(configuration.Log);
        _started = time.GetUtcNow();
        // Who does not look does not pay for it.
        if (configuration.Admin.Socket is not null || configuration.Dashboard.Bind is not null)
            _gauge = new TrafficGauge(() => _open.Flows, time);
        _heartbeat = new Heartbeat(time, loggers.CreateLogger("Sluice.Net"));
        _tunnelled = new Deadlines(time);
        _diagnostic = loggers.CreateLogger("Sluice");
        TellOfKeys();
        _censor = LoadCensor(configuration, null);
        _lists = SubscribeTo(configuration);
        _authenticator = new Authenticator(configuration.Users, time, loggers.CreateLogger("Sluice.Users"), JudgeAgain);
        _state = new ConfigurationState(1, time.GetUtcNow(), null, [], []);
        // A pseudonym of this process (RFC 9110 s.7.6.3): two proxies in a row are no loop.
        var via = new Via($"sluice-{Random.Shared.Next(0x10000):x4}");
        var tunnels = new Tunnels(_dialer, _tunnelled, _open);
        _login = new LoginStep(_authenticator);
        _fetch = new Fetch(_upstream, cache, new RequestBuilder(via), tunnels, time);
        _http = new HttpProxy(cache, _login, _fetch, tunnels, via);
        _meters = MetersOf(configuration);
        _tracing = configuration.Otlp is { Traces: > 0 } traces ? new Tracing(traces, time, loggers.CreateLogger("Sluice.Records")) : null;
    }

    /// <summary>Where the listeners really are, in the configuration's order.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => [.. _servers.Select(server => server.EndPoint)];

    /// <summary>Where the dashboard is; null: it is off.</summary>
    public IPEndPoint? DashboardEndPoint => _dashboard?.EndPoint;

    public HttpCache Cache { get; }

    public Totals Totals { get; } = new();

    /// <summary>Who captures what passes.</summary>
    public Captures Captures => _captures;

    /// <summary>How often each rule has matched.</summary>
    public IEnumerable<RuleHits> Hits => _censor.Hits();

    /// <summary>Records that access logs had no room for.</summary>
    public long DroppedRecords => _log.Dropped;

    /// <summary>Binds every listener, then begins to serve on all of them.</summary>
    /// <param name="source">Where reloads read; null: there are none.</param>
    /// <param name="seen">Gets each record too, after the access log.</param>
    /// <exception cref="Microsoft.AspNetCore.Connections.AddressInUseException">Another socket listens there; none is bound then.</exception>
    /// <exception cref="DiskCacheException">The folder of the disk cache cannot be used; nothing is bound then.</exception>
    /// <exception cref="AdminSocketException">The admin socket cannot be made; nothing is bound then.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound; none is bound then.</exception>
    public static async Task<Proxy> StartAsync(
        Configuration configuration, ILoggerFactory loggers, TimeProvider time, ConfigurationSource? source = null, Action<ExchangeRecord>? seen = null)
    {
        var proxy = new Proxy(configuration, new HttpCache(configuration.Cache, time, loggers.CreateLogger("Sluice.Cache")), loggers, time, source, seen);
        try
        {
            await proxy._captures.UseAsync(configuration.RuleCapture);
            var administered = proxy._gauge is { } gauge ? proxy.AdministeredWith(gauge) : null;
            if (administered is not null)
                proxy._admin = await AdminApi.StartAsync(configuration.Admin, administered, loggers);
            var sockets = proxy.Bind(configuration.Listeners);
            var gates = proxy.GatesOf(configuration, proxy._censor, [.. sockets.Select(socket => socket.EndPoint)]);
            proxy._servers = [.. gates.Zip(sockets, proxy.Serve)];
            proxy._phase = ProgramPhase.Serves;
            if (administered is not null)
                proxy._dashboard = await DashboardServer.StartAsync(() => proxy._configuration.Dashboard, administered, proxy._authenticator, loggers);
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }
        proxy._lists.Start();
        proxy.WatchConfiguration();
        return proxy;
    }

    /// <summary>Drains: accepts no more, lets what is open end for <c>limits.drain</c>, then breaks it off; the log is whole.</summary>
    public async ValueTask DisposeAsync()
    {
        _phase = ProgramPhase.Drains;
        await EndReloadsAsync();
        await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()).Concat(_leaving));
        await _captures.DisposeAsync();
        // Until here one can look at what still drains.
        await (_dashboard?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_admin?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _lists.DisposeAsync();
        _upstream.Dispose();
        _tunnelled.Dispose();
        _heartbeat.Dispose();
        await _censor.DisposeAsync();
        await _authenticator.DisposeAsync();
        // At once: a collector that does not answer delays each of them.
        await Task.WhenAll(_log.DisposeAsync().AsTask(), _tracing?.DisposeAsync().AsTask() ?? Task.CompletedTask, Task.Run(() => _meters?.Dispose()));
        await (_gauge?.DisposeAsync() ?? ValueTask.CompletedTask);
        await Cache.DisposeAsync();
    }

    private Administered AdministeredWith(TrafficGauge gauge) => new()
    {
        Cache = Cache,
        Censor = () => _censor,
        Explainer = () => new Explainer(_censor, _dialer, [.. _servers.Select(server => server.Gate)], _configuration.Users, Cache),
        Lists = () => _lists,
        Routes = () => RoutesOf(_configuration),
        Time = _time,
        Policies = () => _configuration.Policies,
        History = () => _configuration.Log.History?.Path,
        Captures = _captures,
        Traffic = gauge,
        Tunnels = () => _open.States(_redaction),
        CloseTunnel = _open.Close,
        Upstreams = () => _upstream.States,
        Program = () => Program,
        Configuration = () => _state,
        Reload = ReloadAsync,
        Metrics = _meters?.Provider,
    };

    private ProgramState Program => new()
    {
        Started = _started,
        Phase = _phase,
        Listeners = [.. _servers.Select(server => new ListenerFacts(
            server.Gate.Options.Name, server.Gate.Options.Kind.ToString().ToLowerInvariant(), server.EndPoint.ToString(), server.Load.Connections))],
        Totals = Totals,
        Outputs = _log.Outputs,
        Away = _heartbeat.Away,
    };

    /// <summary>Where stored answers may have come from, besides the origins that clients name.</summary>
    private static IReadOnlyList<string> RoutesOf(Configuration configuration) =>
    [
        .. configuration.Listeners.Where(listener => listener.Kind == ListenerKind.Reverse).Select(listener => listener.Name),
        .. configuration.Upstreams.Keys,
        .. configuration.Policies.SelectMany(policy => policy.Rules).Select(rule => rule.DialAs).OfType<string>().Distinct().Select(Route.ScopeOf),
    ];

    private void Write(ExchangeRecord record)
    {
        // Here alone: whoever gets the record gets it so.
        _redaction?.Apply(record);
        Totals.Add(record);
        _meters?.Add(record);
        _log.Write(record);
        _gauge?.Write(record);
        if (record.Trace is not null)
            _tracing?.Write(record);
        _seen?.Invoke(record);
    }

    private void TellOfKeys()
    {
        if (TlsKeyLog.Path is not { } path)
            return;
        if (TlsKeyLog.Fault is { } fault)
            ProxyLog.KeysCannotBeLogged(_diagnostic, path, fault);
        else
            ProxyLog.KeysAreLogged(_diagnostic, path);
    }

    private List<SocketListener> Bind(IEnumerable<ListenerOptions> listeners)
    {
        var bound = new List<SocketListener>();
        try
        {
            foreach (var listener in listeners)
                bound.Add(new SocketListener(listener.Bind, _time, _loggers.CreateLogger("Sluice.Net")));
            return bound;
        }
        catch
        {
            bound.ForEach(listener => listener.Dispose());
            throw;
        }
    }

    private IServer Serve(ListenerGate gate, SocketListener socket) => gate.Options.Kind == ListenerKind.Tcp
        ? new TcpRelay(gate, socket, _dialer, Write, _tracing, _time) { Tunnels = _open, Captures = _captures }
        : new HttpServer(gate, socket, _http, Write, _tracing, _loggers, _time) { Captures = _captures };

    private Censor LoadCensor(Configuration configuration, Censor? former) =>
        Censor.Load(configuration.Policies, _time, _loggers.CreateLogger("Sluice.Policy"), former, JudgeAgain).Censor;

    private ListSubscriptions SubscribeTo(Configuration configuration) =>
        new(configuration.Lists, _upstream, guard => _addresses!.Of(guard), _time, _loggers.CreateLogger("Sluice.Lists"));

    internal static UpstreamOptions UpstreamOptionsOf(LimitOptions limits) => new()
    {
        Connect = limits.Connect,
        Response = limits.Response,
        Body = limits.Body,
        KeepAlive = limits.UpstreamKeepAlive,
        IdlePerUpstream = limits.IdlePerUpstream,
        MostPerUpstream = limits.ConnectionsPerUpstream,
        MaxAge = limits.UpstreamMaxAge,
        MaxHeadBytes = limits.MaxHeadBytes,
        MaxFields = limits.MaxFields,
    };
}
