using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>The section <c>users</c>, and what it has taught: which names rules may name.</summary>
internal sealed class UserReader(string folder)
{
    private const string None = "is nobody's: there is no section users";

    // Null: not known, as the file or the section cannot be read.
    private IReadOnlyCollection<string>? _users;
    private IReadOnlyCollection<string>? _groups;
    private bool _isThere;

    public UserOptions? Read(Section top)
    {
        _isThere = top.Has("users");
        if (top.Child("users") is not { } section)
            return null;
        if (top.Node["listeners"] is Sequence listeners && !listeners.Items.OfType<Mapping>().Any(listener => listener["login"] is not (null or Scalar { Text: "false" }))
            && (top.Node["dashboard"] as Mapping)?["admins"] is null)
            top.Problem("users", "are asked for by no listener: write login: true at a forward one, or remove them");
        var file = section.Text("file") is { } text ? ReadFile(section, text) : "";
        return new UserOptions { File = file, Realm = section.Object<string>("realm", Realm) ?? "Sluice", Groups = ReadGroups(section) };
    }

    /// <summary>Whether a rule may name that user.</summary>
    public string? User(string text, out string name) => WhyNot(name = text, _users, "is not a user of the password file");

    public string? Group(string text, out string name) => WhyNot(name = text, _groups, "is not a group of users");

    private string? WhyNot(string name, IReadOnlyCollection<string>? known, string wrong) =>
        !_isThere ? None
        : known?.Contains(name) ?? true ? null
        : Nearest.To(name, known) is { } near ? $"{wrong}, did you mean '{near}'?"
        : wrong;

    private string ReadFile(Section section, string text)
    {
        var path = Path.GetFullPath(text, folder);
        if (Files.WhyNot(path, FileAccess.Read) is { } wrong)
        {
            section.Problem("file", $"'{text}' cannot be read: {wrong}{(text == path ? "" : $" ({path})")}");
            return path;
        }
        var problems = UserCheck.Problems(path, out _users);
        foreach (var problem in problems)
            section.Problem("file", problem.ToString());
        return path;
    }

    private Dictionary<string, IReadOnlyList<string>> ReadGroups(Section section)
    {
        var groups = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        _groups = groups.Keys;
        switch (section.Node["groups"])
        {
            case null:
                break;
            case Mapping map:
                foreach (var group in map.Entries)
                    groups[group.Key] = ReadMembers(section, group);
                break;
            default:
                section.Problem("groups", "is not a map from names to lists of users, write for example { staff: [anna, ben] }");
                _groups = null;
                break;
        }
        return groups;
    }

    private List<string> ReadMembers(Section section, Entry group)
    {
        var members = new List<string>();
        if (group.Value is not Sequence { Items.Count: > 0 } list)
        {
            section.ProblemAt(group.Value.Place, $"groups.{group.Key}", "names no users, write for example [anna, ben]");
            return members;
        }
        foreach (var item in list.Items)
            if (item is not Scalar { IsNull: false, Text: var text })
                section.ProblemAt(item.Place, $"groups.{group.Key}", "has an item that is not the name of a user");
            else if (User(text, out var name) is { } wrong)
                section.ProblemAt(item.Place, $"groups.{group.Key}", $"'{text}' {wrong}");
            else
                members.Add(name);
        return members;
    }

    private static string? Realm(string text, out string realm) =>
        (realm = text).AsSpan().ContainsAnyExceptInRange(' ', '~') ? "is not printable ASCII, which is all that every client can show" : text.Length == 0 ? "is empty" : null;
}
