using System.Net;
using System.Text;
using System.Text.Json;
using Sluice.Http;
using Sluice.Policy;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>An answer of our own to what we refuse or could not get: a short page for people, problem+json (RFC 9457)
/// for programs that ask for JSON, and Proxy-Status (RFC 9209) on both.</summary>
internal sealed record ErrorPage(int Status, string ProxyError, string Text)
{
    /// <summary>The rule that refused.</summary>
    public Verdict? Verdict { get; init; }

    /// <summary>More, for the administrator: goes into the record and Proxy-Status, not onto the page.</summary>
    public string? Detail { get; init; }

    /// <summary>RFC 9112 s.9.3: where the next message begins is no longer certain.</summary>
    public bool Closes { get; init; }

    public static ErrorPage For(BadMessage why)
    {
        var row = why.Row();
        return new(row.Status, row.ProxyError, row.Text) { Closes = true };
    }

    public static ErrorPage For(ForwardError error, string? detail = null)
    {
        var row = error.Row();
        return new(row.Status, row.ProxyError, row.Text) { Detail = detail };
    }

    public static ErrorPage For(Verdict verdict) =>
        new(verdict.Status, "http_request_denied", verdict.Reason) { Verdict = verdict, Location = verdict.Redirect };

    /// <summary>Where the client is sent; null: nowhere.</summary>
    public string? Location { get; init; }

    /// <summary>With 407: how to log in (RFC 9110 s.11.7.1).</summary>
    public string? Challenge { get; init; }

    /// <summary>With 429: when it is worth to try again (RFC 9110 s.10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }

    public byte[] Body(RequestHead? request, out string contentType)
    {
        var accept = request?.Fields.Get(FieldNames.Accept) ?? "";
        var json = accept.Contains("json", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);
        contentType = json ? "application/problem+json" : "text/html; charset=utf-8";
        return json ? Json(request) : Html(request);
    }

    public string Title => Status switch
    {
        302 => "Found",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "Refused",
    };

    private byte[] Json(RequestHead? request)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", Title);
            json.WriteNumber("status", Status);
            json.WriteString("detail", Text);
            if (request is not null)
                json.WriteString("instance", request.Target.Url);
            json.WriteString("proxy_error", ProxyError);
            if (Verdict is { } verdict)
            {
                if (verdict.Rule is not null)
                    json.WriteString("rule", verdict.Rule);
                if (verdict.List is not null)
                {
                    json.WriteString("list", verdict.List);
                    json.WriteNumber("line", verdict.Line);
                }
            }
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private byte[] Html(RequestHead? request)
    {
        var page = new StringBuilder()
            .Append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">")
            .Append("<title>").Append(Status).Append(' ').Append(Title).Append("</title>")
            .Append("<style>body{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:12vh auto;padding:0 1rem;color:#222}")
            .Append("h1{font-size:1.4rem}code{word-break:break-all}dt{color:#666}dd{margin:0 0 .6rem}</style>")
            .Append("<h1>").Append(Status).Append(' ').Append(Title).Append("</h1><p>").Append(WebUtility.HtmlEncode(Text)).Append("</p><dl>");
        Row(page, "Address", request?.Target.Url);
        Row(page, "Rule", Verdict?.Rule);
        Row(page, "List", Verdict is { List: { } list } verdict ? $"{Path.GetFileName(list)}, line {verdict.Line}" : null);
        Row(page, "Error", Verdict is null ? ProxyError : null);
        return Encoding.UTF8.GetBytes(page.Append("</dl><p><small>Sluice</small></p></html>\n").ToString());
    }

    private static void Row(StringBuilder page, string name, string? value)
    {
        if (value is not null)
            page.Append("<dt>").Append(name).Append("</dt><dd><code>").Append(WebUtility.HtmlEncode(value)).Append("</code></dd>");
    }
}
