using System.Collections.Frozen;

namespace Sluice.Policy.Conditions;

/// <summary>The user, and the groups that name this user.</summary>
internal sealed class UserCondition(RuleOptions rule) : Condition
{
    private readonly FrozenSet<string> _users = rule.Users.ToFrozenSet(StringComparer.Ordinal);
    private readonly string[] _groups = [.. rule.Groups];

    public static bool IsIn(RuleOptions rule) => rule.Users.Count + rule.Groups.Count > 0;

    public override bool Matches(ref Asked asked, ref Match match) =>
        asked.Asker.User is { } user
        && (_users.Count == 0 || _users.Contains(user.Name))
        && (_groups.Length == 0 || IsInOne(user));

    private bool IsInOne(User user)
    {
        foreach (var group in _groups)
            if (user.Groups.Contains(group))
                return true;
        return false;
    }
}
