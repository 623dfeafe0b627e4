using Sluice.Http;
using Sluice.Policy;
using Sluice.Records;

namespace Sluice.Forwarding;

/// <summary>One request and all that becomes of it: its head as read, what has been found out, and its record.</summary>
internal sealed class Exchange
{
    private readonly long _began;
    private readonly int _judgings;

    /// <param name="head">What has been read, also of a head that is refused.</param>
    /// <param name="began">When the head's first octet came; 0: just now.</param>
    public Exchange(ClientConnection client, RequestHeadParser head, BadMessage? refused, TimeProvider time, long began)
    {
        Client = client;
        // Before what is judged by.
        _judgings = client.Judgings;
        Listener = client.Listener;
        Time = time;
        _began = began == 0 ? time.GetTimestamp() : began;
        Method = head.Method;
        RawTarget = head.Target;
        Version = head.Version;
        Fields = head.Fields;
        Refused = refused;
        Record = ExchangeRecord.Begin(time, Listener.Options.Name, client.Socket.RemoteEndPoint);
        Record.Generation = Listener.Generation;
    }

    public ClientConnection Client { get; }

    /// <summary>As it was when the exchange began.</summary>
    public ListenerGate Listener { get; }

    public AnswerWriter Answer => Client.Answer;

    public string? Method { get; }

    /// <summary>The request target as sent.</summary>
    public string? RawTarget { get; }

    public ProtocolVersion? Version { get; }

    public FieldList Fields { get; }

    /// <summary>Why no head could be read.</summary>
    public BadMessage? Refused { get; }

    public ExchangeRecord Record { get; }

    /// <summary>Null: it is not traced.</summary>
    public ExchangeTrace? Trace => Record.Trace;

    /// <summary>When it did, by the time provider.</summary>
    public long Began => _began;

    /// <summary>Set by the first step; null only where the head was refused.</summary>
    public RequestHead Request { get; set; } = null!;

    /// <summary>How the request's body is delimited.</summary>
    public BodyLength BodyLength { get; set; }

    /// <summary>The connection closes after the answer.</summary>
    public bool Closes { get; set; }

    /// <summary>We are its final recipient.</summary>
    public bool EndsHere { get; set; }

    public Verdict Verdict { get; set; } = Verdict.Allowed;

    /// <summary>Who has logged in.</summary>
    public User? User { get; set; }

    /// <summary>What captures make of it; null: nobody wants it.</summary>
    public CapturedExchange? Captured => Client.Captured;

    /// <summary>Follows from the verdict.</summary>
    public Route Route { get; set; }

    public Asker Asker => new(Record.Client?.Address, Listener.Options.Name, User);

    public TimeProvider Time { get; }

    /// <summary>Fires when the client has left.</summary>
    public CancellationToken Aborted => Client.Aborted;

    /// <summary>The first byte of the answer goes out.</summary>
    public void MarkFirstByte() => Record.TimeToFirstByte ??= Time.GetElapsedTime(_began);

    public void MarkEnd() => Record.Duration = Time.GetElapsedTime(_began);

    /// <summary>Of a tunnel: resets it where the rules of now refuse it, and says so in its record.</summary>
    public void JudgeAgain()
    {
        if (HttpProxy.WhyNoLonger(this, Client.Listener) is not { } verdict)
            return;
        Record.Verdict = verdict;
        Client.Abort();
    }

    /// <summary>The same, unless nothing has changed since it began; for a tunnel that the client's connection has from now on.</summary>
    public void JudgeAgainIfChanged()
    {
        // This sees the change, or HttpServer.JudgeAgain sees the tunnel.
        Interlocked.MemoryBarrier();
        if (Client.Judgings != _judgings)
            JudgeAgain();
    }

    /// <summary>The answer cannot be ended well: what the client has must not look whole (RFC 9112 s.8).</summary>
    public void Break() => Client.Break();
}
