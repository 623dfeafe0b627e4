using System.Net;
using Sluice.Net;
using Sluice.Upstream;

namespace Sluice.Forwarding;

public enum ListenerKind
{
    Forward,
    Reverse,
    Tcp,
}

/// <summary>One listener of the section <c>listeners</c>.</summary>
public sealed record ListenerOptions
{
    /// <summary>Unique; names the listener in records and in the cache's keys. Default: kind and bind.</summary>
    public required string Name { get; init; }

    public required ListenerKind Kind { get; init; }

    public required IPEndPoint Bind { get; init; }

    /// <summary>Reverse and tcp: the one upstream.</summary>
    public HostPort? To { get; init; }

    /// <summary>Reverse: <c>http</c> or <c>https</c> to the upstream.</summary>
    public string ToScheme { get; init; } = "http";

    /// <summary>Reverse: whom the upstream must prove to be; null: its host, by the system's roots.</summary>
    public TlsIdentity? ToIdentity { get; init; }

    /// <summary>Reverse: HTTP/2 to the upstream.</summary>
    public bool ToHttp2 { get; init; }

    /// <summary>The client networks that are served; empty: all (a forward listener then must be on loopback).</summary>
    public IReadOnlyList<IPNetwork> Allow { get; init; } = [];

    /// <summary>The client networks whose PURGE is obeyed; empty: nobody's.</summary>
    public IReadOnlyList<IPNetwork> Purge { get; init; } = [];

    /// <summary>Forward: whoever asks must log in.</summary>
    public bool Login { get; init; }

    /// <summary>The name of a policy; null: none, all is allowed.</summary>
    public string? Policy { get; init; }

    /// <summary>Whether X-Forwarded-For, -Host, -Proto and Forwarded are written (RFC 7239). Default: reverse on, forward off.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Where its bind was written, for messages: <c>sluice.yaml:3:12</c>, or the flag.</summary>
    public string? Where { get; init; }
}
