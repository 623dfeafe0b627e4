using System.Collections.Concurrent;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>The client side of HTTP/2. A connection is shared by requests to the same destination under the same address rules only:
/// whoever may not dial an address does not get to it on another's connection.</summary>
internal sealed class Http2Pool(UpstreamDialer dialer, UpstreamTable table, UpstreamOptions options, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<(Destination To, AddressRules Rules), Http2Upstream> _upstreams = [];
    private readonly Deadlines _deadlines = new(time);

    /// <summary>As <see cref="UpstreamPool.AskAsync"/>.</summary>
    public async ValueTask<UpstreamReply> AskAsync(UpstreamRequest request)
    {
        var upstream = _upstreams.GetOrAdd((request.To, request.Addresses), key => new Http2Upstream(key.To, key.Rules, dialer, table, options));
        var reply = new Http2Reply(upstream, request, options, _deadlines);
        upstream.Counts.Asked();
        await reply.ReadHeadAsync();
        upstream.Counts.Ended(reply.Error, reply.ErrorDetail);
        return reply;
    }

    public void Dispose()
    {
        _deadlines.Dispose();
        foreach (var exchange in _deadlines.Snapshot())
            exchange.OnTimedOut();
        foreach (var upstream in _upstreams.Values)
            upstream.Dispose();
    }
}
