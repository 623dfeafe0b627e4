namespace Sluice.Http;

/// <summary>How the end of a body is known.</summary>
public enum BodyKind : byte
{
    /// <summary>There is no body, whatever the fields say.</summary>
    None,

    /// <summary>As many octets as Content-Length says.</summary>
    Length,

    /// <summary>The chunked coding; in HTTP/2 and 3 the frames of the stream.</summary>
    Chunked,

    /// <summary>The connection's end (responses only).</summary>
    UntilClose,
}

/// <summary>The length of a message's body (RFC 9112 s.6.3).</summary>
public readonly record struct BodyLength
{
    private BodyLength(BodyKind kind, long octets) => (Kind, Octets) = (kind, octets);

    public static BodyLength None => default;
    public static BodyLength Chunked => new(BodyKind.Chunked, 0);
    public static BodyLength UntilClose => new(BodyKind.UntilClose, 0);
    public static BodyLength Of(long octets) => new(BodyKind.Length, octets);

    public BodyKind Kind { get; }

    /// <summary>Octets of the body; 0 unless <see cref="Kind"/> is Length.</summary>
    public long Octets { get; }

    /// <summary>Whether there may be octets to read.</summary>
    public bool HasOctets => Kind is BodyKind.Chunked or BodyKind.UntilClose || Octets > 0;

    public override string ToString() => Kind == BodyKind.Length ? $"Length({Octets})" : Kind.ToString();
}

/* Message body length (RFC 9112 s.6.3), strictly. Where the RFC lets a recipient choose between repairing a message and
 * refusing it, we refuse: two readers that repair differently are how requests and responses are smuggled (s.11.1, 11.2).
 * The one coding we decode is chunked, so any other is refused rather than passed on under a wrong name.
 */
public static class Framing
{
    /// <summary>Why the request's framing is refused, or null; then <paramref name="body"/> is set.
    /// In HTTP/2 and 3 a request without Content-Length counts as chunked: whether its stream ended with the head,
    /// only the connection knows.</summary>
    public static BadMessage? OfRequest(string method, ProtocolVersion version, FieldList fields, out BodyLength body)
    {
        body = BodyLength.None;
        // RFC 9110 s.8.6: a list of equal lengths may be refused; no client that means well sends one.
        if (ContentLength.IsList(fields) || !ContentLength.TryRead(fields, out var length))
            return BadMessage.InvalidContentLength;
        if (fields.Contains(FieldNames.TransferEncoding))
        {
            if (length is not null)  // RFC 9112 s.6.3(3)
                return BadMessage.ContentLengthBesideTransferEncoding;
            if (version != ProtocolVersion.Http11)  // RFC 9112 s.6.1; RFC 9113 s.8.2.2
                return BadMessage.TransferEncodingNotAllowed;
            switch (TransferCoding.Read(fields))
            {
                case TransferCoding.Kind.Repeated: return BadMessage.TransferEncodingNotAllowed;
                case TransferCoding.Kind.Other: return BadMessage.TransferCodingNotSupported;
            }
        }
        if (method == Methods.Connect)  // RFC 9110 s.9.3.6: what follows the head is the tunnel's
            return null;
        if (length is { } octets)
            body = BodyLength.Of(octets);
        else if (version >= ProtocolVersion.Http2 || fields.Contains(FieldNames.TransferEncoding))
            body = BodyLength.Chunked;
        return null;  // else RFC 9112 s.6.3(7): none
    }

    /// <summary>Why the response's framing is refused, or null; then <paramref name="body"/> is set. Removes the
    /// Content-Length and Transfer-Encoding of a response that must not have them (RFC 9110 s.8.6, RFC 9112 s.6.1).</summary>
    public static BadResponse? OfResponse(string requestMethod, ResponseHead head, out BodyLength body)
    {
        var fields = head.Fields;
        body = BodyLength.None;
        // RFC 9112 s.6.3(1, 2): 1xx, 204 and 2xx to CONNECT, whatever the fields say
        if (head.Status is (>= 100 and < 200) or 204 || (requestMethod == Methods.Connect && head.Status is >= 200 and < 300))
        {
            fields.Remove(FieldNames.ContentLength);
            fields.Remove(FieldNames.TransferEncoding);
            return null;
        }
        if (!ContentLength.TryRead(fields, out var length))  // (5)
            return BadResponse.InvalidContentLength;
        var hasCoding = fields.Contains(FieldNames.TransferEncoding);
        if (hasCoding && length is not null)  // (3)
            return BadResponse.ContentLengthBesideTransferEncoding;
        // (1): there the fields describe what GET would have brought
        if (requestMethod == Methods.Head || head.Status == 304)
            return null;
        if (hasCoding)
        {
            if (head.Version != ProtocolVersion.Http11)  // RFC 9112 s.6.1
                return BadResponse.TransferEncodingNotAllowed;
            if (TransferCoding.Read(fields) != TransferCoding.Kind.Chunked)  // (4)
                return BadResponse.TransferCodingNotSupported;
            body = BodyLength.Chunked;
            return null;
        }
        body = length is { } octets ? BodyLength.Of(octets)  // (6)
            : head.Version >= ProtocolVersion.Http2 ? BodyLength.Chunked : BodyLength.UntilClose;  // (8)
        return null;
    }
}

/// <summary>What Transfer-Encoding says (RFC 9112 s.6.1).</summary>
internal static class TransferCoding
{
    public enum Kind
    {
        /// <summary>Exactly <c>chunked</c>, once.</summary>
        Chunked,

        /// <summary><c>chunked</c> more than once, which no sender may do.</summary>
        Repeated,

        /// <summary>Anything else.</summary>
        Other,
    }

    public static Kind Read(FieldList fields)
    {
        var chunked = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            if (!FieldList.SameName(line.Name, FieldNames.TransferEncoding))
                continue;
            foreach (var member in line.Value.AsSpan().Split(','))
            {
                if (!Grammar.Same(Grammar.TrimOws(line.Value.AsSpan()[member]), "chunked"))
                    return Kind.Other;
                chunked++;
            }
        }
        return chunked == 1 ? Kind.Chunked : Kind.Repeated;
    }
}
