// Records as log records of OpenTelemetry.
//
// What: an output like the others: batches that are tried again until they got through, and counted where they do not.
// Strategy: the SDK makes a log record only of what passes its ILogger, and hands it out only in batches of its own. So a batch goes through the ILogger into the SDK's queue, which
//   does nothing by itself, and is then flushed; the exporter tells what became of it.
// Facts: what a collector refuses for good (OTLP, "Failures") would be refused again: it is given up, and counted.
using System.Collections;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using Sluice.Records.Output;

namespace Sluice.Records.Otlp;

internal sealed class LogOutput : IRecordOutput
{
    private const int Most = 512;
    private static readonly RecordField[] Fields = [.. RecordFields.All.Where(field => field.Attribute is not ("sluice.time" or RecordFields.TraceId or RecordFields.SpanId))];
    private static readonly EventId Exchanged = new(1, "sluice.exchange");
    private static readonly EventId Dropped = new(2, "sluice.records.dropped");

    private readonly List<Entry> _batch = new(Most);
    private readonly Endpoint _endpoint;
    private readonly Exporter _exporter;
    private readonly BatchLogRecordExportProcessor _queue;
    private readonly ILoggerFactory _factory;
    private readonly ILogger _log;

    public LogOutput(OtlpOptions options)
    {
        Name = $"{options}";
        _endpoint = new Endpoint(options);
        var exporter = new OtlpLogExporter(_endpoint.For("logs"));
        _exporter = new Exporter(exporter);
        _queue = new BatchLogRecordExportProcessor(_exporter, Most, scheduledDelayMilliseconds: int.MaxValue, exporterTimeoutMilliseconds: (int)Endpoint.Timeout.TotalMilliseconds, Most);
        _factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddOpenTelemetry(to =>
        {
            to.SetResourceBuilder(Resources.Builder());
            to.IncludeFormattedMessage = true;
            to.AddProcessor(new Stamp());
            to.AddProcessor(new Introduced(exporter));
            to.AddProcessor(_queue);
        }));
        _log = _factory.CreateLogger("Sluice");
    }

    public string Name { get; }

    public bool HasRoom => _batch.Count < Most;

    public void Add(ExchangeRecord record)
    {
        var attributes = new List<KeyValuePair<string, object?>>(Fields.Length);
        foreach (var field in Fields)
            if (field.Value(record) is { } value)
                attributes.Add(new(field.Attribute, value));
        foreach (var (name, value) in record.Fields ?? [])
            attributes.Add(new($"http.{(name.IsOfResponse ? "response" : "request")}.header.{name.Name.ToLowerInvariant()}", value));
        _batch.Add(new Entry(record.Time, record.Trace, LevelOf(record), Exchanged, $"{record.Method} {attributes.Find(a => a.Key == "url.full").Value} {record.Status}".Trim(), attributes));
    }

    public void AddDropped(long count, DateTimeOffset now) =>
        _batch.Add(new Entry(now, null, LogLevel.Warning, Dropped, $"{count} records are missing here", [new("sluice.dropped", count)]));

    public void WriteOut()
    {
        if (_batch.Count == 0)
            return;
        _exporter.HasFailed = false;
        foreach (var entry in _batch)
            _log.Log(entry.Level, entry.Event, entry, null, static (entry, _) => entry.Text);
        var isFlushed = _queue.ForceFlush((int)(Endpoint.Timeout + Endpoint.Patience).TotalMilliseconds);
        if (isFlushed && !_exporter.HasFailed)
        {
            _batch.Clear();
            return;
        }
        var why = _endpoint.Fault ?? "no answer";
        if (!_endpoint.IsFinal)
            throw new IOException(why);
        _batch.Clear();
        throw new RecordsRefusedException(why);
    }

    public void Reopen()
    {
    }

    public void Dispose()
    {
        _queue.Shutdown(0);
        _factory.Dispose();
    }

    private static LogLevel LevelOf(ExchangeRecord record) => record switch
    {
        { Verdict.Denies: true } => LogLevel.Warning,
        { Error: not null, ClientGone: false } or { Status: >= 500 } => LogLevel.Error,
        _ => LogLevel.Information,
    };

    /// <summary>What the SDK takes the attributes from.</summary>
    private sealed record Entry(DateTimeOffset Time, ExchangeTrace? Trace, LogLevel Level, EventId Event, string Text, List<KeyValuePair<string, object?>> Attributes)
        : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => Attributes.Count;

        public KeyValuePair<string, object?> this[int index] => Attributes[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => Attributes.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>The SDK would take the time of now and the current span.</summary>
    private sealed class Stamp : BaseProcessor<LogRecord>
    {
        public override void OnEnd(LogRecord data)
        {
            if (data.Attributes is not Entry entry)
                return;
            data.Timestamp = entry.Time.UtcDateTime;
            (data.TraceId, data.SpanId, data.TraceFlags) = entry.Trace is { Span: var span } ? (span.TraceId, span.SpanId, span.ActivityTraceFlags) : default;
        }
    }

    /// <summary>Lets the SDK tell its exporter, which is sealed, who speaks; exports nothing by itself.</summary>
    private sealed class Introduced(OtlpLogExporter exporter) : BaseExportProcessor<LogRecord>(exporter)
    {
        protected override void OnExport(LogRecord data)
        {
        }
    }

    /// <summary>The SDK's, and whether it failed.</summary>
    private sealed class Exporter(OtlpLogExporter to) : BaseExporter<LogRecord>
    {
        private volatile bool _hasFailed;

        public bool HasFailed
        {
            get => _hasFailed;
            set => _hasFailed = value;
        }

        public override ExportResult Export(in Batch<LogRecord> batch)
        {
            var result = to.Export(batch);
            if (result != ExportResult.Success)
                _hasFailed = true;
            return result;
        }
    }
}
