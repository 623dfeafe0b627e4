using System.Net;
using System.Net.NetworkInformation;
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

/// <summary>All parts, wired and running: what a configuration becomes.</summary>
public sealed class Proxy : IAsyncDisposable
{
    private readonly AccessLog _log;
    private readonly Censor _censor;
    private readonly UpstreamPool _upstream;
    private readonly Deadlines _relayed;
    private readonly Heartbeat _heartbeat;
    private readonly Action<ExchangeRecord>? _seen;
    private readonly AdminApi? _admin;
    private HttpServer? _http;
    private IReadOnlyList<TcpRelay> _relays = [];

    private Proxy(AccessLog log, Censor censor, UpstreamPool upstream, Deadlines relayed, Heartbeat heartbeat, HttpCache cache, AdminApi? admin,
        IReadOnlyList<IPEndPoint> endPoints, Action<ExchangeRecord>? seen)
    {
        _log = log;
        _censor = censor;
        _upstream = upstream;
        _relayed = relayed;
        _heartbeat = heartbeat;
        _seen = seen;
        _admin = admin;
        Cache = cache;
        EndPoints = endPoints;
    }

    /// <summary>Where the listeners really are, in the configuration's order.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; }

    public HttpCache Cache { get; }

    public Totals Totals { get; } = new();

    /// <summary>Records that the access log had no room for.</summary>
    public long DroppedRecords => _log.Dropped;

    /// <summary>Binds every listener, then begins to serve on all of them.</summary>
    /// <param name="seen">Gets each record too, after the access log.</param>
    /// <exception cref="Microsoft.AspNetCore.Connections.AddressInUseException">Another socket listens there; none is bound then.</exception>
    /// <exception cref="DiskCacheException">The folder of the disk cache cannot be used; nothing is bound then.</exception>
    /// <exception cref="AdminSocketException">The admin socket cannot be made; nothing is bound then.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address cannot be bound; none is bound then.</exception>
    public static async Task<Proxy> StartAsync(
        Configuration configuration, ILoggerFactory loggers, TimeProvider time, Action<ExchangeRecord>? seen = null)
    {
        var cache = new HttpCache(configuration.Cache, time, loggers.CreateLogger("Sluice.Cache"));
        var censor = Censor.Load(configuration.Policies, time, loggers.CreateLogger("Sluice.Policy")).Censor;
        AdminApi? admin = null;
        List<SocketListener> sockets;
        try
        {
            admin = await AdminApi.StartAsync(configuration.Admin, cache, censor, [.. configuration.Listeners.Where(l => l.Kind == ListenerKind.Reverse).Select(l => l.Name)], loggers);
            sockets = Bind(configuration.Listeners, loggers, time);
        }
        catch
        {
            await (admin?.DisposeAsync() ?? ValueTask.CompletedTask);
            await censor.DisposeAsync();
            await cache.DisposeAsync();
            throw;
        }
        var limits = configuration.Limits;
        var dialer = new Dialer(time);
        var upstream = new UpstreamPool(dialer, UpstreamOptionsOf(limits), time);
        var log = new AccessLog(configuration.Log, time, loggers.CreateLogger("Sluice.Records"));
        var heartbeat = new Heartbeat(time, loggers.CreateLogger("Sluice.Net"));
        var relayed = new Deadlines(time);
        var proxy = new Proxy(log, censor, upstream, relayed, heartbeat, cache, admin, [.. sockets.Select(socket => socket.EndPoint)], seen);

        // A pseudonym of this process (RFC 9110 s.7.6.3): two proxies in a row are no loop.
        var via = new Via($"sluice-{Random.Shared.Next(0x10000):x4}");
        var tunnels = new Tunnels(dialer, censor, limits, relayed);
        var fetch = new Fetch(upstream, cache, new RequestBuilder(via), tunnels, limits, time);
        var http = new HttpProxy(cache, censor, fetch, tunnels, limits, via);

        var rules = RulesOf(configuration, proxy.EndPoints);
        var gates = configuration.Listeners.Select(options => new ListenerGate(options, rules(options))).Zip(sockets).ToLookup(
            listener => listener.First.Options.Kind == ListenerKind.Tcp);
        proxy._relays = [.. gates[true].Select(g => new TcpRelay(g.First, g.Second, dialer, limits, proxy.Write, relayed))];
        if (gates[false].ToList() is { Count: > 0 } listeners)
            proxy._http = new HttpServer(listeners, http, limits, proxy.Write, loggers, time);
        return proxy;
    }

    /// <summary>After SIGHUP: a log file that was moved away begins anew, lists are read again.</summary>
    public void Reopen()
    {
        _log.Reopen();
        _censor.Reload();
    }

    /// <summary>Drains: accepts no more, lets what is open end for <c>limits.drain</c>, then breaks it off; the log is whole.</summary>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll([
            .. _relays.Select(relay => relay.DisposeAsync().AsTask()),
            _http?.DisposeAsync().AsTask() ?? Task.CompletedTask]);
        // Until here one can look at what still drains.
        await (_admin?.DisposeAsync() ?? ValueTask.CompletedTask);
        _upstream.Dispose();
        _relayed.Dispose();
        _heartbeat.Dispose();
        await _censor.DisposeAsync();
        await _log.DisposeAsync();
        await Cache.DisposeAsync();
    }

    private void Write(ExchangeRecord record)
    {
        Totals.Add(record);
        _log.Write(record);
        _seen?.Invoke(record);
    }

    private static List<SocketListener> Bind(IReadOnlyList<ListenerOptions> listeners, ILoggerFactory loggers, TimeProvider time)
    {
        var bound = new List<SocketListener>();
        try
        {
            foreach (var listener in listeners)
                bound.Add(new SocketListener(listener.Bind, time, loggers.CreateLogger("Sluice.Net")));
            return bound;
        }
        catch
        {
            bound.ForEach(listener => listener.Dispose());
            throw;
        }
    }

    /// <summary>What the clients of each listener may have dialled. Those of the same guard share one object, and with it kept connections.</summary>
    private static Func<ListenerOptions, AddressRules> RulesOf(Configuration configuration, IReadOnlyList<IPEndPoint> own)
    {
        var (local, made) = (LocalAddresses(), new Dictionary<(string?, bool), AddressRules>());
        return options =>
        {
            var isReachable = !IPAddress.IsLoopback(options.Bind.Address);
            if (made.TryGetValue((options.Policy, isReachable), out var rules))
                return rules;
            var guard = configuration.Policies.FirstOrDefault(policy => policy.Name == options.Policy)?.Destinations ?? new DestinationOptions();
            var deny = guard.Deny ?? (isReachable ? AddressGuard.OnlyThisMachines : AddressSet.Empty);
            return made[(options.Policy, isReachable)] = new AddressRules(own, local, deny == AddressSet.Empty ? null : new AddressGuard(guard.Allow, deny));
        };
    }

    private static UpstreamOptions UpstreamOptionsOf(LimitOptions limits) => new()
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

    private static IEnumerable<IPAddress> LocalAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(card => card.GetIPProperties().UnicastAddresses)
            .Select(address => address.Address);
}
