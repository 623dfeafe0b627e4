namespace Sluice.Http;

/// <summary>The protocol version of a message (RFC 9110 s.2.5).</summary>
public enum ProtocolVersion : byte
{
    Http10,
    Http11,
    Http2,
    Http3,
}

public static class ProtocolVersions
{
    /// <summary>As it stands in logs: <c>HTTP/1.1</c>.</summary>
    public static string Name(this ProtocolVersion version) => version switch
    {
        ProtocolVersion.Http10 => "HTTP/1.0",
        ProtocolVersion.Http11 => "HTTP/1.1",
        ProtocolVersion.Http2 => "HTTP/2",
        _ => "HTTP/3",
    };

    /// <summary>As it stands in Via (RFC 9110 s.7.6.3): <c>1.1</c>.</summary>
    public static string ViaToken(this ProtocolVersion version) => version switch
    {
        ProtocolVersion.Http10 => "1.0",
        ProtocolVersion.Http11 => "1.1",
        ProtocolVersion.Http2 => "2",
        _ => "3",
    };
}
