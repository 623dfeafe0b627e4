using System.Buffers;
using System.Globalization;

namespace Sluice.Policy.Users;

/// <summary>A bcrypt hash in its usual form: <c>$2y$10$</c>, then 22 characters of salt and 31 of hash.</summary>
internal sealed record BcryptHash
{
    private const int Length = 60;

    /// <summary>A second of work for each try, more or less: more would make a few clients everybody's wait.</summary>
    private const int MostCost = 14;

    private static readonly SearchValues<char> Base64 = SearchValues.Create("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    private BcryptHash(string text, int cost) => (Text, Cost) = (text, cost);

    public string Text { get; }

    /// <summary>The work is 2 to this power of rounds.</summary>
    public int Cost { get; }

    /// <summary>A hash of that cost that no password is known to have.</summary>
    public static BcryptHash OfNobody(int cost) => new($"$2b${cost.ToString("D2", CultureInfo.InvariantCulture)}${new string('.', Length - 7)}", cost);

    /// <returns>What is wrong with it, as what follows <c>file:line:</c>; null: it is a hash.</returns>
    public static string? TryParse(string text, string name, out BcryptHash? hash)
    {
        hash = null;
        if (!(text.StartsWith("$2y$", StringComparison.Ordinal) || text.StartsWith("$2b$", StringComparison.Ordinal) || text.StartsWith("$2a$", StringComparison.Ordinal)))
            return $"has {KindOf(text)} where a bcrypt hash is wanted: write it anew with htpasswd -B -C 10 FILE {name}";
        if (text.Length != Length || text[6] != '$' || text.AsSpan(7).ContainsAnyExcept(Base64)
            || !int.TryParse(text.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var cost))
            return $"has no whole bcrypt hash: write it anew with htpasswd -B -C 10 FILE {name}";
        if (cost is < 4 or > MostCost)
            return $"has a bcrypt hash of cost {cost}, 4 to {MostCost} are taken: write it anew with htpasswd -B -C 10 FILE {name}";
        hash = new BcryptHash(text, cost);
        return null;
    }

    /// <summary>Not the hash: it does not belong into a log.</summary>
    public override string ToString() => $"bcrypt, cost {Cost}";

    private static string KindOf(string text) => text switch
    {
        "" => "nothing",
        _ when text.StartsWith("{SHA}", StringComparison.Ordinal) => "a SHA-1 hash without salt",
        _ when text.StartsWith('{') => "a hash of LDAP",
        _ when text.StartsWith("$apr1$", StringComparison.Ordinal) => "an MD5 hash (apr1)",
        _ when text.StartsWith("$1$", StringComparison.Ordinal) => "an MD5 hash",
        _ when text.StartsWith("$2x$", StringComparison.Ordinal) => "a hash of a faulty bcrypt ($2x$)",
        _ when text.StartsWith("$5$", StringComparison.Ordinal) => "a SHA-256 hash of crypt",
        _ when text.StartsWith("$6$", StringComparison.Ordinal) => "a SHA-512 hash of crypt",
        _ when text.StartsWith('$') => "another kind of hash",
        { Length: 13 } when !text.AsSpan().ContainsAnyExcept(Base64) => "a hash of crypt",
        _ => "something else, a plain password maybe,",
    };
}
