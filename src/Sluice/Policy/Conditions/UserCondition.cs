using System.Collections.Frozen;

namespace Sluice.Policy.Conditions;

/// <summary>The user.</summary>
internal sealed class UserCondition(IReadOnlyList<string> users) : Condition
{
    public const string Nobody = "nobody has logged in";

    private readonly FrozenSet<string> _users = users.ToFrozenSet(StringComparer.Ordinal);

    public override string Name => "users";

    public override bool Matches(ref Asked asked, ref Match match) => asked.Asker.User is { } user && _users.Contains(user.Name);

    public override string Explain(ref Asked asked, bool holds) =>
        asked.Asker.User is not { } user ? Nobody : holds ? user.Name : $"{user.Name} is {NoneOf(users)}";
}

/// <summary>The groups that name the user.</summary>
internal sealed class GroupCondition(IReadOnlyList<string> groups) : Condition
{
    private readonly string[] _groups = [.. groups];

    public override string Name => "groups";

    public override bool Matches(ref Asked asked, ref Match match) => asked.Asker.User is { } user && Find(user) is not null;

    public override string Explain(ref Asked asked, bool holds) =>
        asked.Asker.User is not { } user ? UserCondition.Nobody : $"{user.Name} is in {Find(user) ?? NoneOf(_groups)}";

    private string? Find(User user)
    {
        foreach (var group in _groups)
            if (user.Groups.Contains(group))
                return group;
        return null;
    }
}
