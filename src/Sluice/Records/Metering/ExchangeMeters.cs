// What metrics make of a record, on the thread that carried the exchange.
//
// What: one measurement of its duration, and two or three additions.
// Strategy: labels are made once for each listener, method and status and kept (ListenerMeters); all but the durations is counted here, for each processor by
//   itself, and told when somebody asks. A distribution cannot be handed to the SDK as a whole, so that durations go through its Histogram.
// Facts: of the whole the Histogram takes most: the SDK hashes every label with every measurement (bench: MetricsBenchmarks).
using System.Diagnostics.Metrics;

namespace Sluice.Records.Metering;

internal sealed class ExchangeMeters
{
    /// <summary>Those of OpenTelemetry's conventions, and three below: a hit takes a tenth of a millisecond.</summary>
    private static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    private static readonly double[] LongSeconds = [0.1, 1, 10, 60, 600, 3600, 86400];

    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _tunnelDuration;
    private readonly Lock _adding = new();
    private volatile ListenerMeters[] _listeners = [];

    public ExchangeMeters(Meter meter)
    {
        _duration = meter.CreateHistogram("http.server.request.duration", "s", "Duration of exchanges, refused ones included, tunnels not.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });
        _tunnelDuration = meter.CreateHistogram("sluice.tunnel.duration", "s", "Duration of tunnels and relays that have ended.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LongSeconds });
        Tell(meter, "sluice.http.io", "By", "Octets of bodies of exchanges, without tunnels.", Io);
        Tell(meter, "sluice.cache.exchanges", "{exchange}", "Exchanges by what the cache had to do with them.", CacheExchanges);
        Tell(meter, "sluice.cache.io", "By", "Octets of bodies sent to clients by what the cache had to do with them.", CacheIo);
        Tell(meter, "sluice.verdicts", "{exchange}", "Exchanges, tunnels and relays by what was decided about them and by which rule.", Verdicts);
        Tell(meter, "sluice.tunnel.io", "By", "Octets of tunnels and relays, counted when they end.", TunnelIo);
    }

    public void Add(ExchangeRecord record)
    {
        var listener = Of(record.Listener);
        if (ListenerMeters.IsTunnel(record))
        {
            listener.AddTunnel(record);
            _tunnelDuration.Record(record.Duration.TotalSeconds, listener.TunnelLabelsOf(record));
            return;
        }
        listener.Add(record);
        _duration.Record(record.Duration.TotalSeconds, listener.LabelsOf(record));
    }

    private static void Tell(Meter meter, string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) =>
        meter.CreateObservableCounter(name, observe, unit, description);

    private ListenerMeters Of(string name)
    {
        foreach (var listener in _listeners)
            if (ReferenceEquals(listener.Name, name))
                return listener;
        return Find(name);
    }

    /// <summary>After a reload the name is another object.</summary>
    private ListenerMeters Find(string name)
    {
        foreach (var listener in _listeners)
            if (listener.Name == name)
                return listener;
        lock (_adding)
        {
            if (Array.Find(_listeners, listener => listener.Name == name) is { } added)
                return added;
            var made = new ListenerMeters(name);
            _listeners = [.. _listeners, made];
            return made;
        }
    }

    private IEnumerable<Measurement<long>> Io()
    {
        foreach (var listener in _listeners)
        {
            yield return new(listener.ReceivedBytes, Label(listener), new("network.io.direction", "receive"));
            yield return new(listener.SentBytes, Label(listener), new("network.io.direction", "transmit"));
        }
    }

    private IEnumerable<Measurement<long>> CacheExchanges() => ByCacheUse(static (listener, use) => listener.ExchangesOf(use));

    private IEnumerable<Measurement<long>> CacheIo() => ByCacheUse(static (listener, use) => listener.BytesOf(use));

    private IEnumerable<Measurement<long>> ByCacheUse(Func<ListenerMeters, int, long> value)
    {
        foreach (var listener in _listeners)
            for (var use = 0; use < ListenerMeters.CacheUses.Length; use++)
                yield return new(value(listener, use), Label(listener), new("sluice.cache", ListenerMeters.CacheUses[use]));
    }

    private IEnumerable<Measurement<long>> Verdicts()
    {
        foreach (var listener in _listeners)
            foreach (var (rule, outcome, count) in listener.Verdicts())
                yield return new(count, Label(listener), new("sluice.rule", rule ?? ""), new("sluice.verdict", outcome));
    }

    private IEnumerable<Measurement<long>> TunnelIo()
    {
        foreach (var listener in _listeners)
            for (var kind = 1; kind < ListenerMeters.Kinds.Length; kind++)
                foreach (var up in new[] { true, false })
                    if (listener.TunnelBytes(kind, up) is > 0 and var bytes)
                        yield return new(bytes, Label(listener), new("sluice.kind", ListenerMeters.Kinds[kind]), new("network.io.direction", up ? "receive" : "transmit"));
    }

    private static KeyValuePair<string, object?> Label(ListenerMeters listener) => new(ListenerMeters.Listener, listener.Name);
}
