namespace Sluice.Tls;

/// <summary>What a server says that breaks off a handshake (RFC 8446 s.6.2).</summary>
public static class Alert
{
    /// <summary>A record with the fatal alert access_denied.</summary>
    public static ReadOnlyMemory<byte> AccessDenied { get; } = new byte[] { 21, 3, 3, 0, 2, 2, 49 };
}
