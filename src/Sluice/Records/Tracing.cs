using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Sluice.Http;
using Sluice.Records.Otlp;
using Sluice.Records.Output;

namespace Sluice.Records;

/// <summary>Which exchanges are traced, and the way of their spans to the collector. There is one only where traces are on.</summary>
public sealed class Tracing : IAsyncDisposable
{
    private readonly double _ratio;
    private readonly TimeProvider _time;
    private readonly ActivitySource _source = new("Sluice", Resources.Version);
    private readonly SpanExport _export;
    private readonly TracerProvider _provider;
    private readonly RecordWriter _writer;

    public Tracing(OtlpOptions options, TimeProvider time, ILogger log)
    {
        (_ratio, _time) = (options.Traces, time);
        _export = new SpanExport(new SpanExporter(options));
        // Whether an exchange is traced is decided in Begin.
        _provider = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(Resources.Builder()).AddSource(_source.Name).SetSampler(new AlwaysOnSampler()).AddProcessor(_export).Build();
        _writer = new RecordWriter(new RecordQueue(new SpanOutput(_source)), TimeSpan.FromMilliseconds(50), time, log);
    }

    /// <summary>As for the outputs of the access log, of spans.</summary>
    public OutputState State => _export.State(_writer.Dropped);

    /// <summary>The trace of an exchange; null: it is not traced. The client decides where it says whether its own trace is recorded, else a part of all is.</summary>
    /// <param name="fields">Of the request; null: there are none.</param>
    /// <param name="began">When it did, by the time provider.</param>
    public ExchangeTrace? Begin(ExchangeRecord record, FieldList? fields, long began)
    {
        ActivityContext parent = default;
        var continues = fields is not null && TraceParent.TryRead(fields, out parent);
        var isTraced = continues ? (parent.TraceFlags & ActivityTraceFlags.Recorded) != 0 : _ratio >= 1 || Random.Shared.NextDouble() < _ratio;
        return isTraced ? new ExchangeTrace(_source, Start(_source, ActivityKind.Server, parent, record.Time, default), _time, began, continues) : null;
    }

    /// <summary>Takes a record that is complete, and was traced.</summary>
    public void Write(ExchangeRecord record) => _writer.Write(record);

    /// <summary>Exports what is left, if that goes quickly.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _provider.Shutdown((int)Endpoint.Patience.TotalMilliseconds);
        _provider.Dispose();
        _source.Dispose();
    }

    internal static Activity Start(ActivitySource source, ActivityKind kind, ActivityContext parent, DateTimeOffset at, ActivityContext link)
    {
        // A parent that is none would be replaced by the current one.
        Activity.Current = null;
        IEnumerable<ActivityLink>? links = link == default ? null : [new ActivityLink(link)];
        var span = source.StartActivity("exchange", kind, parent, links: links, startTime: at)!;
        Activity.Current = null;
        return span;
    }

    internal static void Stop(Activity span, DateTimeOffset at)
    {
        span.SetEndTime(at.UtcDateTime);
        span.Stop();
        Activity.Current = null;
    }

    /// <summary>A span that is over.</summary>
    internal static void Tell(
        ActivitySource source, string name, ActivityKind kind, ActivityContext parent, DateTimeOffset from, DateTimeOffset to, ActivityContext link = default)
    {
        var span = Start(source, kind, parent, from, link);
        span.DisplayName = name;
        Stop(span, to);
    }
}
