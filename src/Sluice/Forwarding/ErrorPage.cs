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

    public byte[] Body(Exchange x, out string contentType)
    {
        var accept = x.Fields.Get(FieldNames.Accept) ?? "";
        var json = accept.Contains("json", StringComparison.OrdinalIgnoreCase)
            && !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase);
        contentType = json ? "application/problem+json" : "text/html; charset=utf-8";
        return json ? Json(x) : x.Listener.Page.Template.Fill(name => ValueOf(name, x));
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

    private string? ValueOf(string name, Exchange x) => name switch
    {
        "status" => $"{Status}",
        "title" => Title,
        "reason" => Shown(Text, x),
        "url" => Shown(x.Request?.Target.Url, x),
        "rule" => Verdict?.Rule,
        "list" => Verdict is { List: { } list } verdict ? $"{Path.GetFileName(list)}, line {verdict.Line}" : null,
        "error" => Verdict is null ? ProxyError : null,
        "contact" => x.Listener.Page.Contact,
        "client" => x.Record.Client?.Address.ToString(),
        "user" => x.Record.User,
        _ => $"{x.Record.Number}",
    };

    // A page is photographed, and sent to whom one asks.
    private static string? Shown(string? text, Exchange x) => x.Listener.Redaction is { } redaction ? redaction.Text(text) : text;

    private byte[] Json(Exchange x)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", "about:blank");
            json.WriteString("title", Title);
            json.WriteNumber("status", Status);
            json.WriteString("detail", Shown(Text, x));
            Write("instance", Shown(x.Request?.Target.Url, x));
            json.WriteString("proxy_error", ProxyError);
            Write("rule", Verdict?.Rule);
            if (Verdict is { List: { } list } verdict)
            {
                json.WriteString("list", Path.GetFileName(list));
                json.WriteNumber("line", verdict.Line);
            }
            Write("contact", x.Listener.Page.Contact);
            json.WriteNumber("reference", x.Record.Number);
            json.WriteEndObject();

            void Write(string name, string? value)
            {
                if (value is not null)
                    json.WriteString(name, value);
            }
        }
        return stream.ToArray();
    }
}
