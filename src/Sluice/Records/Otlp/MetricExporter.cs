using System.Diagnostics.Metrics;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;

namespace Sluice.Records.Otlp;

/// <summary>The SDK's, and how often it failed: what is not told now is told with the next, as all are sums since the start.</summary>
internal sealed class MetricExporter : OtlpMetricExporter
{
    private readonly ExportCounts _counts;

    public MetricExporter(OtlpOptions options, Meter meter) : base(new Endpoint(options).For("metrics")) => _counts = new ExportCounts(meter, "metrics");

    public override ExportResult Export(in Batch<Metric> batch) => _counts.Note(base.Export(batch));
}

/// <summary>Exports that went well and that did not, of one signal.</summary>
internal sealed class ExportCounts
{
    private readonly Counter<long> _exports;
    private readonly KeyValuePair<string, object?> _signal;

    public ExportCounts(Meter meter, string signal)
    {
        _exports = meter.CreateCounter<long>("sluice.otlp.exports", "{export}", "Exports to the collector by what came of them.");
        _signal = new("sluice.otlp.signal", signal);
    }

    public ExportResult Note(ExportResult result)
    {
        _exports.Add(1, _signal, new KeyValuePair<string, object?>("sluice.otlp.outcome", result == ExportResult.Success ? "ok" : "failed"));
        return result;
    }
}
