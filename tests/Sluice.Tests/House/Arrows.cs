using System.Text.RegularExpressions;

namespace Sluice.Tests.House;

/// <summary>A type of one namespace uses a type of another.</summary>
public readonly record struct Use(string User, string UserNamespace, string Used, string UsedNamespace);

/// <summary>
/// The arrows between the folders of src/Sluice: a folder may use only what stands to its left.
/// The rules are functions over plain values, so that each can be shown a made-up offence.
/// </summary>
public static partial class Arrows
{
    /// <summary>From left to right; folders that stand together do not use each other.</summary>
    public static readonly string[][] House =
    [
        ["Net", "Http"],
        ["Cache", "Policy", "Upstream", "Tls"],
        ["Records"],
        ["Forwarding"],
        ["Dashboard"],
        ["Config"],
        ["Cli"],
    ];

    public static readonly string[] Parts = [.. House.SelectMany(tier => tier)];

    public static bool Allowed(string user, string used) =>
        user == used || (Place(used) is >= 0 and var left && Place(user) is >= 0 and var right && left < right);

    /// <summary>The folder of a namespace: <c>Cache</c> for Sluice.Cache.Memory; empty for the program itself.</summary>
    public static string PartOf(string ns) => ns.StartsWith("Sluice.", StringComparison.Ordinal) ? ns.Split('.')[1] : "";

    public static IReadOnlyList<string> AgainstTheArrows(IEnumerable<Use> uses) =>
    [
        .. uses.Where(u => PartOf(u.UserNamespace) is { Length: > 0 } user && PartOf(u.UsedNamespace) is { Length: > 0 } used && !Allowed(user, used))
            .Select(u => $"{u.User} uses {u.Used}").Distinct(),
    ];

    /// <summary>A part's insides, such as Sluice.Cache.Memory, are named only within the part.</summary>
    public static IReadOnlyList<string> ThroughTheWalls(IEnumerable<Use> uses) =>
    [
        .. uses.Where(u => u.UsedNamespace.Split('.') is ["Sluice", _, _, ..] && PartOf(u.UserNamespace) != PartOf(u.UsedNamespace))
            .Select(u => $"{u.User} uses {u.Used}").Distinct(),
    ];

    /// <summary>The arrows of a mermaid picture, <c>User --> Used</c>.</summary>
    public static IReadOnlyList<(string User, string Used)> Drawn(string markdown)
    {
        var picture = Picture().Match(markdown);
        return [.. Arrow().Matches(picture.Groups[1].Value).Select(m => (m.Groups[1].Value, m.Groups[2].Value))];
    }

    /// <summary>What is drawn and not so, and what is so and neither drawn nor implied by a chain of drawn arrows.</summary>
    public static IReadOnlyList<string> AgainstThePicture(IReadOnlyList<(string User, string Used)> drawn, IEnumerable<Use> uses)
    {
        var real = uses.Select(u => (User: PartOf(u.UserNamespace), Used: PartOf(u.UsedNamespace)))
            .Where(u => u.User != u.Used && u.User != "" && u.Used != "").ToHashSet();
        return
        [
            .. drawn.Where(a => !Allowed(a.User, a.Used)).Select(a => $"drawn, but against the arrows: {a.User} --> {a.Used}"),
            .. drawn.Where(a => !real.Contains(a)).Select(a => $"drawn, but not so: {a.User} --> {a.Used}"),
            .. real.Where(a => !Reaches(drawn, a.User, a.Used)).Order().Select(a => $"so, but not drawn: {a.User} --> {a.Used}"),
        ];
    }

    private static bool Reaches(IReadOnlyList<(string User, string Used)> drawn, string from, string to)
    {
        var seen = new HashSet<string> { from };
        var open = new Queue<string>(seen);
        while (open.TryDequeue(out var user))
            foreach (var next in drawn.Where(a => a.User == user).Select(a => a.Used).Where(seen.Add))
                open.Enqueue(next);
        return seen.Contains(to);
    }

    private static int Place(string part) => Array.FindIndex(House, tier => tier.Contains(part));

    [GeneratedRegex("```mermaid\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Picture();

    [GeneratedRegex(@"^\s*(\w+)\s*-->\s*(\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Arrow();
}
