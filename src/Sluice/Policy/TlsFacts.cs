namespace Sluice.Policy;

/// <summary>What the first octets of a tunnel are, as rules name it: one of them, and <see cref="Ech"/> beside it.</summary>
[Flags]
public enum TlsFacts : ushort
{
    /// <summary>No tunnel, or one that is not looked at.</summary>
    None = 0,

    /// <summary>A tunnel that is still to be opened: they have not come yet.</summary>
    Unknown = 1,

    /// <summary>TLS to the host that CONNECT named.</summary>
    Match = 2,

    /// <summary>CONNECT named a host, and the TLS is to another.</summary>
    Mismatch = 4,

    /// <summary>CONNECT named an address, the TLS is to a host.</summary>
    ByAddress = 8,

    /// <summary>TLS that says no name: to an address, as it should (RFC 6066 s.3), or to hide it.</summary>
    NoSni = 16,

    /// <summary>Another protocol, or nothing: the upstream spoke first, or the client ended without a word.</summary>
    NotTls = 32,

    /// <summary>It begins as TLS and cannot be read.</summary>
    Malformed = 64,

    /// <summary>The name may not be the true one (RFC 9849); or it is, for many clients send the extension always.</summary>
    Ech = 128,
}

/// <summary>The words for them, in configuration and records.</summary>
public static class TlsWords
{
    private static readonly (TlsFacts Fact, string Word)[] Words =
    [
        (TlsFacts.Match, "match"), (TlsFacts.Mismatch, "mismatch"), (TlsFacts.ByAddress, "by-address"), (TlsFacts.NoSni, "no-sni"),
        (TlsFacts.NotTls, "not-tls"), (TlsFacts.Malformed, "malformed"), (TlsFacts.Ech, "ech"),
    ];

    public static IReadOnlyList<string> All { get; } = [.. Words.Select(pair => pair.Word)];

    /// <summary><see cref="TlsFacts.None"/>: it is no such word.</summary>
    public static TlsFacts FactOf(string word) => Array.Find(Words, pair => pair.Word == word).Fact;

    /// <summary>With commas between; null: nothing is known.</summary>
    public static string? Text(this TlsFacts facts)
    {
        string? text = null;
        foreach (var (fact, word) in Words)
            if ((facts & fact) != 0)
                text = text is null ? word : $"{text},{word}";
        return text;
    }
}
