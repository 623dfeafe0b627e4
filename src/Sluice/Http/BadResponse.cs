namespace Sluice.Http;

/// <summary>Why we do not believe an upstream's response message. The client gets 502 where the head has not gone
/// out yet, an aborted body where it has; the upstream connection is never used again.</summary>
public enum BadResponse : byte
{
    InvalidStatusLine,
    VersionNotSupported,
    InvalidStatus,
    BareLineFeed,
    ControlInField,
    FieldNameNotToken,
    InvalidFold,
    HeadTooLarge,
    TooManyFields,

    InvalidContentLength,
    ContentLengthBesideTransferEncoding,
    TransferEncodingNotAllowed,
    TransferCodingNotSupported,

    InvalidChunkSize,
    InvalidChunkExtension,
    ChunkNotEnded,
    InvalidTrailer,
    TrailersTooLarge,
}

/// <summary>What follows from a <see cref="BadResponse"/>.</summary>
/// <param name="ProxyError">The error parameter of Proxy-Status (RFC 9209 s.2.3).</param>
/// <param name="Text">One sentence for the page and the record.</param>
public readonly record struct BadResponseRow(string ProxyError, string Text);

public static class BadResponses
{
    /// <summary>RFC 9110 s.15.6.3: an invalid response from an inbound server.</summary>
    public const int Status = 502;

    private const string Protocol = "http_protocol_error";
    private const string Coding = "http_response_transfer_coding";

    public static BadResponseRow Row(this BadResponse why) => why switch
    {
        BadResponse.InvalidStatusLine => new(Protocol, "The response does not begin with a status line."),
        BadResponse.VersionNotSupported => new(Protocol, "The response is not HTTP/1.x."),
        BadResponse.InvalidStatus => new(Protocol, "The response's status is not a number from 100 to 599."),
        BadResponse.BareLineFeed => new(Protocol, "A line of the response's head ends without CR LF."),
        BadResponse.ControlInField => new(Protocol, "A field value of the response holds a control character."),
        BadResponse.FieldNameNotToken => new(Protocol, "A field name of the response is not a token."),
        BadResponse.InvalidFold => new(Protocol, "The response's header section begins with white space."),
        BadResponse.HeadTooLarge => new("http_response_header_section_size", "The response's header section is too large."),
        BadResponse.TooManyFields => new("http_response_header_section_size", "The response has too many header fields."),
        BadResponse.InvalidContentLength => new(Protocol, "The response's Content-Length is not one decimal number."),
        BadResponse.ContentLengthBesideTransferEncoding => new(Protocol, "The response has Content-Length beside Transfer-Encoding."),
        BadResponse.TransferEncodingNotAllowed => new(Coding, "The response has Transfer-Encoding in HTTP/1.0."),
        BadResponse.TransferCodingNotSupported => new(Coding, "The response's transfer coding is not chunked."),
        BadResponse.InvalidChunkSize => new(Coding, "A chunk size of the response is not a hexadecimal number."),
        BadResponse.InvalidChunkExtension => new(Coding, "A chunk extension of the response is malformed or too long."),
        BadResponse.ChunkNotEnded => new(Coding, "A chunk of the response does not end where its size says."),
        BadResponse.InvalidTrailer => new(Protocol, "The response's trailer section is malformed."),
        BadResponse.TrailersTooLarge => new("http_response_trailer_section_size", "The response's trailer section is too large."),
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };
}
