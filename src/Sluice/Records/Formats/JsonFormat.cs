using System.Text;
using System.Text.Encodings.Web;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Records.Formats;

/// <summary>One JSON object a line; the keys are those of docs/logs.md. What is absent has no key. Text from the wire
/// stands as Latin-1 reads it: one char per octet.</summary>
/// <remarks>Put together by hand, as the other formats are: half the time of a Utf8JsonWriter. Text that needs an escape
/// (little does) is left to the library.</remarks>
internal sealed class JsonFormat : IRecordFormat
{
    // The default also escapes what is dangerous inside HTML ('<', '+', ...): this is no HTML. Control characters stay escaped.
    private static readonly JavaScriptEncoder Escapes = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public void Write(ExchangeRecord record, LineBuffer to)
    {
        PutTime(record.Time, to);
        to.Put(",\"number\":"u8).Put(record.Number);
        to.Put(",\"generation\":"u8).Put(record.Generation);
        PutText(",\"listener\":\""u8, record.Listener, to);
        to.Put(",\"kind\":\""u8).Put(Kind(record.Kind)).Put((byte)'"');
        if (record.Client is { } client)
            to.Put(",\"client\":\""u8).Put(client.Address).Put((byte)'"');
        PutText(",\"user\":\""u8, record.User, to);
        PutText(",\"method\":\""u8, record.Method, to);
        PutUrl(",\"url\":\""u8, record.Url, to);
        PutText(",\"protocol\":\""u8, record.Protocol?.Name(), to);
        to.Put(",\"status\":"u8).Put(record.Status);
        to.Put(",\"request_bytes\":"u8).Put(record.RequestBytes);
        to.Put(",\"response_bytes\":"u8).Put(record.ResponseBytes);
        PutMilliseconds(",\"duration_ms\":"u8, record.Duration, to);
        if (record.TimeToFirstByte is { } first)
            PutMilliseconds(",\"first_byte_ms\":"u8, first, to);
        to.Put(",\"cache\":\""u8).Put(CacheUses.Name(record.Cache)).Put((byte)'"');
        PutText(",\"cache_reason\":\""u8, record.CacheReason, to);
        PutText(",\"verdict\":\""u8, record.Verdict.Outcome, to);
        PutText(",\"rule\":\""u8, record.Verdict.Rule, to);
        PutText(",\"list\":\""u8, record.Verdict.List, to);
        if (record.Verdict.Line > 0)
            to.Put(",\"line\":"u8).Put(record.Verdict.Line);
        PutText(",\"tags\":\""u8, record.Verdict.Tags, to);
        PutText(",\"tls\":\""u8, record.Tls.Text(), to);
        PutText(",\"sni\":\""u8, record.ServerName, to);
        if (record.Upstream is { } upstream)
            to.Put(",\"upstream\":\""u8).Put(upstream).Put((byte)'"');
        PutText(",\"error\":\""u8, record.Error, to);
        PutText(",\"error_detail\":\""u8, record.ErrorDetail, to);
        if (record.ClientGone)
            to.Put(",\"client_gone\":true"u8);
        PutText(",\"content_type\":\""u8, record.ContentType, to);
        PutUrl(",\"referer\":\""u8, record.Referer, to);
        PutText(",\"user_agent\":\""u8, record.UserAgent, to);
        to.Put("}\n"u8);
    }

    public void WriteDropped(long count, DateTimeOffset now, LineBuffer to)
    {
        PutTime(now, to);
        to.Put(",\"dropped\":"u8).Put(count).Put("}\n"u8);
    }

    private static void PutTime(DateTimeOffset time, LineBuffer to) =>
        to.Put("{\"time\":\""u8).PutTime(time).Put((byte)'"');

    /// <param name="begin">Comma, key, colon and the opening quote.</param>
    private static void PutText(ReadOnlySpan<byte> begin, string? value, LineBuffer to)
    {
        if (value is not null)
            PutEscaped(to.Put(begin), value).Put((byte)'"');
    }

    private static void PutUrl(ReadOnlySpan<byte> begin, string? value, LineBuffer to)
    {
        if (string.IsNullOrEmpty(value))
            return;
        var rest = SafeText.WithoutUserInfo(value, out var scheme);
        if (rest.Length + scheme.Length > 0)
            PutEscaped(PutEscaped(to.Put(begin), scheme), rest).Put((byte)'"');
    }

    private static LineBuffer PutEscaped(LineBuffer to, ReadOnlySpan<char> text) => text.ContainsAnyExcept(SafeText.Quoted)
        ? to.Put(Encoding.UTF8.GetBytes(Escapes.Encode(text.ToString())))
        : to.PutLatin1(text);

    private static void PutMilliseconds(ReadOnlySpan<byte> begin, TimeSpan value, LineBuffer to)
    {
        var microseconds = (long)Math.Round(value.TotalMicroseconds);
        to.Put(begin).Put(microseconds / 1000);
        if (microseconds % 1000 is > 0 and var rest)
            to.Put((byte)'.').Put(rest, "D3");
    }

    private static ReadOnlySpan<byte> Kind(RecordKind kind) => kind switch
    {
        RecordKind.Connect => "connect"u8,
        RecordKind.Upgrade => "upgrade"u8,
        RecordKind.Relay => "relay"u8,
        _ => "http"u8,
    };
}
