using System.Diagnostics;
using Sluice.Records.Output;

namespace Sluice.Records.Otlp;

/// <summary>Makes the spans of exchanges that are over, and hands them to the SDK.</summary>
internal sealed class SpanOutput(ActivitySource source) : IRecordOutput
{
    private static readonly string[] NotOfSpans = ["sluice.time", "sluice.duration_ms", RecordFields.TraceId, RecordFields.SpanId, "http.request.method"];
    private static readonly RecordField[] Fields = [.. RecordFields.All.Where(field => !NotOfSpans.Contains(field.Attribute))];

    public string Name => "spans";

    public bool HasRoom => true;

    public void Add(ExchangeRecord record)
    {
        var (trace, span, end) = (record.Trace!, record.Trace!.Span, record.Time + record.Duration);
        foreach (var stage in trace.Stages)
        {
            var kind = stage.Stage == Stage.Connect ? ActivityKind.Client : ActivityKind.Internal;
            Tracing.Tell(source, NameOf(stage.Stage), kind, span.Context, record.Time + stage.Began, stage.Ended is { } ended ? record.Time + ended : end, stage.Link);
        }
        foreach (var fetch in trace.Fetches)
            if (!fetch.EndsByItself)
                fetch.End(record.Error, end);
        Describe(span, record);
        Tracing.Stop(span, end);
    }

    public void AddDropped(long count, DateTimeOffset now)
    {
    }

    public void WriteOut()
    {
    }

    public void Reopen()
    {
    }

    public void Dispose()
    {
    }

    private static void Describe(Activity span, ExchangeRecord record)
    {
        var known = Metering.KnownLabels.Methods[Metering.KnownLabels.Method(record.Method)];
        var isOther = known == Metering.KnownLabels.OtherMethod;
        span.DisplayName = record.Kind == RecordKind.Relay ? "relay" : isOther ? "HTTP" : known;
        if (record.Method is not null)
            span.SetTag("http.request.method", known);
        if (isOther && record.Method is { } original)
            span.SetTag("http.request.method_original", original);
        foreach (var field in Fields)
            if (field.Value(record) is { } value)
                span.SetTag(field.Attribute, value);
        foreach (var (name, value) in record.Fields ?? [])
            span.SetTag($"http.{(name.IsOfResponse ? "response" : "request")}.header.{name.Name.ToLowerInvariant()}", value);
        if (record.Error is not null && !record.ClientGone || record.Status >= 500)
            span.SetStatus(ActivityStatusCode.Error, record.ErrorDetail ?? record.Error);
        if (record.Error is null && record.Status >= 500)
            span.SetTag("error.type", record.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Locate(span, record.Url);
    }

    /// <summary>What the conventions want of a server's span.</summary>
    private static void Locate(Activity span, string? url)
    {
        if (url is null || url.IndexOf("://", StringComparison.Ordinal) is not (> 0 and var scheme))
            return;
        span.SetTag("url.scheme", url[..scheme]);
        var path = url.IndexOf('/', scheme + 3);
        var query = url.IndexOf('?', scheme + 3);
        if (path > 0 && (query < 0 || path < query))
            span.SetTag("url.path", query < 0 ? url[path..] : url[path..query]);
        if (query > 0)
            span.SetTag("url.query", url[(query + 1)..]);
    }

    private static string NameOf(Stage stage) => stage == Stage.JudgeReply ? "judge reply" : stage.ToString().ToLowerInvariant();
}
