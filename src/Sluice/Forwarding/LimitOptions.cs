using Sluice.Net;

namespace Sluice.Forwarding;

/// <summary>The section <c>limits</c>.</summary>
public sealed record LimitOptions
{
    /// <summary>Connecting to one upstream, all its addresses together.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the request sent until the upstream's final head. As Squid's read_timeout is 15 min, nginx's 60 s.</summary>
    public TimeSpan Response { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Silence between two pieces of a body.</summary>
    public TimeSpan Body { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A client connection between two requests.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(130);

    /// <summary>A client's head, from its first byte to its last.</summary>
    public TimeSpan Head { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence in both directions of a relay or tunnel.</summary>
    public TimeSpan TunnelIdle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an upstream may still begin its answer after the client's FIN.</summary>
    public TimeSpan HalfClosed { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long open exchanges may take to end at shutdown.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A request's or response's head, in bytes.</summary>
    public int MaxHeadBytes { get; init; } = 32 << 10;

    /// <summary>A request line, in bytes.</summary>
    public int MaxRequestLineBytes { get; init; } = 8 << 10;

    /// <summary>Field lines of a head.</summary>
    public int MaxFields { get; init; } = 200;

    /// <summary>A request body, in bytes; null: without limit.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>Idle connections kept to one upstream.</summary>
    public int IdlePerUpstream { get; init; } = 256;

    /// <summary>Open connections of HTTP/1.1 to one upstream, idle ones included; who finds none free waits as long as for a connection. 0: no limit.</summary>
    public int ConnectionsPerUpstream { get; init; }

    /// <summary>A connection to an upstream that is older is not used again: names move.</summary>
    public TimeSpan UpstreamMaxAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long an idle connection to an upstream is kept.</summary>
    public TimeSpan UpstreamKeepAlive { get; init; } = TimeSpan.FromSeconds(60);

    public static readonly IReadOnlyList<PortRange> WebPorts = [new(80, 80), new(443, 443)];

    /// <summary>The ports that CONNECT may name (RFC 9110 s.9.3.6). Default: the web's; some clients tunnel plain http, too.</summary>
    public IReadOnlyList<PortRange> ConnectPorts { get; init; } = WebPorts;
}
