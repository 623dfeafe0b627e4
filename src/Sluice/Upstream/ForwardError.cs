using System.Collections.Frozen;
using Sluice.Net;

namespace Sluice.Upstream;

/// <summary>Why an upstream gave no whole answer: one member per cause that an administrator would treat differently.</summary>
public enum ForwardError
{
    None,
    NameNotFound,
    NameTimedOut,
    AddressProhibited,
    Refused,
    Unreachable,
    ConnectTimedOut,
    NoDescriptors,
    TooManyConnections,
    TlsFailed,
    CertificateRejected,
    Terminated,
    ResponseTimedOut,
    ReadTimedOut,
    WriteTimedOut,
    BadResponse,
    HeadTooLarge,
    BadTransferCoding,
    Incomplete,
    UnaskedUpgrade,
    Loop,
    NotOverHttp2,
    ClientLeft,
    ClientBodyBad,
    ClientTooSlow,
}

/// <summary>One row of the table below.</summary>
/// <param name="Status">The status of our answer; 0 where nobody is left to answer.</param>
/// <param name="ProxyError">The error type of Proxy-Status (RFC 9209 s.2.3).</param>
/// <param name="Text">A sentence for the page.</param>
public sealed record ForwardErrorRow(int Status, string ProxyError, string Text);

public static class ForwardErrors
{
    private static readonly FrozenDictionary<ForwardError, ForwardErrorRow> Table = new Dictionary<ForwardError, ForwardErrorRow>
    {
        [ForwardError.NameNotFound] = new(502, "dns_error", "The name of the server could not be resolved."),
        [ForwardError.NameTimedOut] = new(504, "dns_timeout", "Resolving the name of the server took too long."),
        [ForwardError.AddressProhibited] = new(403, "destination_ip_prohibited", "The address of the server may not be reached through this proxy."),
        [ForwardError.Refused] = new(502, "connection_refused", "The server refused the connection."),
        [ForwardError.Unreachable] = new(502, "destination_ip_unroutable", "There is no route to the server."),
        [ForwardError.ConnectTimedOut] = new(504, "connection_timeout", "Connecting to the server took too long."),
        [ForwardError.NoDescriptors] = new(503, "connection_limit_reached", "The proxy has no descriptor left for another connection."),
        [ForwardError.TooManyConnections] = new(503, "connection_limit_reached", "All connections to the server are in use."),
        [ForwardError.TlsFailed] = new(502, "tls_protocol_error", "The server and the proxy could not agree on TLS."),
        [ForwardError.CertificateRejected] = new(502, "tls_certificate_error", "The certificate of the server is not valid."),
        [ForwardError.Terminated] = new(502, "connection_terminated", "The server closed the connection before it answered."),
        [ForwardError.ResponseTimedOut] = new(504, "http_response_timeout", "The server did not answer in time."),
        [ForwardError.ReadTimedOut] = new(504, "connection_read_timeout", "The server fell silent in the middle of its answer."),
        [ForwardError.WriteTimedOut] = new(504, "connection_write_timeout", "The server stopped reading the request."),
        [ForwardError.BadResponse] = new(502, "http_protocol_error", "The answer of the server is not valid HTTP."),
        [ForwardError.HeadTooLarge] = new(502, "http_response_header_section_size", "The head of the server's answer is too large."),
        [ForwardError.BadTransferCoding] = new(502, "http_response_transfer_coding", "The transfer coding of the server's answer is not valid."),
        [ForwardError.Incomplete] = new(502, "http_response_incomplete", "The answer of the server ended too early."),
        [ForwardError.UnaskedUpgrade] = new(502, "http_upgrade_failed", "The server switched protocols without being asked."),
        [ForwardError.Loop] = new(502, "proxy_loop_detected", "The request has already passed through this proxy."),
        [ForwardError.NotOverHttp2] = new(501, "http_request_error", "The request cannot be passed on over HTTP/2."),
        [ForwardError.ClientLeft] = new(0, "client_left", "The client left before the answer was complete."),
        [ForwardError.ClientBodyBad] = new(400, "http_request_error", "The body of the request is not valid HTTP."),
        [ForwardError.ClientTooSlow] = new(408, "http_request_error", "The body of the request did not arrive in time."),
    }.ToFrozenDictionary();

    public static ForwardError Of(DialError error) => error switch
    {
        DialError.Refused => ForwardError.Refused,
        DialError.TimedOut => ForwardError.ConnectTimedOut,
        DialError.NameNotFound => ForwardError.NameNotFound,
        DialError.NameTimedOut => ForwardError.NameTimedOut,
        DialError.Prohibited => ForwardError.AddressProhibited,
        DialError.NoDescriptors => ForwardError.NoDescriptors,
        _ => ForwardError.Unreachable,
    };

    public static ForwardErrorRow Row(this ForwardError error) => Table[error];
}
