using Sluice.Http;
using Sluice.Policy;
using Sluice.Records.Formats;

namespace Sluice.Records;

/// <summary>What kind of value a field has: a string, an integer (long), a number (double) or a boolean.</summary>
public enum FieldType : byte
{
    Text,
    Whole,
    Number,
    Flag,
}

/// <summary>One fact of a record, with its names.</summary>
/// <param name="Attribute">In OpenTelemetry: of its semantic conventions where these know it, else ours, which begin with <c>sluice.</c>.</param>
/// <param name="Doc">One line; the row of docs/logs.md.</param>
/// <param name="Value">A string, long, double or bool, as <paramref name="Type"/> says; null: there is none. Text from the wire is Latin-1, one char per octet.</param>
public sealed record RecordField(string Attribute, FieldType Type, string Doc, Func<ExchangeRecord, object?> Value)
{
    public const string OwnPrefix = "sluice.";

    /// <summary>In the access log in JSON, in the admin API and in queries: the attribute with underscores, ours without their prefix.</summary>
    public string Key { get; } = KeyOf(Attribute);

    public bool IsOwn => Attribute.StartsWith(OwnPrefix, StringComparison.Ordinal);

    public static string KeyOf(string attribute) =>
        (attribute.StartsWith(OwnPrefix, StringComparison.Ordinal) ? attribute[OwnPrefix.Length..] : attribute).Replace('.', '_').Replace('-', '_');
}

/// <summary>All facts of a record in the order of the access log, under the names that every output gives them. <see cref="JsonFormat"/> writes
/// the same by hand; a test compares them.</summary>
public static class RecordFields
{
    /// <summary>Named as OpenTelemetry names them in logs that are not its own.</summary>
    public const string TraceId = "trace_id";

    public const string SpanId = "span_id";

    public static readonly IReadOnlyList<RecordField> All =
    [
        new("sluice.time", FieldType.Text, "start, UTC, RFC 3339 with milliseconds", x => Time(x.Time)),
        new("sluice.number", FieldType.Whole, "counts the exchanges of the process from 1", x => x.Number),
        new("sluice.generation", FieldType.Whole, "of the configuration under which it began: 1 at the start, one more with each reload", x => (long)x.Generation),
        new("sluice.listener", FieldType.Text, "the listener's name", x => x.Listener),
        new("sluice.kind", FieldType.Text, "`http`, `connect`, `upgrade` or `relay`", x => Kind(x.Kind)),
        new("client.address", FieldType.Text, "IP address of the client", x => x.Client is { } client ? SafeText.Plain(client.Address).ToString() : null),
        new("user.name", FieldType.Text, "authenticated user", x => x.User),
        new("http.request.method", FieldType.Text, "as asked, also one that nobody knows", x => x.Method),
        new("url.full", FieldType.Text, "as asked; `host:port` for CONNECT and relays", x => Url(x.Url)),
        new("network.protocol.version", FieldType.Text, "of HTTP with the client: `1.0` or `1.1`", x => x.Protocol?.ViaToken()),
        new("http.response.status_code", FieldType.Whole, "sent to the client; absent: none was", x => x.Status > 0 ? (long)x.Status : null),
        new("http.request.body.size", FieldType.Whole, "bytes from the client", x => x.RequestBytes),
        new("http.response.body.size", FieldType.Whole, "bytes to the client", x => x.ResponseBytes),
        new("sluice.duration_ms", FieldType.Number, "from `time` to the end", x => Milliseconds(x.Duration)),
        new("sluice.first_byte_ms", FieldType.Number, "from `time` to the first byte of the response", x => x.TimeToFirstByte is { } first ? Milliseconds(first) : null),
        new("sluice.cache", FieldType.Text, "`HIT`, `MISS`, `REVALIDATED`, `STALE`, `BYPASS` or `NONE`", x => System.Text.Encoding.ASCII.GetString(CacheUses.Name(x.Cache))),
        new("sluice.cache_reason", FieldType.Text, "why it was no hit; `collapsed`: answered by the fetch that another request had begun", x => x.CacheReason),
        new("sluice.verdict", FieldType.Text, "`allow`, `deny`, or `report`: let through, but `rule` would have refused it", x => x.Verdict.Outcome),
        new("sluice.rule", FieldType.Text, "the rule that decided", x => x.Verdict.Rule),
        new("sluice.list", FieldType.Text, "the list file that named the request", x => x.Verdict.List),
        new("sluice.line", FieldType.Whole, "the line in `list`", x => x.Verdict.Line > 0 ? (long)x.Verdict.Line : null),
        new("sluice.tags", FieldType.Text, "the words of the rules that matched, with commas between", x => x.Verdict.Tags),
        new("sluice.tls", FieldType.Text, "what a tunnel begins with where a policy looks into it, in the words of the condition `tls` ([policy](policy.md#tunnels)) with commas between", x => x.Tls.Text()),
        new("sluice.sni", FieldType.Text, "the server name that the tunnel's client asks for", x => x.ServerName),
        new("network.peer.address", FieldType.Text, "IP address of the upstream that was asked", x => x.Upstream is { } upstream ? SafeText.Plain(upstream.Address).ToString() : null),
        new("network.peer.port", FieldType.Whole, "its port", x => x.Upstream is { } upstream ? (long)upstream.Port : null),
        new("error.type", FieldType.Text, "an error type of RFC 9209, or one of ours", x => x.Error),
        new("sluice.error_detail", FieldType.Text, "more, for the administrator", x => x.ErrorDetail),
        new("sluice.client_gone", FieldType.Flag, "`true` where the client left before the end", x => x.ClientGone ? true : null),
        new("http.response.header.content-type", FieldType.Text, "of the response", x => x.ContentType),
        new("http.request.header.referer", FieldType.Text, "of the request", x => Url(x.Referer)),
        new("user_agent.original", FieldType.Text, "of the request", x => x.UserAgent),
        new(TraceId, FieldType.Text, "of the trace that it is part of, where it is traced ([telemetry](telemetry.md))", x => x.TraceId),
        new(SpanId, FieldType.Text, "of its span in that trace", x => x.SpanId),
    ];

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private static string Kind(RecordKind kind) => kind switch
    {
        RecordKind.Connect => "connect",
        RecordKind.Upgrade => "upgrade",
        RecordKind.Relay => "relay",
        _ => "http",
    };

    private static string? Url(string? url)
    {
        var shown = string.IsNullOrEmpty(url) ? null : SafeText.WithoutUserInfo(url);
        return shown is { Length: 0 } ? null : shown;
    }

    // To the microsecond, as the log says it.
    private static double Milliseconds(TimeSpan span) => Math.Round(span.TotalMicroseconds) / 1000;
}
