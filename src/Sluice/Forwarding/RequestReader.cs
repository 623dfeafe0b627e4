using Sluice.Http;

namespace Sluice.Forwarding;

/// <summary>From a head's lines to a request: our check of its fields, and its target.</summary>
internal static class RequestReader
{
    /// <summary>Why the request is refused, or null; then the exchange has its head.</summary>
    public static BadMessage? Read(Exchange x, LimitOptions limits)
    {
        var record = x.Record;
        record.Method = x.Method;
        record.Url = x.RawTarget;
        record.Protocol = x.Version;
        record.Referer = x.Fields.Get(FieldNames.Referer);
        record.UserAgent = x.Fields.Get(FieldNames.UserAgent);
        x.Listener.Recorder?.TakeRequest(x.Fields, record);
        if (x.Refused is { } refused)
            return refused;
        var (method, version, fields) = (x.Method!, x.Version!.Value, x.Fields);
        if (RequestCheck.Check(method, version, fields, out var body) is { } bad)
            return bad;
        if (!RequestTarget.TryParse(method, x.RawTarget!, fields.Get(FieldNames.Host), "http", x.Listener.OwnAuthority, out var target, out var why))
            return why;
        x.BodyLength = body;
        x.Request = new RequestHead { Method = method, Target = target, Version = version, Fields = fields };
        record.Url = target.Url;
        // RFC 9110 s.10.1.1: from HTTP/1.0 it is ignored.
        x.Client.Body.Begin(body, version == ProtocolVersion.Http11 && fields.Contains(FieldNames.Expect));
        return body.Octets > limits.MaxBodyBytes ? BadMessage.BodyTooLarge : null;
    }
}
