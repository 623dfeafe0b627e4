using System.Diagnostics.Metrics;
using Sluice.Cache;
using Sluice.Upstream;

namespace Sluice.Records.Metering;

/// <summary>What is read from the other parts whenever somebody asks for metrics. One row each: name, unit, meaning, where it is read.</summary>
internal sealed class StateMeters
{
    /// <summary>Upstreams told apart; the others, and all that only clients name, are one.</summary>
    private const int MostUpstreams = 100;

    private readonly Meter _meter;
    private readonly Gauges _gauges;
    private readonly TimeProvider _time;

    public StateMeters(Meter meter, Gauges gauges, TimeProvider time)
    {
        (_meter, _gauges, _time) = (meter, gauges, time);
        Listeners();
        Cache();
        Upstreams();
        Policy();
        Records();
        Process();
    }

    private void Listeners()
    {
        UpDown("sluice.connection.active", "{connection}", "Open connections of clients.", () => _gauges.Listeners().Select(l => Of(l.Connections, ListenerMeters.Listener, l.Listener)));
        UpDown("sluice.exchange.active", "{exchange}", "Requests under way, tunnels not included.",
            () => _gauges.Listeners().Where(l => !l.IsRelay).Select(l => Of(l.Exchanges, ListenerMeters.Listener, l.Listener)));
        UpDown("sluice.tunnel.active", "{tunnel}", "Open tunnels and relays.", () => _gauges.Listeners().SelectMany(l => l.IsRelay
            ? new[] { Of(l.Relays, ListenerMeters.Listener, l.Listener, "sluice.kind", "relay") }
            : [Of(l.Connects, ListenerMeters.Listener, l.Listener, "sluice.kind", "connect"), Of(l.Upgrades, ListenerMeters.Listener, l.Listener, "sluice.kind", "upgrade")]));
        Counter("sluice.logins", "{login}", "Credentials looked at, by what came of it; a connection's are looked at once.",
            () => _gauges.Logins().Select(l => Of(l.Count, "sluice.login.outcome", l.Outcome.ToString().ToLowerInvariant())));
        Counter("sluice.event_loop.stalls", "{stall}", "Times that an I/O thread was away from its sockets for more than 50 ms.", () => [new(_gauges.Stalls())]);
    }

    private void Cache()
    {
        Counter("sluice.cache.lookups", "{lookup}", "Lookups by what they found.", () =>
        {
            var c = _gauges.Cache();
            return [Of(c.Hits - c.StaleHits, "sluice.cache.result", "hit"), Of(c.StaleHits, "sluice.cache.result", "stale-hit"),
                Of(c.Misses, "sluice.cache.result", "miss"), Of(c.Revalidations, "sluice.cache.result", "revalidate")];
        });
        Counter("sluice.cache.updates", "{update}", "Answers stored, stored answers confirmed by a 304, URIs invalidated by unsafe methods.", () =>
        {
            var c = _gauges.Cache();
            return [Of(c.Stores, "sluice.cache.update", "store"), Of(c.Freshened, "sluice.cache.update", "freshen"), Of(c.Invalidations, "sluice.cache.update", "invalidate")];
        });
        UpDown("sluice.cache.fetch.readers", "{request}", "Requests that wait for a fetch under way or read it, those that began one included.", () => [new(_gauges.FetchReaders())]);
        UpDown("sluice.cache.usage", "By", "What a tier holds, heads and overhead included.", () => ByTier(c => c.Bytes, d => d.Bytes));
        UpDown("sluice.cache.limit", "By", "What a tier may hold.", () => ByTier(c => c.CapacityBytes, d => d.CapacityBytes));
        UpDown("sluice.cache.entries", "{entry}", "Answers held, each variant for itself.", () => ByTier(c => c.Entries, d => d.Entries));
        Counter("sluice.cache.evictions", "{eviction}", "What went for room: answers in memory, files of many answers on disk.", () => ByTier(c => c.Evictions, d => d.Evictions));
        Counter("sluice.cache.faults", "{fault}", "Of the disk tier: reads and writes that failed, answers that were damaged, answers refused as the disk was too slow.",
            () => _gauges.Cache().Disk is not { } disk ? [] :
            [
                Of(disk.ReadFaults, "sluice.cache.fault", "read"), Of(disk.WriteFaults, "sluice.cache.fault", "write"),
                Of(disk.Damaged, "sluice.cache.fault", "damaged"), Of(disk.Refused, "sluice.cache.fault", "refused"),
            ]);
    }

    private void Upstreams()
    {
        Counter("sluice.upstream.requests", "{request}", "Requests sent to an upstream.", () => ByUpstream(u => u.Requests));
        Counter("sluice.upstream.connects", "{connection}", "Connections made to an upstream.", () => ByUpstream(u => u.Connects));
        Counter("sluice.upstream.failures", "{failure}", "Dials that failed, answers that did not come or were not whole.", () => ByUpstream(u => u.Failures));
        UpDown("sluice.upstream.connections", "{connection}", "Open connections to an upstream, those in use and those kept.",
            () => Bounded().SelectMany(u => new[] { Of(u.Open - u.Idle, "sluice.upstream", u.Name, "http.connection.state", "active"), Of(u.Idle, "sluice.upstream", u.Name, "http.connection.state", "idle") }));
        UpDown("sluice.upstream.waiting", "{request}", "Requests that wait for a connection to an upstream.", () => ByUpstream(u => u.Waiting));
        Counter("sluice.dns.lookups", "{lookup}", "Names asked for when dialling, by where the answer came from.", () =>
        {
            var names = _gauges.Names();
            return [Of(names.Kept, "sluice.dns.source", "kept"), Of(names.Asked, "sluice.dns.source", "servers"), Of(names.Failed, "sluice.dns.source", "failed")];
        });
    }

    private void Policy()
    {
        Counter("sluice.rule.matches", "{match}", "How often a rule has matched.", () => _gauges.Rules().Select(r => Of(r.Hits, "sluice.policy", r.Policy, "sluice.rule", r.Rule)));
        UpDown("sluice.list.entries", "{entry}", "Hosts and filters that a list names.", () => _gauges.Lists().Select(l => Of(l.Entries, "sluice.list", l.Name)));
        Gauge("sluice.list.age", "s", "Since a list was written.", () => _gauges.Lists().Where(l => l.Age is not null).Select(l => new Measurement<double>(l.Age!.Value.TotalSeconds, new KeyValuePair<string, object?>("sluice.list", l.Name))));
        Gauge("sluice.list.failing", null, "1: what a list was asked for last did not come.", () => _gauges.Lists().Select(l => Truth(l.Failing, "sluice.list", l.Name)));
    }

    private void Records()
    {
        Counter("sluice.log.records", "{record}", "Records written to an output, and those it had no room for.",
            () => _gauges.Outputs().SelectMany(o => new[] { Of(o.Written, "sluice.log.output", o.Name, "sluice.log.outcome", "written"), Of(o.Dropped, "sluice.log.output", o.Name, "sluice.log.outcome", "dropped") }));
        Counter("sluice.log.failures", "{failure}", "Writes to an output that failed and were tried again.", () => _gauges.Outputs().Select(o => Of(o.Failures, "sluice.log.output", o.Name)));
        Gauge("sluice.log.failing", null, "1: an output cannot be written to just now.", () => _gauges.Outputs().Select(o => Truth(o.Failing is not null, "sluice.log.output", o.Name)));
        Gauge("sluice.config.generation", null, "Of the configuration in force: 1 at the start, one more with each reload.", () => [new(_gauges.Configuration().Generation)]);
        Gauge("sluice.config.age", "s", "Since the configuration in force came.", () => [new((_time.GetUtcNow() - _gauges.Configuration().Taken).TotalSeconds)]);
        Gauge("sluice.config.refused", null, "1: the last reload was not taken.", () => [new(_gauges.Configuration().IsRefused ? 1 : 0)]);
        var version = typeof(StateMeters).Assembly.GetName().Version?.ToString(3);
        Gauge("sluice.build", null, "Always 1; which program this is.",
            () => [new(1, new("service.version", version), new("process.runtime.version", Environment.Version.ToString()))]);
    }

    private void Process()
    {
        var began = System.Diagnostics.Process.GetCurrentProcess().StartTime.ToUniversalTime();
        Gauge("process.uptime", "s", "Since the process began.", () => [new((_time.GetUtcNow() - began).TotalSeconds)]);
        UpDown("sluice.thread_pool.threads", "{thread}", "Threads of the pool.", () => [new(ThreadPool.ThreadCount)]);
        UpDown("sluice.thread_pool.queue", "{work_item}", "Work that waits for a thread of the pool.", () => [new(ThreadPool.PendingWorkItemCount)]);
        if (!OperatingSystem.IsLinux())
            return;
        UpDown("sluice.descriptor.usage", "{file_descriptor}", "Open file descriptors.", () => [new(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count())]);
        UpDown("sluice.descriptor.limit", "{file_descriptor}", "As many may be open.", () => [new(Net.Descriptors.Most)]);
    }

    private IEnumerable<Measurement<long>> ByTier(Func<CacheCounters, long> memory, Func<DiskCounters, long> disk)
    {
        var counters = _gauges.Cache();
        yield return Of(memory(counters), "sluice.cache.tier", "memory");
        if (counters.Disk is { } held)
            yield return Of(disk(held), "sluice.cache.tier", "disk");
    }

    private IEnumerable<Measurement<long>> ByUpstream(Func<UpstreamState, long> value) => Bounded().Select(u => Of(value(u), "sluice.upstream", u.Name));

    private IEnumerable<UpstreamState> Bounded()
    {
        var states = _gauges.Upstreams();
        var named = states.Where(state => state.IsConfigured).Take(MostUpstreams).ToHashSet();
        var rest = states.Where(state => !named.Contains(state)).ToList();
        // Always there: what is counted must not vanish.
        return named.Append(new UpstreamState
        {
            Name = UpstreamState.Others,
            Open = rest.Sum(state => state.Open),
            Idle = rest.Sum(state => state.Idle),
            Waiting = rest.Sum(state => state.Waiting),
            Requests = rest.Sum(state => state.Requests),
            Connects = rest.Sum(state => state.Connects),
            Failures = rest.Sum(state => state.Failures),
        });
    }

    private void Counter(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) => _meter.CreateObservableCounter(name, observe, unit, description);

    private void UpDown(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) => _meter.CreateObservableUpDownCounter(name, observe, unit, description);

    private void Gauge(string name, string? unit, string description, Func<IEnumerable<Measurement<double>>> observe) => _meter.CreateObservableGauge(name, observe, unit, description);

    private static Measurement<double> Truth(bool value, string label, string of) => new(value ? 1 : 0, new KeyValuePair<string, object?>(label, of));

    private static Measurement<long> Of(long value, string label, string of) => new(value, new KeyValuePair<string, object?>(label, of));

    private static Measurement<long> Of(long value, string label, string of, string other, string ofOther) => new(value, new(label, of), new(other, ofOther));
}
