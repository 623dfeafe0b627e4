namespace Sluice.Policy;

/// <summary>The section <c>users</c>: who may log in to forward listeners.</summary>
public sealed record UserOptions
{
    /// <summary>Lines <c>name:hash</c> as htpasswd writes them, bcrypt only; read again when it changes.</summary>
    public required string File { get; init; }

    /// <summary>What the password is for, shown by the client where it asks for it (RFC 9110 s.11.5). Printable ASCII.</summary>
    public string Realm { get; init; } = "Sluice";

    /// <summary>Names of users by the name of their group.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Groups { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>The user of that name as rules see it, whatever the file says.</summary>
    public User UserOf(string name) => new(name, Groups.Where(group => group.Value.Contains(name)).Select(group => group.Key));
}
