using Sluice.Cache;
using Sluice.Http;
using Sluice.Net;
using Sluice.Records;
using Sluice.Upstream;

namespace Sluice.Forwarding;

/// <summary>From the client's request to the one that goes upstream (RFC 9110 s.7.6, RFC 9112 s.3.2.2).</summary>
internal sealed class RequestBuilder(Via via)
{
    /// <param name="x">The exchange whose client asks; null for a refresh, which belongs to no client.</param>
    /// <param name="shared">Of a fetch that belongs to no client: fires when nobody wants it any more.</param>
    public UpstreamRequest Build(Lookup lookup, in Route route, Exchange? x, CancellationToken? shared = null)
    {
        var request = lookup.Request;
        var target = request.Target;
        var fields = request.Fields.Copy();
        var upgrade = x is null ? null : UpgradeOf(request);
        var takesTrailers = fields.Get(FieldNames.TE)?.Contains("trailers", StringComparison.OrdinalIgnoreCase) ?? false;
        HopByHop.RemoveFromRequest(fields);
        fields.Remove(FieldNames.ContentLength);
        // RFC 9110 s.10.1.1: from HTTP/1.0 it is ignored.
        if (request.Version < ProtocolVersion.Http11)
            fields.Remove(FieldNames.Expect);
        fields.Set(FieldNames.Host, target.Authority);
        lookup.PutValidators(fields);
        // A refresh, too: an origin makes its links of what it is told.
        if (route.Listener.Options.Forwarded)
            ForwardedFor.Append(fields, x?.Record.Client?.Address, target.Scheme, target.Authority);
        via.AppendTo(fields, request.Version);
        return new UpstreamRequest
        {
            To = route.To,
            Addresses = route.Addresses,
            Method = request.Method,
            Target = target.PathAndQuery,
            Fields = fields,
            Body = x is null ? null : BodyOf(x),
            Upgrade = upgrade,
            ExpectsContinue = request.Version >= ProtocolVersion.Http11 && fields.Contains(FieldNames.Expect),
            Interim = x is { Request.Version: ProtocolVersion.Http11 } ? x.Answer.PassInterim : null,
            TakesTrailers = takesTrailers,
            Tap = x?.Captured is { } captured ? TapOf(captured) : null,
            Pinned = shared is null ? x?.Client.Pinned : null,
            Aborted = shared ?? x?.Aborted ?? CancellationToken.None,
        };
    }

    // Apart, as is ChunkedBodyOf.
    private static TapConnection TapOf(CapturedExchange captured) => captured.TapUpstream;

    private static RequestBody? BodyOf(Exchange x) => x.BodyLength.Kind switch
    {
        BodyKind.None => null,
        BodyKind.Length => new RequestBody(x.Client.Body, x.BodyLength.Octets, static () => null),
        _ => ChunkedBodyOf(x.Client.Body),
    };

    // Apart: a method with a lambda allocates what the lambda captures whether it comes to it or not.
    private static RequestBody ChunkedBodyOf(ClientBody body) => new(body, null, () => body.Trailers);

    /// <summary>RFC 9110 s.7.8: from HTTP/1.1 only; h2c is not ours to pass on (RFC 9113 s.3.1 took it back).</summary>
    private static string? UpgradeOf(RequestHead request)
    {
        if (request.Version != ProtocolVersion.Http11 || !ConnectionOptions.Contains(request.Fields, ConnectionOptions.Upgrade))
            return null;
        var kept = request.Fields.Get(FieldNames.Upgrade)?
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(protocol => !protocol.Equals("h2c", StringComparison.OrdinalIgnoreCase));
        return kept is not null && string.Join(", ", kept) is { Length: > 0 } upgrade ? upgrade : null;
    }
}
