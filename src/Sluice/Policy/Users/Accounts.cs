using System.Collections.Frozen;

namespace Sluice.Policy.Users;

/// <summary>The users of one reading of the password file. Immutable, but for what each account remembers.</summary>
internal sealed class Accounts
{
    public static readonly Accounts None = new(FrozenDictionary<string, Account>.Empty);

    // htpasswd -B -C 10, as the docs say.
    private const int UsualCost = 10;

    private readonly FrozenDictionary<string, Account> _byName;

    private Accounts(FrozenDictionary<string, Account> byName)
    {
        _byName = byName;
        MostCost = byName.Count == 0 ? UsualCost : byName.Values.Max(account => account.Hash.Cost);
    }

    /// <summary>Of all hashes the highest: every wrong try takes as long as one of these.</summary>
    public int MostCost { get; }

    public Account? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The next reading: who is unchanged stays the same account.</summary>
    /// <param name="userOf">The user of that name with its groups.</param>
    /// <param name="replaced">The others with what stands for them: what was proven is right for it, too. Null: their passwords changed, or they are no longer there.</param>
    /// <param name="changed">How many are new, have another password or are gone.</param>
    public Accounts Next(
        IReadOnlyDictionary<string, BcryptHash> hashes, Func<string, User> userOf, out IReadOnlyList<(Account Former, Account? Now)> replaced, out int changed)
    {
        var next = hashes.ToFrozenDictionary(line => line.Key, line => Next(line.Key, line.Value, userOf(line.Key)), StringComparer.Ordinal);
        replaced = [.. _byName.Values.Select(former => (Former: former, Now: next.GetValueOrDefault(former.User.Name))).Where(pair => pair.Former != pair.Now)
            .Select(pair => (pair.Former, pair.Now?.Hash == pair.Former.Hash ? pair.Now : null))];
        changed = next.Values.Count(account => Find(account.User.Name)?.Hash != account.Hash) + _byName.Keys.Count(name => !next.ContainsKey(name));
        return new Accounts(next);
    }

    private Account Next(string name, BcryptHash hash, User user) =>
        Find(name) is not { } former || former.Hash != hash ? new Account(user, hash)
        : former.User.Groups.SetEquals(user.Groups) ? former
        : new Account(user, hash) { Proven = former.Proven, SeenFrom = former.SeenFrom };
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
