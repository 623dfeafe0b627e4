using System.Text;
using System.Text.Encodings.Web;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Records.Formats;

/// <summary>One JSON object a line; the keys are those of <see cref="RecordFields"/>. What is absent has no key. Text from the wire
/// stands as Latin-1 reads it: one char per octet.</summary>
/// <param name="asciiOnly">What is not ASCII is escaped, too.</param>
/// <remarks>Put together by hand, as the other formats are: half the time of a Utf8JsonWriter. Text that needs an escape
/// (little does) is left to the library.</remarks>
internal sealed class JsonFormat(bool asciiOnly = false) : IRecordFormat
{
    // The default also escapes what is dangerous inside HTML ('<', '+', ...): this is no HTML. Control characters stay escaped.
    private readonly JavaScriptEncoder _escapes = asciiOnly ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public void Write(ExchangeRecord record, LineBuffer to)
    {
        PutTime(record.Time, to);
        to.Put(",\"number\":"u8).Put(record.Number);
        to.Put(",\"generation\":"u8).Put(record.Generation);
        PutText(",\"listener\":\""u8, record.Listener, to);
        to.Put(Kind(record.Kind));
        if (record.Client is { } client)
            to.Put(",\"client_address\":\""u8).Put(client.Address).Put((byte)'"');
        PutText(",\"user_name\":\""u8, record.User, to);
        PutText(",\"http_request_method\":\""u8, record.Method, to);
        PutUrl(",\"url_full\":\""u8, record.Url, to);
        PutText(",\"network_protocol_version\":\""u8, record.Protocol?.ViaToken(), to);
        if (record.Status > 0)
            to.Put(",\"http_response_status_code\":"u8).Put(record.Status);
        to.Put(",\"http_request_body_size\":"u8).Put(record.RequestBytes);
        to.Put(",\"http_response_body_size\":"u8).Put(record.ResponseBytes);
        PutMilliseconds(",\"duration_ms\":"u8, record.Duration, to);
        if (record.TimeToFirstByte is { } first)
            PutMilliseconds(",\"first_byte_ms\":"u8, first, to);
        to.Put(",\"cache\":\""u8).Put(CacheUses.Name(record.Cache)).Put((byte)'"');
        PutText(",\"cache_reason\":\""u8, record.CacheReason, to);
        PutVerdict(record.Verdict, to);
        PutText(",\"tls\":\""u8, record.Tls.Text(), to);
        PutText(",\"sni\":\""u8, record.ServerName, to);
        if (record.Upstream is { } upstream)
            to.Put(",\"network_peer_address\":\""u8).Put(upstream.Address).Put("\",\"network_peer_port\":"u8).Put(upstream.Port);
        PutText(",\"error_type\":\""u8, record.Error, to);
        PutText(",\"error_detail\":\""u8, record.ErrorDetail, to);
        if (record.ClientGone)
            to.Put(",\"client_gone\":true"u8);
        PutText(",\"http_response_header_content_type\":\""u8, record.ContentType, to);
        PutUrl(",\"http_request_header_referer\":\""u8, record.Referer, to);
        PutText(",\"user_agent_original\":\""u8, record.UserAgent, to);
        PutText(",\"trace_id\":\""u8, record.TraceId, to);
        PutText(",\"span_id\":\""u8, record.SpanId, to);
        if (record.Fields is { } fields)
            PutFields(fields, to);
        to.Put("}\n"u8);
    }

    private void PutFields(IReadOnlyList<RecordedValue> fields, LineBuffer to)
    {
        foreach (var (name, value) in fields)
            PutText(name.JsonBegin, value, to);
    }

    private void PutVerdict(Verdict verdict, LineBuffer to)
    {
        PutText(",\"verdict\":\""u8, verdict.Outcome, to);
        PutText(",\"rule\":\""u8, verdict.Rule, to);
        PutText(",\"list\":\""u8, verdict.List, to);
        if (verdict.Line > 0)
            to.Put(",\"line\":"u8).Put(verdict.Line);
        PutText(",\"tags\":\""u8, verdict.Tags, to);
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to)
    {
        PutTime(now, to);
        to.Put(",\"dropped\":"u8).Put(count).Put("}\n"u8);
    }

    private static void PutTime(DateTimeOffset time, LineBuffer to) =>
        to.Put("{\"time\":\""u8).PutTime(time).Put((byte)'"');

    /// <param name="begin">Comma, key, colon and the opening quote.</param>
    private void PutText(ReadOnlySpan<byte> begin, string? value, LineBuffer to)
    {
        if (value is not null)
            PutEscaped(to.Put(begin), value).Put((byte)'"');
    }

    private void PutUrl(ReadOnlySpan<byte> begin, string? value, LineBuffer to)
    {
        if (string.IsNullOrEmpty(value))
            return;
        var rest = SafeText.WithoutUserInfo(value, out var scheme);
        if (rest.Length + scheme.Length > 0)
            PutEscaped(PutEscaped(to.Put(begin), scheme), rest).Put((byte)'"');
    }

    private LineBuffer PutEscaped(LineBuffer to, ReadOnlySpan<char> text) => text.ContainsAnyExcept(SafeText.Quoted)
        ? to.Put(Encoding.UTF8.GetBytes(_escapes.Encode(text.ToString())))
        : to.PutLatin1(text);

    private static void PutMilliseconds(ReadOnlySpan<byte> begin, TimeSpan value, LineBuffer to)
    {
        var microseconds = (value.Ticks + TimeSpan.TicksPerMicrosecond / 2) / TimeSpan.TicksPerMicrosecond;
        to.Put(begin).Put(microseconds / 1000);
        if (microseconds % 1000 is > 0 and var rest)
            to.Put((byte)'.').PutThousandths((int)rest);
    }

    private static ReadOnlySpan<byte> Kind(RecordKind kind) => kind switch
    {
        RecordKind.Connect => ",\"kind\":\"connect\""u8,
        RecordKind.Upgrade => ",\"kind\":\"upgrade\""u8,
        RecordKind.Relay => ",\"kind\":\"relay\""u8,
        _ => ",\"kind\":\"http\""u8,
    };
}
