using Sluice.Upstream;

namespace Sluice.Dashboard;

/// <summary>GET /v1/tunnels: what is open just now.</summary>
public sealed record TunnelReport(IReadOnlyList<TunnelFacts> Tunnels)
{
    public static TunnelReport Of(Administered administered) => new([.. administered.Tunnels().Select(tunnel =>
    {
        var (up, down) = administered.Traffic.RateOf(tunnel.Number);
        return new TunnelFacts(tunnel.Number, tunnel.Kind.ToString().ToLowerInvariant(), tunnel.Listener, tunnel.Client, tunnel.User, tunnel.Target, tunnel.Since,
            tunnel.BytesUp, tunnel.BytesDown, up, down);
    })]);
}

/// <param name="Number">Of its exchange, as its record will say.</param>
/// <param name="Kind"><c>connect</c>, <c>upgrade</c> or <c>relay</c>.</param>
/// <param name="Target"><c>host:port</c>, of an upgrade the URL.</param>
/// <param name="UpPerSecond">Octets in the last second.</param>
public sealed record TunnelFacts(
    long Number, string Kind, string Listener, string? Client, string? User, string Target, DateTimeOffset Since, long BytesUp, long BytesDown, long UpPerSecond, long DownPerSecond);

/// <summary>POST /v1/tunnels/close</summary>
public sealed record CloseOrder(long Number);

public sealed record TunnelsClosed(int Closed);

/// <summary>GET /v1/upstreams</summary>
public sealed record UpstreamReport(IReadOnlyList<UpstreamState> Upstreams);

/// <summary>An event of /v1/traffic/live: so many records were not sent, the reader was too slow.</summary>
public sealed record MissedRecords(long Count);
