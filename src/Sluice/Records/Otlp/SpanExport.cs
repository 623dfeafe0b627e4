using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Exporter;

namespace Sluice.Records.Otlp;

/// <summary>The SDK's queue of spans, which drops what it has no room for and says nothing: that is counted here.</summary>
internal sealed class SpanExport(SpanExporter exporter)
    : BatchActivityExportProcessor(exporter, maxQueueSize: QueueLength, scheduledDelayMilliseconds: 1000, exporterTimeoutMilliseconds: (int)Endpoint.Timeout.TotalMilliseconds)
{
    private const int QueueLength = 16 << 10;

    private readonly SpanExporter _to = exporter;

    private long _ended;

    public override void OnEnd(Activity data)
    {
        Interlocked.Increment(ref _ended);
        base.OnEnd(data);
    }

    /// <param name="droppedBefore">Exchanges whose spans were not made.</param>
    public OutputState State(long droppedBefore)
    {
        var (exported, lost) = (_to.Exported, _to.Lost);
        // What is in the queue is not lost.
        var missing = Interlocked.Read(ref _ended) - exported - lost;
        return new OutputState(_to.Name, exported, droppedBefore + lost + Math.Max(0, missing - QueueLength), _to.Failures, _to.Failing);
    }
}

internal sealed class SpanExporter : OtlpTraceExporter
{
    private readonly Endpoint _endpoint;
    private long _exported;
    private long _lost;
    private long _failures;

    public SpanExporter(OtlpOptions options) : this(options, new Endpoint(options))
    {
    }

    private SpanExporter(OtlpOptions options, Endpoint endpoint) : base(endpoint.For("traces")) => (_endpoint, Name) = (endpoint, $"{options} (spans)");

    public string Name { get; }

    public long Exported => Interlocked.Read(ref _exported);

    public long Lost => Interlocked.Read(ref _lost);

    public long Failures => Interlocked.Read(ref _failures);

    public string? Failing => _endpoint.Fault;

    public override ExportResult Export(in Batch<Activity> batch)
    {
        var count = batch.Count;
        var result = base.Export(batch);
        if (result == ExportResult.Success)
            Interlocked.Add(ref _exported, count);
        else
        {
            Interlocked.Add(ref _lost, count);
            Interlocked.Increment(ref _failures);
        }
        return result;
    }
}
