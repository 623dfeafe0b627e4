namespace Sluice.Http;

/// <summary>Why we refuse a request message. The connection always closes after the answer: where the next
/// message begins is no longer certain (RFC 9112 s.9.3, 11.2).</summary>
public enum BadMessage : byte
{
    Malformed,
    HeadTimedOut,
    Incomplete,
    VersionNotSupported,
    TargetTooLong,
    HeadTooLarge,
    BodyTooLarge,

    MethodNotToken,
    FieldNameNotToken,
    ControlInField,
    TooManyFields,

    NoHost,
    SeveralHosts,
    InvalidHost,
    InvalidTarget,
    InvalidPort,
    SchemeNotSupported,
    UserInformation,

    InvalidContentLength,
    ContentLengthBesideTransferEncoding,
    TransferEncodingNotAllowed,
    TransferCodingNotSupported,
    InvalidChunk,

    ExpectationNotSupported,
    InvalidMaxForwards,
}

/// <summary>What follows from a <see cref="BadMessage"/>.</summary>
/// <param name="Status">The status of our answer.</param>
/// <param name="ProxyError">The error parameter of Proxy-Status (RFC 9209 s.2.3).</param>
/// <param name="Text">One sentence for the page and the record.</param>
public readonly record struct BadMessageRow(int Status, string ProxyError, string Text);

public static class BadMessages
{
    // RFC 9209 s.2.3: the first is for 4xx answers only, the second for whatever else we answer by ourselves.
    private const string Request = "http_request_error";
    private const string Internal = "proxy_internal_response";

    public static BadMessageRow Row(this BadMessage why) => why switch
    {
        BadMessage.Malformed => new(400, Request, "The request is not well-formed HTTP."),
        BadMessage.HeadTimedOut => new(408, Request, "The request's head did not arrive in time."),
        BadMessage.Incomplete => new(400, Request, "The request ended before it was whole."),
        BadMessage.VersionNotSupported => new(505, Internal, "This version of HTTP is not spoken here."),
        BadMessage.TargetTooLong => new(414, Request, "The request line is too long."),
        BadMessage.HeadTooLarge => new(431, Request, "The request's header section is too large."),
        BadMessage.BodyTooLarge => new(413, Request, "The request's content is too large."),
        BadMessage.MethodNotToken => new(400, Request, "The method is not a token."),
        BadMessage.FieldNameNotToken => new(400, Request, "A field name is not a token."),
        BadMessage.ControlInField => new(400, Request, "A field value holds a control character."),
        BadMessage.TooManyFields => new(431, Request, "The request has too many header fields."),
        BadMessage.NoHost => new(400, Request, "The request names no host."),
        BadMessage.SeveralHosts => new(400, Request, "The request has more than one Host field."),
        BadMessage.InvalidHost => new(400, Request, "The Host field is not a valid host and port."),
        BadMessage.InvalidTarget => new(400, Request, "The request target is not valid."),
        BadMessage.InvalidPort => new(400, Request, "The target's port is not a number from 1 to 65535."),
        BadMessage.SchemeNotSupported => new(400, Request, "Only http and https URIs can be asked for."),
        BadMessage.UserInformation => new(400, Request, "A target with a user name or password is not accepted."),
        BadMessage.InvalidContentLength => new(400, Request, "Content-Length is not one decimal number."),
        BadMessage.ContentLengthBesideTransferEncoding => new(400, Request, "Content-Length stands beside Transfer-Encoding."),
        BadMessage.TransferEncodingNotAllowed => new(400, Request, "Transfer-Encoding has no place in this version of HTTP."),
        BadMessage.TransferCodingNotSupported => new(501, Internal, "The only transfer coding understood is chunked."),
        BadMessage.InvalidChunk => new(400, Request, "The chunked content is not well-formed."),
        BadMessage.ExpectationNotSupported => new(417, Request, "The only expectation understood is 100-continue."),
        BadMessage.InvalidMaxForwards => new(400, Request, "Max-Forwards is not a decimal number."),
        _ => throw new ArgumentOutOfRangeException(nameof(why)),
    };
}
