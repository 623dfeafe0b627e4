using System.Collections.Frozen;

namespace Sluice.Policy.Users;

/// <summary>The users of one reading of the password file. Immutable, but for what each account remembers.</summary>
internal sealed class Accounts
{
    public static readonly Accounts None = new(FrozenDictionary<string, Account>.Empty);

    private readonly FrozenDictionary<string, Account> _byName;

    private Accounts(FrozenDictionary<string, Account> byName)
    {
        _byName = byName;
        MostCost = byName.Count == 0 ? UsualCost : byName.Values.Max(account => account.Hash.Cost);
    }

    // htpasswd -B -C 10, as the docs say.
    private const int UsualCost = 10;

    public int Count => _byName.Count;

    /// <summary>Of all hashes the highest: every wrong try takes as long as one of these.</summary>
    public int MostCost { get; }

    public Account? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The next reading: who is unchanged stays the same account, with what was proven.</summary>
    /// <param name="gone">Those whose password changed or who are no longer there.</param>
    /// <param name="changed">How many are new, changed or gone.</param>
    public Accounts Next(IReadOnlyDictionary<string, BcryptHash> hashes, UserOptions options, out IReadOnlyList<Account> gone, out int changed)
    {
        var kept = 0;
        var next = hashes.ToFrozenDictionary(
            line => line.Key,
            line =>
            {
                if (Find(line.Key) is not { } same || same.Hash != line.Value)
                    return new Account(options.UserOf(line.Key), line.Value);
                kept++;
                return same;
            }, StringComparer.Ordinal);
        gone = [.. _byName.Values.Where(account => !ReferenceEquals(next.GetValueOrDefault(account.User.Name), account))];
        changed = next.Count - kept + _byName.Keys.Count(name => !next.ContainsKey(name));
        return new Accounts(next);
    }
}

/// <summary>A line of the password file.</summary>
internal sealed class Account(User user, BcryptHash hash)
{
    public User User => user;

    public BcryptHash Hash => hash;

    /// <summary>The credentials that were last found right.</summary>
    public Digest? Proven { get; set; }

    /// <summary>The address they came from.</summary>
    public Digest? SeenFrom { get; set; }
}
