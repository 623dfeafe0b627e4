namespace Sluice.Config;

/// <summary>Every key of a file of cases; docs/policy.md.</summary>
internal static class CaseKeys
{
    public const string Least = "cases: [{ ask: GET http://example.com/, expect: allow }]";

    public static readonly IReadOnlyList<Key> All =
    [
        new("config", KeyKind.Path, "the option -c", "The configuration whose policies are tried, from this file's folder."),
        new("cases", KeyKind.Sections, null, "What is asked, and what shall come of it.") { Example = Least["cases: ".Length..] },
        new("cases[].ask", KeyKind.Text, null, "Method and URL; CONNECT host:port.") { Example = "GET http://example.com/" },
        new("cases[].client", KeyKind.Text, "not known", "The address of who asks."),
        new("cases[].user", KeyKind.Text, "nobody", "Who has logged in."),
        new("cases[].groups", KeyKind.Words, "those that name the user", "The user's groups."),
        new("cases[].listener", KeyKind.Text, "that of the policy", "The listener by which it comes."),
        new("cases[].policy", KeyKind.Text, "that of the listener, or the only one", "The policy that judges."),
        new("cases[].headers", KeyKind.Patterns, "none", "Fields of the request."),
        new("cases[].at", KeyKind.Text, "now", "When it is asked: 2026-09-01T10:00:00+02:00."),
        new("cases[].sni", KeyKind.Text, "not known", "The server name that the TLS in a tunnel asks for; none: it names nobody; not-tls: it is no TLS."),
        new("cases[].reply", KeyKind.Section, "none", "The head of the answer, for rules on answers."),
        new("cases[].reply.status", KeyKind.Whole, "200", "Its status.") { Min = 200, Max = 599 },
        new("cases[].reply.type", KeyKind.Text, "none", "Its media type."),
        new("cases[].reply.length", KeyKind.Size, "none", "Its Content-Length."),
        new("cases[].expect", KeyKind.Choice, null, "The verdict.") { Choices = ["allow", "deny", "report"] },
        new("cases[].rule", KeyKind.Text, "any, or none", "The id of the rule that decides."),
    ];

    public static readonly KeyTable Table = new(All);
}
