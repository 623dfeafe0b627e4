using System.Collections.Frozen;

namespace Sluice.Policy;

/// <summary>Who has proven to be one of the password file. Immutable, but that it ends.</summary>
/// <param name="name">As it stands there: with case.</param>
/// <param name="groups">The groups that name this user.</param>
public sealed class User(string name, IEnumerable<string> groups)
{
    private volatile bool _isGone;
    private User? _successor;

    public string Name => name;

    public FrozenSet<string> Groups { get; } = groups.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The same user by the configuration and the password file of now; null: what was proven is no longer right (the password was changed, the
    /// user removed).</summary>
    public User? Current => _isGone ? _successor?.Current : this;

    internal void Withdraw(User? successor)
    {
        _successor = successor;
        _isGone = true;
    }
}
