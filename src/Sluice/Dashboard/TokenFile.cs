using System.Security.Cryptography;
using System.Text;

namespace Sluice.Dashboard;

/// <summary>The file with the token that scripts send as <c>Authorization: Bearer</c> (RFC 6750): one line.</summary>
/// <param name="Problem">Why it is not taken, in words that follow its name; never quotes it. Null: it is.</param>
internal sealed record TokenFile(string? Problem)
{
    /// <summary>As many as 24 random octets are in base64: nobody finds that by trying.</summary>
    public const int LeastLength = 32;

    private const int MostLength = 512;

    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    private readonly byte[] _digest = [];

    private TokenFile(byte[] digest) : this((string?)null) => _digest = digest;

    /// <summary>In a time that tells nothing of it.</summary>
    public bool Is(ReadOnlySpan<char> token) => Problem is null && CryptographicOperations.FixedTimeEquals(_digest, DigestOf(token));

    public static TokenFile Read(string path)
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & OfOthers) != 0)
                return new TokenFile($"may be read by others: chmod 600 {path}");
            if (new FileInfo(path).Length > MostLength)
                return new TokenFile($"is longer than {MostLength} octets: this is no token");
            var token = File.ReadAllText(path).Trim();
            return token.Length < LeastLength ? new TokenFile($"has fewer than {LeastLength} characters: write one with head -c 32 /dev/urandom | base64")
                : token.AsSpan().ContainsAnyExceptInRange('!', '~') ? new TokenFile("has characters that no token has: write one with head -c 32 /dev/urandom | base64")
                : new TokenFile(DigestOf(token));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new TokenFile($"cannot be read: {e.Message}");
        }
    }

    private static byte[] DigestOf(ReadOnlySpan<char> token)
    {
        Span<byte> octets = stackalloc byte[MostLength];
        return token.Length > MostLength ? [] : SHA256.HashData(octets[..Encoding.Latin1.GetBytes(token, octets)]);
    }
}
