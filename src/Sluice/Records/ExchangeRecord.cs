using System.Net;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Records;

public enum RecordKind : byte
{
    /// <summary>A request and its response.</summary>
    Http,

    /// <summary>A tunnel opened by CONNECT, or the refusal to open it.</summary>
    Connect,

    /// <summary>A request that became a tunnel by 101 (Switching Protocols).</summary>
    Upgrade,

    /// <summary>A connection of a tcp listener.</summary>
    Relay,
}

/// <summary>What the cache had to do with an exchange.</summary>
public enum CacheUse : byte
{
    /// <summary>It was never asked: tunnels, relays, refusals, cache off.</summary>
    None,

    /// <summary>Answered from the cache without asking upstream.</summary>
    Hit,

    /// <summary>It held nothing fitting; answered from upstream.</summary>
    Miss,

    /// <summary>It held an answer that upstream confirmed (RFC 9111 s.4.3.3).</summary>
    Revalidated,

    /// <summary>Answered from the cache although stale (RFC 9111 s.4.2.4).</summary>
    Stale,

    /// <summary>It may not be used for this request.</summary>
    Bypass,
}

/// <summary>All that is kept of one exchange, tunnel or relay. Filled by the one who carries the exchange,
/// then handed to <see cref="AccessLog.Write"/> and not touched again.
/// Strings that came over the wire are Latin-1, one char per octet, as received: the formats escape them.</summary>
public sealed class ExchangeRecord
{
    private static long s_last;
    private string? _host;

    /// <summary>The record of what begins now.</summary>
    public static ExchangeRecord Begin(TimeProvider time, string listener, IPEndPoint? client) => new()
    {
        Number = Interlocked.Increment(ref s_last),
        Time = time.GetUtcNow(),
        Listener = listener,
        Client = client,
    };

    /// <summary>Counts the exchanges of this process from 1; ties a record to diagnostic lines.</summary>
    public long Number { get; set; }

    /// <summary>Of the configuration under which it began, from 1.</summary>
    public int Generation { get; set; } = 1;

    /// <summary>When the first byte of the head arrived; of a relay, when the connection was accepted.</summary>
    public DateTimeOffset Time { get; set; }

    /// <summary>From <see cref="Time"/> until the last byte was handed to the client's socket, or the exchange failed.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>From <see cref="Time"/> until the first byte of the response (of a relay: from upstream) went to the client; null: none went.</summary>
    public TimeSpan? TimeToFirstByte { get; set; }

    public RecordKind Kind { get; set; }

    /// <summary>The name of the listener.</summary>
    public string Listener { get; set; } = "";

    public IPEndPoint? Client { get; set; }

    /// <summary>The authenticated user.</summary>
    public string? User { get; set; }

    /// <summary>Null for a relay, and where no request line could be read.</summary>
    public string? Method { get; set; }

    /// <summary>The target URI; <c>host:port</c> for CONNECT and relays; what stood on the request line where it could not be parsed.
    /// User info in it is never written out.</summary>
    public string? Url { get; set; }

    /// <summary><see cref="Url"/> as it may be shown; as all text from the wire it is to be escaped.</summary>
    public string? ShownUrl => Url is null ? null : Formats.SafeText.WithoutUserInfo(Url);

    /// <summary>The host of <see cref="Url"/>, canonical (<see cref="HostText"/>); null: it names none. To be asked for when the record is complete.</summary>
    public string? Host => (_host ??= HostText.OfUrl(Url) ?? "") is { Length: > 0 } host ? host : null;

    /// <summary>The client's protocol version; null for a relay, and where none could be read.</summary>
    public ProtocolVersion? Protocol { get; set; }

    /// <summary>The final status sent to the client, 101 for an Upgrade; 0: none was sent, or a relay.</summary>
    public int Status { get; set; }

    /// <summary>Octets of the request's body as received, without transfer coding; of a tunnel or relay, client to upstream. Heads never count.</summary>
    public long RequestBytes { get; set; }

    /// <summary>Octets of the response's body as handed to the client, without transfer coding; of a tunnel or relay, upstream to client. Heads never count.</summary>
    public long ResponseBytes { get; set; }

    public CacheUse Cache { get; set; }

    /// <summary>Why it was no hit, or not stored: a token such as those of RFC 9211 s.2.2.</summary>
    public string? CacheReason { get; set; }

    public Verdict Verdict { get; set; } = Verdict.Allowed;

    /// <summary>What the first octets of the tunnel are; None: they were not looked at.</summary>
    public TlsFacts Tls { get; set; }

    /// <summary>Whom the tunnel's TLS asks for; null: it does not say, or was not looked at.</summary>
    public string? ServerName { get; set; }

    /// <summary>The address that was dialled for this exchange or whose kept connection served it; null: none.</summary>
    public IPEndPoint? Upstream { get; set; }

    /// <summary>An error type of RFC 9209 s.2.3, such as <c>connection_refused</c>, or one of ours; null: all went well.</summary>
    public string? Error { get; set; }

    /// <summary>More about <see cref="Error"/>, for the administrator.</summary>
    public string? ErrorDetail { get; set; }

    /// <summary>The client left before it had the whole answer.</summary>
    public bool ClientGone { get; set; }

    /// <summary>Of the response.</summary>
    public string? ContentType { get; set; }

    public string? Referer { get; set; }

    public string? UserAgent { get; set; }

    /// <summary>Null: it is not traced.</summary>
    public ExchangeTrace? Trace { get; set; }

    /// <summary>Of its trace, in hexadecimal; null: it is not traced.</summary>
    public string? TraceId { get => field ?? Trace?.TraceId; set; }

    /// <summary>The same of its span.</summary>
    public string? SpanId { get => field ?? Trace?.SpanId; set; }

    /// <summary>Further fields of the request and the response; null: none are configured, or none was there.</summary>
    public IReadOnlyList<RecordedValue>? Fields { get; set; }

    /// <summary>The same with no text of the wire, of rules or of errors longer than that, but for a mark that says how much is left out.</summary>
    internal ExchangeRecord Shortened(int longest)
    {
        var record = (ExchangeRecord)MemberwiseClone();
        record.Listener = Cut(Listener)!;
        (record.User, record.Method, record.Url, record.CacheReason) = (Cut(User), Cut(Method), Cut(Url), Cut(CacheReason));
        (record.ServerName, record.Error, record.ErrorDetail) = (Cut(ServerName), Cut(Error), Cut(ErrorDetail));
        (record.ContentType, record.Referer, record.UserAgent) = (Cut(ContentType), Cut(Referer), Cut(UserAgent));
        record.Verdict = Verdict with { Rule = Cut(Verdict.Rule), List = Cut(Verdict.List), Tags = Cut(Verdict.Tags) };
        record.Fields = Fields?.Take(longest).Select(field => field with { Value = Cut(field.Value)! }).ToList();
        return record;

        string? Cut(string? text)
        {
            if (text is null || text.Length <= longest)
                return text;
            var length = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
            return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{text.AsSpan(0, length)}...+{text.Length - length}");
        }
    }
}
