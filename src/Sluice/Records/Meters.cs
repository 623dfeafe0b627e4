using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Sluice.Records.Metering;
using Sluice.Records.Otlp;

namespace Sluice.Records;

/// <summary>All metrics: what records give, what the other parts tell, and what .NET tells of itself (docs/telemetry.md). The SDK of OpenTelemetry collects
/// and exports them (docs/decisions/0025). There is one only where somebody may ask for them.</summary>
public sealed class Meters : IDisposable
{
    private const string Name = "Sluice";
    private const string Runtime = "System.Runtime";

    private readonly Meter _meter = new(Name, Resources.Version);
    private readonly ExchangeMeters _exchanges;

    /// <param name="otlp">Null: they are not sent anywhere.</param>
    /// <param name="isScraped">Prometheus may ask for them through <see cref="Provider"/>.</param>
    public Meters(Gauges gauges, OtlpOptions? otlp, bool isScraped, TimeProvider time)
    {
        _exchanges = new ExchangeMeters(_meter);
        _ = new StateMeters(_meter, gauges, time);
        var builder = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(Resources.Builder()).AddMeter(Name, Runtime).AddView(ViewOf);
        if (isScraped)
            builder.AddPrometheusExporter(options => (options.ScrapeResponseCacheDurationMilliseconds, options.ScopeInfoEnabled) = (0, false));
        if (otlp is not null)
            builder.AddReader(new PeriodicExportingMetricReader(new MetricExporter(otlp, _meter), (int)otlp.Interval.TotalMilliseconds, (int)Endpoint.Timeout.TotalMilliseconds));
        Provider = builder.Build();
    }

    public MeterProvider Provider { get; }

    /// <summary>Counts a record. Costs a fraction of a microsecond, and never blocks.</summary>
    public void Add(ExchangeRecord record) => _exchanges.Add(record);

    /// <summary>Exports once more, if that goes quickly.</summary>
    public void Dispose()
    {
        Provider.Shutdown((int)Endpoint.Patience.TotalMilliseconds);
        Provider.Dispose();
        _meter.Dispose();
    }

    /// <summary>Other instances in this process have their own. Names that end in count are those of parts of a distribution, says Prometheus.</summary>
    private MetricStreamConfiguration? ViewOf(Instrument instrument) => instrument.Name switch
    {
        _ when instrument.Meter.Name == Name => instrument.Meter == _meter ? null : MetricStreamConfiguration.Drop,
        "dotnet.process.cpu.count" => new MetricStreamConfiguration { Name = "dotnet.process.cpus" },
        "dotnet.assembly.count" or "dotnet.timer.count" => MetricStreamConfiguration.Drop,
        // Told as sums that only grow, which they are not: ours stand in for them.
        "dotnet.thread_pool.thread.count" or "dotnet.thread_pool.queue.length" => MetricStreamConfiguration.Drop,
        _ => null,
    };
}
