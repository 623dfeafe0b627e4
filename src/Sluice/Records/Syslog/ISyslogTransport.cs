namespace Sluice.Records.Syslog;

/// <summary>Carries messages to a syslog server. Used by one writer at a time, on a thread that may wait.</summary>
internal interface ISyslogTransport : IDisposable
{
    /// <summary>The most octets of one message.</summary>
    int LongestMessage { get; }

    /// <summary>Each message begins with its length and a blank (RFC 6587 s.3.4.1).</summary>
    bool CountsOctets { get; }

    /// <summary>Sends messages that stand one behind the other.</summary>
    /// <param name="ends">Where each ends in <paramref name="messages"/>.</param>
    /// <param name="sent">How many of the first are there and need not be sent again; also where it throws.</param>
    /// <exception cref="IOException">Nobody is there, or not any more.</exception>
    void Send(ReadOnlySpan<byte> messages, ReadOnlySpan<int> ends, ref int sent);

    /// <summary>Looks the host up and connects anew with the next message.</summary>
    void Reset();
}
