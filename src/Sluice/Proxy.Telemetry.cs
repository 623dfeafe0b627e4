using Sluice.Config;
using Sluice.Records;

namespace Sluice;

/// <summary>What the program tells of itself: metrics and traces.</summary>
public sealed partial class Proxy
{
    /// <summary>Null: nobody can ask for them.</summary>
    private readonly Meters? _meters;

    /// <summary>Null: traces are off.</summary>
    private readonly Tracing? _tracing;

    /// <summary>The access logs, and the collector as one more.</summary>
    private static LogOptions LogOf(LogOptions logs, OtlpOptions? otlp) =>
        otlp is { Logs: true } ? logs with { Access = [.. logs.Access, new LogOutputOptions { Otlp = otlp }] } : logs;

    private Meters? MetersOf(Configuration configuration)
    {
        var isScraped = configuration.Admin.Socket is not null || configuration.Dashboard.Bind is not null;
        var otlp = configuration.Otlp is { Metrics: true } to ? to : null;
        return isScraped || otlp is not null ? new Meters(Gauges, otlp, isScraped, _time) : null;
    }

    /// <summary>Where records and spans go, and what has become of them.</summary>
    internal IReadOnlyList<OutputState> Outputs => [.. _log.Outputs, .. _tracing is null ? [] : new[] { _tracing.State }];

    /// <inheritdoc cref="Fetch.Readers"/>
    internal int FetchReaders => _fetch.Readers;

    private Gauges Gauges => new()
    {
        Listeners = () => _servers.Select(server => server.Load),
        Cache = () => Cache.Counters,
        FetchReaders = () => FetchReaders,
        Upstreams = () => _upstream.States,
        Rules = () => _censor.Hits(),
        Lists = ListAges,
        Logins = () => _login.Outcomes,
        Names = () => _dialer.Names,
        Outputs = () => Outputs,
        Configuration = () => new ConfigurationFacts(_state.Generation, _state.Since, _state.IsRefused),
        Stalls = () => _heartbeat.Stalls,
    };

    private IEnumerable<ListAge> ListAges()
    {
        var now = _time.GetUtcNow();
        var subscribed = _lists.States.GroupBy(state => state.Path).ToDictionary(states => states.Key, states => states.First());
        return _censor.Lists().DistinctBy(list => list.Path).Select(list =>
        {
            var subscription = subscribed.GetValueOrDefault(list.Path);
            return new ListAge(subscription?.Url ?? list.Path, list.Entries, now - list.Written, subscription?.Error is not null);
        });
    }
}
