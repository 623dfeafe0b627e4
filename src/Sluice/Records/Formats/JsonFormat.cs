using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Http;

namespace Sluice.Records.Formats;

/// <summary>One JSON object a line; the keys are those of docs/logs.md. What is absent has no key. Text from the wire
/// stands as Latin-1 reads it: one char per octet.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A writer over a buffer holds nothing to give back.")]
internal sealed class JsonFormat : IRecordFormat
{
    private static readonly JsonWriterOptions Options = new()
    {
        // The default also escapes what is dangerous inside HTML ('<', '+', ...): this is no HTML. Control characters stay escaped.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private Utf8JsonWriter? _json;

    public void Write(ExchangeRecord record, LineBuffer to)
    {
        var json = Begin(record.Time, to);
        json.WriteNumber("number"u8, record.Number);
        json.WriteString("listener"u8, record.Listener);
        json.WriteString("kind"u8, Kind(record.Kind));
        Text(json, "client"u8, record.Client is { } client ? SafeText.Plain(client.Address).ToString() : null);
        Text(json, "user"u8, record.User);
        Text(json, "method"u8, record.Method);
        Url(json, "url"u8, record.Url);
        Text(json, "protocol"u8, record.Protocol?.Name());
        json.WriteNumber("status"u8, record.Status);
        json.WriteNumber("request_bytes"u8, record.RequestBytes);
        json.WriteNumber("response_bytes"u8, record.ResponseBytes);
        Milliseconds(json, "duration_ms"u8, record.Duration);
        if (record.TimeToFirstByte is { } first)
            Milliseconds(json, "first_byte_ms"u8, first);
        json.WriteString("cache"u8, CacheUses.Name(record.Cache));
        Text(json, "cache_reason"u8, record.CacheReason);
        json.WriteString("verdict"u8, record.Verdict.Outcome);
        Text(json, "rule"u8, record.Verdict.Rule);
        Text(json, "list"u8, record.Verdict.List);
        if (record.Verdict.Line > 0)
            json.WriteNumber("line"u8, record.Verdict.Line);
        Text(json, "upstream"u8, record.Upstream is { } upstream ? new IPEndPoint(SafeText.Plain(upstream.Address), upstream.Port).ToString() : null);
        Text(json, "error"u8, record.Error);
        Text(json, "error_detail"u8, record.ErrorDetail);
        if (record.ClientGone)
            json.WriteBoolean("client_gone"u8, true);
        Text(json, "content_type"u8, record.ContentType);
        Url(json, "referer"u8, record.Referer);
        Text(json, "user_agent"u8, record.UserAgent);
        End(json, to);
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to)
    {
        var json = Begin(now, to);
        json.WriteNumber("dropped"u8, count);
        End(json, to);
    }

    private Utf8JsonWriter Begin(DateTimeOffset time, LineBuffer to)
    {
        if (_json is null)
            _json = new Utf8JsonWriter(to, Options);
        else
            _json.Reset(to);
        _json.WriteStartObject();
        Span<byte> text = stackalloc byte[32];
        time.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-ddTHH:mm:ss.fffZ");
        _json.WriteString("time"u8, text[..length]);
        return _json;
    }

    private static void End(Utf8JsonWriter json, LineBuffer to)
    {
        json.WriteEndObject();
        json.Flush();
        to.Put((byte)'\n');
    }

    private static void Text(Utf8JsonWriter json, ReadOnlySpan<byte> key, string? value)
    {
        if (value is not null)
            json.WriteString(key, value);
    }

    private static void Url(Utf8JsonWriter json, ReadOnlySpan<byte> key, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return;
        var rest = SafeText.WithoutUserInfo(value, out var scheme);
        if (scheme.IsEmpty)
            json.WriteString(key, rest);
        else
            json.WriteString(key, string.Concat(scheme, rest));
    }

    private static void Milliseconds(Utf8JsonWriter json, ReadOnlySpan<byte> key, TimeSpan value) =>
        json.WriteNumber(key, Math.Round((decimal)value.Ticks / TimeSpan.TicksPerMillisecond, 3));

    private static ReadOnlySpan<byte> Kind(RecordKind kind) => kind switch
    {
        RecordKind.Connect => "connect"u8,
        RecordKind.Upgrade => "upgrade"u8,
        RecordKind.Relay => "relay"u8,
        _ => "http"u8,
    };
}
