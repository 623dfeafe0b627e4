namespace Sluice.Http;

/// <summary>Our own check of a request's head, after the server's parser has read it. That parser is a floor: it lets
/// through control characters in values, transfer codings other than chunked, and Content-Length beside
/// Transfer-Encoding, which it renames to X-Content-Length. Nothing is decided about a request before this check.</summary>
public static class RequestCheck
{
    /// <summary>The name under which Kestrel hides a Content-Length that stood beside Transfer-Encoding.</summary>
    private const string HiddenContentLength = "X-Content-Length";

    /// <summary>Why the request is refused, or null; then <paramref name="body"/> says how its content is delimited.
    /// A Content-Length of several equal values is put in its one plain form.</summary>
    public static BadMessage? Check(
        string method, ProtocolVersion version, FieldList fields, int maxFields, out BodyLength body)
    {
        body = BodyLength.None;
        if (!Grammar.IsToken(method))
            return BadMessage.MethodNotToken;
        if (fields.Count > maxFields)
            return BadMessage.TooManyFields;

        var hosts = 0;
        var hidesLength = false;
        foreach (ref readonly var line in fields.Lines)
        {
            if (!Grammar.IsToken(line.Name))
                return BadMessage.FieldNameNotToken;
            if (!Grammar.IsFieldValue(line.Value))
                return BadMessage.ControlInField;
            if (FieldList.SameName(line.Name, FieldNames.Host))
                hosts++;
            else if (FieldList.SameName(line.Name, FieldNames.Expect))
            {
                // RFC 9110 s.10.1.1: 417 for any other member; in HTTP/1.0 the field is ignored.
                if (version != ProtocolVersion.Http10 && !Grammar.Same(line.Value, "100-continue"))
                    return BadMessage.ExpectationNotSupported;
            }
            else if (FieldList.SameName(line.Name, HiddenContentLength))
                hidesLength = true;
        }

        // RFC 9112 s.3.2: exactly one in HTTP/1.1. HTTP/2 has :authority instead (RFC 9113 s.8.3.1).
        if (hosts > 1)
            return BadMessage.SeveralHosts;
        if (hosts == 0 && version == ProtocolVersion.Http11)
            return BadMessage.NoHost;
        if (hidesLength && fields.Contains(FieldNames.TransferEncoding))
            return BadMessage.ContentLengthBesideTransferEncoding;
        return Framing.OfRequest(method, version, fields, out body);
    }
}
