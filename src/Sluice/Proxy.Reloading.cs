// How another configuration takes the place of the one in force.
//
// What: when its file changes, on SIGHUP, and when the admin API is asked.
// Strategy: the new one is read and checked whole, what it needs is made (lists read, addresses bound); if any of that fails all stays as it was, and the problems are kept
//   to be shown. Then each listener gets its new gate, by one reference: an exchange ends under the gate under which it began. A listener keeps its socket where its address
//   stays; a new one is bound before anything changes; one that is gone drains as at the end of the program. Last, open tunnels and relays are judged again.
// Facts: lists are shared by generations, so those that have not changed cost nothing; rules keep their counters by policy and id. The sizes of the cache, its folder, the
//   admin socket, the dashboard's address, the name servers and the limits of upstream connections are taken at the start only: what has changed of these is told.
using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Sluice.Config;
using Sluice.Dashboard;
using Sluice.Forwarding;
using Sluice.Net;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice;

public sealed partial class Proxy
{
    private readonly ConfigurationSource? _source;
    private readonly ILogger _diagnostic;
    private readonly SemaphoreSlim _reloading = new(1);
    private readonly List<Task> _leaving = [];
    private volatile ConfigurationState _state;
    private volatile GuardedAddresses? _addresses;
    private Looking? _watching;
    private bool _ends;

    /// <summary>The configuration in force, and what became of the last reload.</summary>
    public ConfigurationState State => _state;

    /// <summary>Reads configuration and lists again, whether they have changed or not, and opens the access log by its path anew. Never throws for what it reads.</summary>
    public async Task<ConfigurationState> ReloadAsync()
    {
        // Off the signal's and the caller's thread: it reads files.
        await Task.Run(() => TakeNextAsync(listsToo: true));
        return _state;
    }

    private void WatchConfiguration()
    {
        if (_source is not null)
            _watching = new Looking(_time, () => LookForChange(_source));
    }

    private void LookForChange(ConfigurationSource source)
    {
        // Who reloads now reads what is new anyway.
        if (_reloading.CurrentCount > 0 && source.HasChanged())
            _ = TakeNextAsync(listsToo: false);
    }

    private async Task TakeNextAsync(bool listsToo)
    {
        await _reloading.WaitAsync();
        try
        {
            // A reload that was asked for may have taken the change that was seen.
            if (_ends || (!listsToo && _source?.IsNews() != true))
                return;
            var problems = await TryTakeNextOrTellAsync();
            _state = problems.Count > 0 ? _state with { Tried = _time.GetUtcNow(), Problems = problems } : _state;
            foreach (var problem in problems)
                ProxyLog.ReloadRefused(_diagnostic, _state.Generation, problem);
            if (!listsToo)
                return;
            _log.Reopen();
            _censor.Reload();
            _authenticator.Reload();
        }
        finally
        {
            _reloading.Release();
        }
    }

    private async Task<IReadOnlyList<string>> TryTakeNextOrTellAsync()
    {
        try
        {
            return await TryTakeNextAsync();
        }
        catch (Exception bug)
        {
            ProxyLog.ReloadFailed(_diagnostic, bug);
            return [$"a bug of ours: {bug.Message}"];
        }
    }

    /// <summary>Why not; empty: it is in force.</summary>
    private async Task<IReadOnlyList<string>> TryTakeNextAsync()
    {
        if (_source?.Read(tryPorts: false) is not { } loaded)
            return [];
        if (loaded.Configuration is not { } next)
            return [.. loaded.Problems.Select(problem => problem.ToString())];
        var leaving = _servers.ToList();
        var kept = next.Listeners.Select(options => TakeFrom(leaving, options)).ToList();
        var censor = LoadCensor(next, _censor);
        List<SocketListener> sockets;
        try
        {
            sockets = Bind(next.Listeners.Where((_, i) => kept[i] is null));
        }
        catch (Exception e) when (e is AddressInUseException or SocketException)
        {
            await censor.DisposeAsync();
            return [leaving.Count > 0 ? $"{e.Message} An address that changes between tcp and http, or overlaps one that goes, is taken when the program starts again." : e.Message];
        }
        var made = new Queue<SocketListener>(sockets);
        var places = kept.Select(server => (Server: server, Socket: server is null ? made.Dequeue() : null)).ToList();
        _state = new ConfigurationState(_state.Generation + 1, _time.GetUtcNow(), _time.GetUtcNow(), [], AtNextStart(_configuration, next));
        // Before the rules that name them.
        _authenticator.Use(next.Users);
        var gates = GatesOf(next, censor, [.. places.Select(place => place.Server?.EndPoint ?? place.Socket!.EndPoint)]);
        _servers = [.. gates.Zip(places, (gate, place) => Put(gate, place.Server, place.Socket))];
        await TakeOverAsync(next, censor);
        _leaving.AddRange(leaving.Select(server => server.DisposeAsync().AsTask()));
        _leaving.RemoveAll(task => task.IsCompleted);
        ProxyLog.Reloaded(_diagnostic, _state.Generation);
        foreach (var key in _state.AtNextStart)
            ProxyLog.AtNextStart(_diagnostic, key);
        JudgeAgain();
        return [];
    }

    /// <summary>The server of that address; null: it is to be bound.</summary>
    private static IServer? TakeFrom(List<IServer> servers, ListenerOptions options)
    {
        var found = servers.Find(server => server.Gate.Options.Bind.Equals(options.Bind) && (server.Gate.Options.Kind == ListenerKind.Tcp) == (options.Kind == ListenerKind.Tcp));
        if (found is not null)
            servers.Remove(found);
        return found;
    }

    private IServer Put(ListenerGate gate, IServer? server, SocketListener? socket)
    {
        if (server is null)
            return Serve(gate, socket!);
        server.Gate = gate;
        return server;
    }

    /// <summary>What is not a listener's.</summary>
    private async Task TakeOverAsync(Configuration next, Censor censor)
    {
        var formerCensor = _censor;
        _censor = censor;
        Cache.Use(next.Cache.Rules);
        if (next.Lists != _configuration.Lists)
        {
            // One after the other: they write the same files.
            await _lists.DisposeAsync();
            _lists = SubscribeTo(next);
            _lists.Start();
        }
        // Of what is taken at the start only, what was taken then.
        _configuration = next with
        {
            Cache = _configuration.Cache, Admin = _configuration.Admin, Resolver = _configuration.Resolver, Limits = _configuration.Limits,
            Dashboard = next.Dashboard with { Bind = _configuration.Dashboard.Bind }, Otlp = _configuration.Otlp,
        };
        _redaction = Redaction.Of(next.Log);
        await _captures.UseAsync(next.RuleCapture);
        await _log.UseAsync(LogOf(next.Log, _configuration.Otlp));
        await formerCensor.DisposeAsync();
    }

    private void JudgeAgain()
    {
        foreach (var server in _servers)
            server.JudgeAgain();
    }

    private async Task EndReloadsAsync()
    {
        await (_watching?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _reloading.WaitAsync();
        _ends = true;
        _reloading.Release();
    }

    private List<ListenerGate> GatesOf(Configuration configuration, Censor censor, IReadOnlyList<IPEndPoint> own)
    {
        if (_addresses?.IsOf(own) is not true)
            _addresses = new GuardedAddresses(own);
        return GatesOf(configuration, censor, _addresses, _state.Generation);
    }

    /// <summary>The listeners of a configuration that nobody serves: to judge by it.</summary>
    internal static IReadOnlyList<ListenerGate> GatesOf(Configuration configuration, Censor censor) =>
        GatesOf(configuration, censor, new GuardedAddresses([.. configuration.Listeners.Select(options => options.Bind)]), generation: 1);

    private static List<ListenerGate> GatesOf(Configuration configuration, Censor censor, GuardedAddresses addresses, int generation)
    {
        var (recorder, redaction) = (FieldRecorder.Of(configuration.Log), Redaction.Of(configuration.Log));
        return
        [
            .. configuration.Listeners.Select(options => new ListenerGate(options, addresses.Of(options, configuration.Policies), censor, configuration.Limits, generation)
            {
                Upstreams = configuration.Upstreams, Page = configuration.Page, Recorder = recorder, Redaction = redaction,
            }),
        ];
    }

    private static List<string> AtNextStart(Configuration started, Configuration next)
    {
        var keys = new List<string>();
        Add("cache.memory", started.Cache.MemoryBytes != next.Cache.MemoryBytes);
        Add("cache.maxEntry", started.Cache.MaxEntryBytes != next.Cache.MaxEntryBytes);
        Add("cache.disk", started.Cache.Disk != next.Cache.Disk);
        Add("admin.socket", started.Admin != next.Admin);
        Add("dashboard.bind", !Equals(started.Dashboard.Bind, next.Dashboard.Bind));
        Add("otlp", started.Otlp != next.Otlp);
        Add("resolver", started.Resolver != next.Resolver);
        var (was, will) = (UpstreamOptionsOf(started.Limits), UpstreamOptionsOf(next.Limits));
        Add("limits.connect", was.Connect != will.Connect);
        Add("limits.response", was.Response != will.Response);
        Add("limits.body", was.Body != will.Body);
        Add("limits.upstreamKeepAlive", was.KeepAlive != will.KeepAlive);
        Add("limits.idlePerUpstream", was.IdlePerUpstream != will.IdlePerUpstream);
        Add("limits.connectionsPerUpstream", was.MostPerUpstream != will.MostPerUpstream);
        Add("limits.upstreamMaxAge", was.MaxAge != will.MaxAge);
        Add("limits.maxHead", was.MaxHeadBytes != will.MaxHeadBytes);
        Add("limits.maxFields", was.MaxFields != will.MaxFields);
        return keys;

        void Add(string key, bool hasChanged)
        {
            if (hasChanged)
                keys.Add(key);
        }
    }

    /// <summary>What the clients of each listener may have dialled. Those of the same guard share one object, and with it kept connections.</summary>
    private sealed class GuardedAddresses(IReadOnlyList<IPEndPoint> own)
    {
        private readonly ConcurrentDictionary<AddressGuard, AddressRules> _rules = [];

        private readonly IPAddress[] _local =
            [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(card => card.GetIPProperties().UnicastAddresses).Select(address => address.Address)];

        public bool IsOf(IReadOnlyList<IPEndPoint> others) => own.SequenceEqual(others);

        public AddressRules Of(ListenerOptions listener, IReadOnlyList<PolicyOptions> policies)
        {
            var options = policies.FirstOrDefault(policy => policy.Name == listener.Policy)?.Destinations ?? new DestinationOptions();
            var deny = options.Deny ?? (IPAddress.IsLoopback(listener.Bind.Address) ? AddressSet.Empty : AddressGuard.OnlyThisMachines);
            return Of(deny == AddressSet.Empty ? AddressGuard.None : new AddressGuard(options.Allow, deny));
        }

        public AddressRules Of(AddressGuard guard) => _rules.GetOrAdd(guard, _ => new AddressRules(own, _local, guard == AddressGuard.None ? null : guard));
    }
}
