using System.Globalization;
using System.Net;
using Sluice.Forwarding;
using Sluice.Http;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>The list <c>cases</c> of a file of cases.</summary>
internal sealed class CaseReader(Configuration configuration)
{
    public IReadOnlyList<PolicyCase> Read(Section top)
    {
        if (top.Node["cases"] is Sequence { Items.Count: 0 })
            top.Problem("cases", $"is an empty list, write for example {CaseKeys.Least["cases: ".Length..]}");
        return [.. top.List("cases").Select(ReadCase)];
    }

    private PolicyCase ReadCase(Section section)
    {
        var ask = section.Value<(string Method, RequestTarget Target)>("ask", Ask);
        var (listener, policy) = ReadPlace(section);
        var reply = section.Child("reply") is { } head ? ReadReply(head) : null;
        if (reply is not null && ask?.Method == Methods.Connect)
            section.Problem("reply", "stands in a case of CONNECT, whose answers nobody sees: remove it");
        return new PolicyCase(
            section.Place.ToString(), section.Text("ask") ?? "",
            new RequestHead { Method = ask?.Method ?? "", Target = ask?.Target!, Version = ProtocolVersion.Http11, Fields = ReadFields(section) },
            new Asker(section.Object<IPAddress>("client", Client), listener, ReadUser(section)), policy?.Name, section.Value<DateTimeOffset>("at", Time), reply, ReadStart(section, ask),
            ReadExpected(section), ReadRule(section, policy));
    }

    private static TunnelStart? ReadStart(Section section, (string Method, RequestTarget Target)? ask)
    {
        if (section.Text("sni") is not { } sni || ask is not { } known)
            return null;
        if (known.Method != Methods.Connect)
            section.Problem("sni", "is what a tunnel begins with: ask for CONNECT, or remove it");
        else if (TunnelStart.TryParse(sni, known.Target, out var start) is not { } wrong)
            return start;
        else
            section.Problem("sni", $"'{sni}' {wrong}");
        return null;
    }

    private User? ReadUser(Section section)
    {
        var groups = section.Many<string>("groups", Group);
        if (section.Text("user") is { } user)
            return groups is null ? configuration.Users?.UserOf(user) ?? new User(user, []) : new User(user, groups);
        if (groups is not null)
            section.Problem("groups", "are a user's: write user: NAME, too");
        return null;
    }

    private string? Group(string text, out string group)
    {
        group = text;
        var known = configuration.Users?.Groups.Keys.ToList() ?? [];
        return known.Contains(text) ? null : $"is not a group of users{Nearest.Hint(text, known)}";
    }

    private static string ReadExpected(Section section) => section.Choice<Expected>("expect")?.ToString().ToLowerInvariant() ?? "";

    private static string? ReadRule(Section section, PolicyOptions? policy)
    {
        if (section.Text("rule") is not { } rule)
            return null;
        if (policy is null)
            section.Problem("rule", $"'{rule}' cannot decide: no policy judges here");
        else if (!policy.Rules.Any(known => known.Id == rule))
            section.Problem("rule", $"'{rule}' is no rule of policy '{policy.Name}'{Nearest.Hint(rule, [.. policy.Rules.Select(known => known.Id)])}");
        return rule;
    }

    /// <summary>By which listener it comes, and which policy judges it.</summary>
    private (string? Listener, PolicyOptions? Policy) ReadPlace(Section section)
    {
        var listeners = configuration.Listeners.Where(known => known.Kind != ListenerKind.Tcp).ToList();
        var (listener, policy) = (section.Text("listener"), section.Text("policy"));
        if (listener is not null && listeners.Find(known => known.Name == listener) is var by)
        {
            if (by is null)
                section.Problem("listener", $"'{listener}' is not the name of an HTTP listener{Nearest.Hint(listener, [.. listeners.Select(known => known.Name)])}");
            else if (policy is not null && policy != by.Policy)
                section.Problem("policy", $"'{policy}' is not the policy of listener '{listener}', which has {by.Policy ?? "none"}: remove one of them");
            return (listener, PolicyOf(by?.Policy));
        }
        var used = configuration.Policies.Where(known => policy is null ? listeners.Exists(l => l.Policy == known.Name) : known.Name == policy).ToList();
        if (policy is not null && used.Count == 0)
            section.Problem("policy", $"unknown policy '{policy}'{Nearest.Hint(policy, [.. configuration.Policies.Select(known => known.Name)])}");
        else if (used.Count != 1)
            section.Problem("policy", used.Count == 0 ? "'policy' is missing: no listener has one" : $"'policy' is missing, there are several, write one of them: {string.Join(", ", used.Select(known => known.Name))}");
        if (used.Count != 1)
            return default;
        var having = listeners.FindAll(known => known.Policy == used[0].Name);
        return (having.Count == 1 ? having[0].Name : null, used[0]);
    }

    private PolicyOptions? PolicyOf(string? name) => configuration.Policies.FirstOrDefault(known => known.Name == name);

    private static FieldList ReadFields(Section section)
    {
        var fields = new FieldList();
        if (section.Node["headers"] is not { } node)
            return fields;
        if (node is not Mapping map)
        {
            section.Problem("headers", "is not a map from names to values, write for example { Accept: \"text/html\" }");
            return fields;
        }
        foreach (var entry in map.Entries)
            if (entry.Value is Scalar { IsNull: false, Text: var text })
                fields.Add(entry.Key, text);
            else
                section.Problem("headers", $"'{entry.Key}' has not a single value");
        return fields;
    }

    private static ResponseHead ReadReply(Section section)
    {
        var fields = new FieldList();
        if (section.Text("type") is { } type)
            fields.Add(FieldNames.ContentType, type);
        if (section.Size("length") is { } length)
            fields.Add(FieldNames.ContentLength, length.ToString(CultureInfo.InvariantCulture));
        return new ResponseHead { Status = (int)(section.Whole("status") ?? 200), Fields = fields };
    }

    private static string? Ask(string text, out (string Method, RequestTarget Target) value)
    {
        value = default;
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        if (blank <= 0)
            return $"is not a method and a URL, write for example GET {(text.Contains("://", StringComparison.Ordinal) ? text : "http://example.com/")}";
        var (method, url) = (text[..blank], text[(blank + 1)..].Trim());
        if (Values.Method(method, out _) is { } wrong)
            return wrong;
        if (!RequestTarget.TryParse(method, url, null, "http", null, out var target, out _) || target.Form == TargetForm.Origin)
            return method == Methods.Connect ? "names no host and port, write for example CONNECT example.com:443" : $"names no http or https URL, write for example {method} http://example.com/";
        value = (method, target);
        return null;
    }

    private static string? Client(string text, out IPAddress address) =>
        IPAddress.TryParse(text, out address!) ? null : "is not an IP address, write for example 10.2.0.7";

    private static string? Time(string text, out DateTimeOffset time) =>
        Rfc3339.TryParse(text, out time) ? null : "is not a time with its offset, write for example \"2026-09-01T10:00:00+02:00\"";

    private enum Expected
    {
        Allow,
        Deny,
        Report,
    }
}
