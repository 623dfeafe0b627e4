using System.Collections.Frozen;

namespace Sluice.Policy;

/// <summary>Who has proven to be one of the password file.</summary>
/// <param name="name">As it stands there: with case.</param>
/// <param name="groups">The groups that name this user.</param>
public sealed class User(string name, IEnumerable<string> groups)
{
    private volatile bool _isGone;

    public string Name => name;

    public FrozenSet<string> Groups { get; } = groups.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The file still says what was proven. False for good once the password was changed or the user removed.</summary>
    public bool IsCurrent => !_isGone;

    internal void Withdraw() => _isGone = true;
}
