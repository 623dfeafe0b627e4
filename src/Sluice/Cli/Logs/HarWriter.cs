// HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers and their viewers read it.
//
// What: an entry for each request that was a URL's. Tunnels and relays carry bytes, no messages; heads that could not be read name nothing: these are left out.
// Strategy: what a record does not have is said to be unknown in HAR's own way: -1, an empty list, an empty text. A status of 0 with _error is how browsers write
//   down that no answer came. send, wait and receive sum up to time: sending is not told apart from waiting.
using System.Globalization;
using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sluice.Http;
using Sluice.Records;

namespace Sluice.Cli.Logs;

internal sealed class HarWriter(Stream to) : IRowWriter, IDisposable
{
    private const int Unknown = -1;
    private const int FlushAfter = 64 << 10;

    private readonly Utf8JsonWriter _json = new(to, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public void Begin()
    {
        _json.WriteStartObject();
        _json.WriteStartObject("log");
        _json.WriteString("version", "1.2");
        _json.WriteStartObject("creator");
        _json.WriteString("name", "Sluice");
        _json.WriteString("version", typeof(HarWriter).Assembly.GetName().Version?.ToString(3) ?? "");
        _json.WriteEndObject();
        _json.WriteStartArray("entries");
    }

    public void Write(StoredRecord row)
    {
        if (row.Record is not { Kind: RecordKind.Http or RecordKind.Upgrade, Method: { } method, Url: { } url } record || !url.Contains("://", StringComparison.Ordinal))
            return;
        _json.WriteStartObject();
        _json.WriteString("startedDateTime", record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        _json.WriteNumber("time", Milliseconds(record.Duration));
        WriteRequest(record, method, url);
        WriteResponse(record);
        _json.WriteStartObject("cache");
        _json.WriteString("comment", record.Cache.ToString().ToUpperInvariant());
        _json.WriteEndObject();
        WriteTimings(record);
        if (record.Upstream is { } upstream)
            _json.WriteString("serverIPAddress", upstream.Address.ToString());
        if (Comment(record) is { } comment)
            _json.WriteString("comment", comment);
        _json.WriteEndObject();
        if (_json.BytesPending > FlushAfter)
            _json.Flush();
    }

    public void End()
    {
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        Flush();
        to.Write("\n"u8);
        to.Flush();
    }

    public void Flush() => _json.Flush();

    public void Dispose() => _json.Dispose();

    private void WriteRequest(ExchangeRecord record, string method, string url)
    {
        _json.WriteStartObject("request");
        _json.WriteString("method", method);
        _json.WriteString("url", url);
        _json.WriteString("httpVersion", record.Protocol?.Name() ?? "");
        WriteNothing("cookies");
        WriteFields(record, ofResponse: false, ("referer", record.Referer), ("user-agent", record.UserAgent));
        _json.WriteStartArray("queryString");
        foreach (var (name, value) in Query(url))
            WritePair(name, value);
        _json.WriteEndArray();
        _json.WriteNumber("headersSize", Unknown);
        _json.WriteNumber("bodySize", record.RequestBytes);
        _json.WriteEndObject();
    }

    private void WriteResponse(ExchangeRecord record)
    {
        _json.WriteStartObject("response");
        _json.WriteNumber("status", record.Status);
        _json.WriteString("statusText", record.Status == 0 ? "" : Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(record.Status));
        _json.WriteString("httpVersion", record.Protocol?.Name() ?? "");
        WriteNothing("cookies");
        WriteFields(record, ofResponse: true, ("content-type", record.ContentType));
        _json.WriteStartObject("content");
        _json.WriteNumber("size", record.ResponseBytes);
        _json.WriteString("mimeType", record.ContentType ?? "x-unknown");
        _json.WriteEndObject();
        _json.WriteString("redirectURL", "");
        _json.WriteNumber("headersSize", Unknown);
        _json.WriteNumber("bodySize", record.ResponseBytes);
        if (record.Error is { } error)
            _json.WriteString("_error", record.ErrorDetail is { } detail ? $"{error}: {detail}" : error);
        _json.WriteEndObject();
    }

    private void WriteFields(ExchangeRecord record, bool ofResponse, params ReadOnlySpan<(string Name, string? Value)> known)
    {
        _json.WriteStartArray("headers");
        foreach (var (name, value) in known)
            if (value is not null)
                WritePair(name, value);
        foreach (var field in record.Fields ?? [])
            if (field.Name.IsOfResponse == ofResponse)
                WritePair(field.Name.Name, field.Value);
        _json.WriteEndArray();
    }

    private void WriteTimings(ExchangeRecord record)
    {
        var wait = record.TimeToFirstByte is { } first && first < record.Duration ? first : record.Duration;
        _json.WriteStartObject("timings");
        foreach (var unknown in (ReadOnlySpan<string>)["blocked", "dns", "connect", "ssl"])
            _json.WriteNumber(unknown, Unknown);
        _json.WriteNumber("send", 0);
        _json.WriteNumber("wait", Milliseconds(wait));
        _json.WriteNumber("receive", Milliseconds(record.Duration - wait));
        _json.WriteEndObject();
    }

    private void WriteNothing(string list)
    {
        _json.WriteStartArray(list);
        _json.WriteEndArray();
    }

    private void WritePair(string name, string value)
    {
        _json.WriteStartObject();
        _json.WriteString("name", name);
        _json.WriteString("value", value);
        _json.WriteEndObject();
    }

    private static IEnumerable<(string Name, string Value)> Query(string url)
    {
        var end = url.IndexOf('#', StringComparison.Ordinal);
        var begin = url.IndexOf('?', StringComparison.Ordinal);
        if (begin < 0 || end >= 0 && end < begin)
            yield break;
        foreach (var pair in url[(begin + 1)..(end < 0 ? url.Length : end)].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            yield return (WebUtility.UrlDecode(equals < 0 ? pair : pair[..equals]), equals < 0 ? "" : WebUtility.UrlDecode(pair[(equals + 1)..]));
        }
    }

    private static string? Comment(ExchangeRecord record) => record.Verdict switch
    {
        { Denies: true } verdict => $"refused by {verdict.Rule ?? "the policy's default"}",
        { Reports: true } verdict => $"would be refused by {verdict.Rule ?? "the policy's default"}",
        _ => record.ClientGone ? "the client left" : null,
    };

    // Exact, so that the parts sum up.
    private static decimal Milliseconds(TimeSpan span) => Math.Round((decimal)span.Ticks / TimeSpan.TicksPerMillisecond, 3);
}
