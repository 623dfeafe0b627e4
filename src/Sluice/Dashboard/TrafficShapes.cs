namespace Sluice.Dashboard;

/// <summary>GET /v1/tunnels: what is open just now.</summary>
public sealed record TunnelReport(IReadOnlyList<TunnelFacts> Tunnels);

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
public sealed record UpstreamReport(IReadOnlyList<UpstreamFacts> Upstreams);

/// <param name="Name">Scheme, host and port.</param>
/// <param name="Open">Connections, idle ones included.</param>
/// <param name="Waiting">Exchanges that wait for a connection.</param>
/// <param name="LastError">An error type as in records; null: there was none.</param>
public sealed record UpstreamFacts(
    string Name, int Open, int Idle, int Waiting, long Connects, long Failures, string? LastError, DateTimeOffset? LastErrorAt, DateTimeOffset? LastConnect, double? ConnectMs);

/// <summary>GET /readyz</summary>
/// <param name="Reasons">Why it is not; empty: it is.</param>
/// <param name="Warnings">What an administrator should see to, and no reason to send the traffic elsewhere.</param>
public sealed record Readiness(IReadOnlyList<string> Reasons, IReadOnlyList<string> Warnings)
{
    public bool Ready => Reasons.Count == 0;
}
