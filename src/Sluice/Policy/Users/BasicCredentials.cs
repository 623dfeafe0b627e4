using System.Text;
using System.Text.Unicode;

namespace Sluice.Policy.Users;

/// <summary>Basic credentials (RFC 7617 s.2): <c>Basic</c> and the Base64 of <c>user:password</c> in UTF-8.</summary>
internal static class BasicCredentials
{
    /// <summary>Longer ones are nobody's.</summary>
    public const int MostOctets = 1024;

    private const string Scheme = "Basic";

    /// <summary>Decodes the field's value. Allocates nothing.</summary>
    /// <param name="field">The value of Proxy-Authorization.</param>
    /// <param name="room"><see cref="MostOctets"/>.</param>
    /// <param name="octets">In <paramref name="room"/>: user, colon, password.</param>
    /// <param name="colon">Where the user ends: a password may have colons, a user not.</param>
    public static bool TryDecode(ReadOnlySpan<char> field, Span<byte> room, out ReadOnlySpan<byte> octets, out int colon)
    {
        octets = default;
        colon = -1;
        // RFC 9110 s.11.1: the scheme has no case; s.11.4: then blanks, then token68.
        if (field.Length <= Scheme.Length || !field.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || field[Scheme.Length] != ' ')
            return false;
        var token = field[Scheme.Length..].TrimStart(' ');
        // The decoder passes over white space.
        if (token.ContainsAny(" \t") || !Convert.TryFromBase64Chars(token, room, out var count))
            return false;
        octets = room[..count];
        colon = octets.IndexOf((byte)':');
        return colon > 0 && Utf8.IsValid(octets) && !HasControls(octets);
    }

    public static (string Name, string Password) Split(ReadOnlySpan<byte> octets, int colon) =>
        (Encoding.UTF8.GetString(octets[..colon]), Encoding.UTF8.GetString(octets[(colon + 1)..]));

    // RFC 7617 s.2: MUST NOT contain any. NUL is also where bcrypt's key ends and begins again.
    private static bool HasControls(ReadOnlySpan<byte> octets) => octets.IndexOfAnyInRange((byte)0, (byte)0x1f) >= 0 || octets.Contains((byte)0x7f);
}
