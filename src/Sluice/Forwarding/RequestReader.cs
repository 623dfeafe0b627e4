using Microsoft.AspNetCore.Http.Features;
using Sluice.Http;

namespace Sluice.Forwarding;

/// <summary>From the server's request to ours: fields, our own check of them, the target.</summary>
internal static class RequestReader
{
    /// <summary>Why the request is refused, or null; then the exchange has its head.</summary>
    public static BadMessage? Read(Exchange x, int maxFields)
    {
        var asked = x.Asked;
        var version = VersionOf(asked.Protocol);
        var fields = FieldsOf(asked);
        x.Closes = RestoreConnection(fields);
        var record = x.Record;
        record.Method = asked.Method;
        record.Url = asked.RawTarget;
        record.Protocol = version;
        record.Referer = fields.Get(FieldNames.Referer);
        record.UserAgent = fields.Get(FieldNames.UserAgent);
        if (RequestCheck.Check(asked.Method, version, fields, maxFields, out var body) is { } bad)
            return bad;
        var listener = x.Listener.Options;
        var fallback = listener.Kind == ListenerKind.Reverse ? listener.To?.ToString() : null;
        if (!RequestTarget.TryParse(asked.Method, asked.RawTarget, fields.Get(FieldNames.Host), "http", fallback, out var target, out var why))
            return why;
        x.BodyLength = body;
        x.Request = new RequestHead { Method = asked.Method, Target = target, Version = version, Fields = fields };
        record.Url = target.Url;
        return null;
    }

    /// <summary>Of a trailer section, without what may not stand there (RFC 9110 s.6.5.1) or is no field; null where there is none.</summary>
    public static FieldList? TrailersOf(Exchange x)
    {
        if (x.FeatureIfAny<IHttpRequestTrailersFeature>() is not { Available: true, Trailers: { Count: > 0 } lines })
            return null;
        var trailers = new FieldList(lines.Count);
        foreach (var (name, values) in lines)
            foreach (var value in values)
                if (!TrailerFields.IsForbidden(name) && Grammar.IsToken(name) && Grammar.IsFieldValue(value ?? ""))
                    trailers.Add(name, value ?? "");
        return trailers;
    }

    /// <summary>True: close was asked for, and Kestrel does not know it.</summary>
    private static bool RestoreConnection(FieldList fields)
    {
        if (fields.Get(FieldNames.Connection) is not { } value)
            return false;
        var options = ConnectionFieldEncoding.Restore(value, out var hidden);
        if (!hidden)
            return false;
        fields.Set(FieldNames.Connection, options);
        return ConnectionOptions.Contains(fields, ConnectionOptions.Close);
    }

    private static FieldList FieldsOf(IHttpRequestFeature asked)
    {
        var fields = new FieldList(asked.Headers.Count + 4);
        foreach (var (name, values) in asked.Headers)
            foreach (var value in values)
                fields.Add(name, value ?? "");
        return fields;
    }

    private static ProtocolVersion VersionOf(string protocol) => protocol switch
    {
        "HTTP/1.0" => ProtocolVersion.Http10,
        "HTTP/1.1" => ProtocolVersion.Http11,
        "HTTP/2" => ProtocolVersion.Http2,
        _ => ProtocolVersion.Http3,
    };
}
