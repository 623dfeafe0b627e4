namespace Sluice.Http;

/// <summary>What of a request's head no parser of lines can see: its Host, its expectation, its framing. Nothing is decided
/// about a request before this check.</summary>
public static class RequestCheck
{
    /// <summary>Why the request is refused, or null; then <paramref name="body"/> says how its content is delimited.
    /// A Content-Length of several equal values is put in its one plain form.</summary>
    public static BadMessage? Check(string method, ProtocolVersion version, FieldList fields, out BodyLength body)
    {
        body = BodyLength.None;
        var hosts = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            if (FieldList.SameName(line.Name, FieldNames.Host))
                hosts++;
            else if (FieldList.SameName(line.Name, FieldNames.Expect))
            {
                // RFC 9110 s.10.1.1: 417 for any other member; in HTTP/1.0 the field is ignored.
                if (version != ProtocolVersion.Http10 && !Grammar.Same(line.Value, "100-continue"))
                    return BadMessage.ExpectationNotSupported;
            }
        }

        // RFC 9112 s.3.2: exactly one in HTTP/1.1. HTTP/2 has :authority instead (RFC 9113 s.8.3.1).
        if (hosts > 1)
            return BadMessage.SeveralHosts;
        if (hosts == 0 && version == ProtocolVersion.Http11)
            return BadMessage.NoHost;
        return Framing.OfRequest(method, version, fields, out body);
    }
}
