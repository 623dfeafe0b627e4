using System.Buffers;

namespace Sluice.Http;

/// <summary>The character classes of RFC 9110 s.5.6 and RFC 3986 s.2, as vectorised sets.</summary>
public static class Grammar
{
    private const string TokenChars =
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // CTL except HTAB.
    private const string Controls =
        "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0a\x0b\x0c\x0d\x0e\x0f" +
        "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f";

    private static readonly SearchValues<char> Token = SearchValues.Create(TokenChars);
    private static readonly SearchValues<char> Control = SearchValues.Create(Controls);

    internal static readonly SearchValues<byte> TokenBytes = SearchValues.Create(Latin1Bytes(TokenChars));
    internal static readonly SearchValues<byte> ControlBytes = SearchValues.Create(Latin1Bytes(Controls));

    /// <summary>A token (RFC 9110 s.5.6.2): methods, field names, codings.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(Token);

    /// <summary>A field value or reason phrase without control characters other than HTAB (RFC 9110 s.5.5).</summary>
    public static bool IsFieldValue(ReadOnlySpan<char> text) => !text.ContainsAny(Control);

    internal static bool IsFieldValue(ReadOnlySpan<byte> text) => !text.ContainsAny(ControlBytes);

    /// <summary>The same word, case aside.</summary>
    internal static bool Same(ReadOnlySpan<char> a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);

    /// <summary>Without optional white space around it (RFC 9110 s.5.6.3).</summary>
    public static ReadOnlySpan<char> TrimOws(ReadOnlySpan<char> text) => text.Trim(" \t");

    internal static ReadOnlySpan<byte> TrimOws(ReadOnlySpan<byte> text) => text.Trim(" \t"u8);

    private static byte[] Latin1Bytes(string text) => System.Text.Encoding.Latin1.GetBytes(text);
}
