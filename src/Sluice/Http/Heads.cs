namespace Sluice.Http;

/// <summary>The head of a request: what was asked, before anything is decided about it.</summary>
public sealed class RequestHead
{
    /// <summary>The method, case-sensitive (RFC 9110 s.9.1).</summary>
    public required string Method { get; init; }

    public required RequestTarget Target { get; init; }

    public required ProtocolVersion Version { get; init; }

    public required FieldList Fields { get; init; }

    /// <summary>The same, asked of another host.</summary>
    internal RequestHead To(string host) => new() { Method = Method, Target = Target with { Host = host }, Version = Version, Fields = Fields };
}

/// <summary>The head of a final or interim response.</summary>
public sealed class ResponseHead
{
    /// <summary>100-599 (RFC 9110 s.15).</summary>
    public required int Status { get; init; }

    /// <summary>The reason phrase; empty where there was none.</summary>
    public string Reason { get; init; } = "";

    public ProtocolVersion Version { get; init; } = ProtocolVersion.Http11;

    public required FieldList Fields { get; init; }
}
