using System.Buffers;
using System.Globalization;
using System.Text;
using Sluice.Http;

namespace Sluice.Policy.Filters;

/// <summary>The octets of patterns: in lower case and ASCII, as URLs are compared.</summary>
internal static class FilterText
{
    public static readonly SearchValues<byte> HostOctets = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_."u8);

    /// <summary>Those that stay as they are: ASCII that can be seen, without capitals.</summary>
    public static readonly SearchValues<byte> PatternOctets = SearchValues.Create(
        [.. Enumerable.Range(0x21, 0x7f - 0x21).Select(c => (byte)c).Where(c => !char.IsAsciiLetterUpper((char)c))]);

    public static readonly SearchValues<byte> AddressOctets = SearchValues.Create("0123456789abcdefABCDEF.:%[]"u8);

    /// <summary>Octets of words, and those of international names.</summary>
    public static bool IsWord(byte octet) => char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'%' or >= 0x80;

    /// <summary>As uBlock tells a line with a host from one with a pattern: labels of letters, digits and hyphens, nothing else.</summary>
    public static bool IsHostName(ReadOnlySpan<byte> text)
    {
        var last = text[(text.LastIndexOf((byte)'.') + 1)..];
        if (text.Length < 2 || last.Length < 2 || last.Contains((byte)'_') || !IsWord(last[^1]) || text.Contains((byte)'%'))
            return false;
        foreach (var range in text.Split((byte)'.'))
        {
            var label = text[range];
            if (label.IsEmpty || !IsWord(label[0]))
                return false;
            foreach (var octet in label)
                if (!IsWord(octet) && octet is not ((byte)'-' or (byte)'_'))
                    return false;
        }
        return true;
    }

    /// <summary>Names that hosts files give the machine they are on.</summary>
    public static bool IsOfOwnMachine(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("localhost"u8) || name.StartsWith("localhost."u8) || name.SequenceEqual("local"u8) || name.SequenceEqual("broadcasthost"u8)
        || name.SequenceEqual("0.0.0.0"u8) || name.StartsWith("ip6-"u8);

    /// <summary>A pattern as URLs are compared: lower case; international names in punycode, other characters escaped as UTF-8. Null: it cannot be.</summary>
    public static byte[]? Normalize(ReadOnlySpan<byte> pattern)
    {
        if (pattern.ContainsAnyInRange((byte)0, (byte)0x20) || pattern.Contains((byte)0x7f))
            return null;
        var text = Encoding.UTF8.GetString(pattern).ToLowerInvariant();
        if (Ascii.IsValid(text))
            return Encoding.ASCII.GetBytes(text);
        var end = 0;
        while (end < text.Length && (char.IsLetterOrDigit(text[end]) || text[end] is '-' or '.' or '_'))
            end++;
        var host = HostText.Canonical(text[..end]) ?? text[..end];
        var made = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(host + text[end..]))
            _ = octet < 0x80 ? made.Append((char)octet) : made.Append(CultureInfo.InvariantCulture, $"%{octet:x2}");
        return Encoding.ASCII.GetBytes(made.ToString());
    }
}
