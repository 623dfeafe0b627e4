using System.Net;
using System.Net.Http.Headers;
using Sluice.Http;

namespace Sluice.Upstream;

/// <summary>Between our messages and the library's. It knows fields by name and puts some aside as those of the content: the order between
/// the two kinds is lost, which means nothing (RFC 9110 s.5.3); lines of one name keep theirs.</summary>
internal static class Http2Message
{
    /// <summary>Null: the library would not send it as it is. Fields that it cannot carry (no token, a line break) are no fields.</summary>
    public static HttpRequestMessage? Of(UpstreamRequest request, string origin, HttpContent? content)
    {
        // Else /a/../b becomes /b, behind a rule that judged /a/../b.
        var raw = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        if (!Uri.TryCreate(origin + request.Target, raw, out var uri) || uri.PathAndQuery != request.Target)
            return null;
        var message = new HttpRequestMessage(new HttpMethod(request.Method), uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        foreach (ref readonly var line in request.Fields.Lines)
            if (!message.Headers.TryAddWithoutValidation(line.Name, line.Value))
                (message.Content ??= new NoContent()).Headers.TryAddWithoutValidation(line.Name, line.Value);
        if (request.TakesTrailers)
            message.Headers.TryAddWithoutValidation(FieldNames.TE, "trailers");
        // A method is case-sensitive, but the library's "get" is GET; and what it takes for no host it leaves out.
        var sent = HttpMethod.Parse(request.Method).Method == request.Method && message.Headers.Host == request.Fields.Get(FieldNames.Host);
        return sent ? message : null;
    }

    /// <summary>The head; null: it holds what no field may hold. HPACK carries any octets, a line break among them, which in HTTP/1.1
    /// would begin another answer (RFC 9113 s.8.2.1, s.10.3); the library makes spaces of CR, LF and NUL, but lets others pass.</summary>
    public static ResponseHead? HeadOf(HttpResponseMessage message)
    {
        var fields = new FieldList();
        return (int)message.StatusCode is >= 200 and < 600 && Add(message.Headers.NonValidated, fields) && Add(message.Content.Headers.NonValidated, fields)
            ? new ResponseHead
            {
                Status = (int)message.StatusCode,
                Reason = Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase((int)message.StatusCode),
                Version = ProtocolVersion.Http2,
                Fields = fields,
            }
            : null;
    }

    /// <summary>Null: there are none. False: they hold what no field may hold.</summary>
    public static bool TryTrailersOf(HttpResponseMessage message, out FieldList? trailers)
    {
        trailers = null;
        var received = message.TrailingHeaders.NonValidated;
        if (received.Count == 0)
            return true;
        var fields = new FieldList(8);
        if (!Add(received, fields))
            return false;
        fields.RemoveWhere(TrailerFields.IsForbidden);
        trailers = fields;
        return true;
    }

    private static bool Add(HttpHeadersNonValidated received, FieldList fields)
    {
        foreach (var (name, values) in received)
            foreach (var value in values)
            {
                if (!Grammar.IsToken(name) || !Grammar.IsFieldValue(value))
                    return false;
                fields.Add(name, Grammar.TrimOws(value).ToString());
            }
        return true;
    }
}
