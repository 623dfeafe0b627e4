namespace Sluice.Tls;

/// <summary>What a TLS client says first (RFC 8446 s.4.1.2), as far as rules look at it.</summary>
/// <param name="ServerName">The host_name of its server_name extension (RFC 6066 s.3), in lower case; null: it has none.</param>
/// <param name="HasEch">It has an encrypted_client_hello extension (RFC 9849): <paramref name="ServerName"/> may be that of a front, and the
/// true one encrypted; or nothing is (GREASE, s.6.2), which nobody but the server can tell.</param>
public readonly record struct ClientHello(string? ServerName, bool HasEch);

/// <summary>What the first octets of a connection are.</summary>
public enum HelloStep : byte
{
    NeedMore,

    /// <summary>No TLS server would take them for TLS.</summary>
    NotTls,

    Hello,

    /// <summary>They begin as TLS and go on otherwise: what a server makes of them is not known.</summary>
    Malformed,
}

/// <summary>Why a hello is malformed.</summary>
public enum HelloFault : byte
{
    None,

    /// <summary>Another record than a handshake comes first, or in between.</summary>
    OtherRecord,

    /// <summary>The first message is another, or a second one follows in the same record.</summary>
    OtherMessage,

    RecordLength,

    TooLarge,

    Lengths,

    RepeatedExtension,

    NameList,

    Name,

    /// <summary>Found by who waits for it: time or connection ended before it did.</summary>
    Unfinished,
}

public static class HelloFaults
{
    /// <summary>In a sentence, for the administrator.</summary>
    public static string Text(this HelloFault fault) => fault switch
    {
        HelloFault.OtherRecord => "Another record than a handshake stands where the ClientHello should (RFC 8446 s.5.1).",
        HelloFault.OtherMessage => "The first handshake record holds another message than one ClientHello (RFC 8446 s.4.1.2).",
        HelloFault.RecordLength => "A handshake record is empty or longer than 16 KiB (RFC 8446 s.5.1).",
        HelloFault.TooLarge => "The ClientHello is larger than 32 KiB.",
        HelloFault.Lengths => "The lengths in the ClientHello do not fit together (RFC 8446 s.4.1.2).",
        HelloFault.RepeatedExtension => "The ClientHello has an extension twice (RFC 8446 s.4.2).",
        HelloFault.NameList => "The server_name extension holds something else than one host name (RFC 6066 s.3).",
        HelloFault.Name => "The server name is no host name: an address, a dot at its end or octets that no name has (RFC 6066 s.3).",
        HelloFault.Unfinished => "The ClientHello has begun and not been ended.",
        _ => "",
    };
}
