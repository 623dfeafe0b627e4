using System.Net;
using Sluice.Http;
using Sluice.Net;
using Sluice.Policy;

namespace Sluice.Config;

/// <summary>One rule of <c>policies.*.rules</c>, but for its hosts.</summary>
internal sealed class RuleReader(IReadOnlyCollection<string> listeners, IReadOnlyCollection<string> upstreams, UserReader users, bool writesCaptures)
{
    /// <summary>What has no meaning once a tunnel is open, or for any.</summary>
    private static readonly string[] NotOfTunnels = ["status", "reason", "redirect", "bypassCache", "route", "dialAs", "paths", "query", "reply"];

    private static readonly string[] Additions = ["tag", "bypassCache", "route", "dialAs", "limit", "capture"];
    private static readonly string[] OfRequests = ["bypassCache", "route", "dialAs", "limit"];
    private static readonly string[] OfRefusals = ["status", "reason", "refusal", "redirect"];

    private enum Mode
    {
        Enforce,
        Report,
    }

    public static bool IsReport(Section section) => section.Choice<Mode>("mode") is Mode.Report;

    public RuleOptions Read(Section section, string where)
    {
        var action = ActionOf(section);
        var rule = new RuleOptions
        {
            Id = section.Text("id") ?? "",
            Action = action,
            Reports = IsReport(section),
            Clients = section.Some<IPNetwork>("clients", Values.Network),
            Listeners = section.Some<string>("listeners", Listener),
            Users = section.Some<string>("users", users.User),
            Groups = section.Some<string>("groups", users.Group),
            Schemes = section.Some<string>("schemes", Values.Scheme),
            Ports = section.Some<PortRange>("ports", Values.Ports),
            Methods = section.Some<string>("methods", Values.Method),
            Paths = section.Some<TextPattern>("paths", Path),
            Urls = section.Some<TextPattern>("urls", TextPattern.TryParse),
            Query = Patterns(section, "query"),
            Headers = Patterns(section, "headers"),
            Times = [.. section.List("times").Select(ReadTime)],
            Tls = section.Some<TlsFacts>("tls", Values.TlsFact),
            Reply = section.Child("reply") is { } reply ? ReadReply(reply) : null,
            Status = (int)(section.Whole("status") ?? 403),
            Reason = section.Text("reason"),
            Refusal = section.Choice<RefusalForm>("refusal") ?? RefusalForm.Page,
            Redirect = section.Object<string>("redirect", Values.WebAddress),
            Tag = section.Object<string>("tag", Values.Tag),
            BypassesCache = section.Flag("bypassCache") ?? false,
            Captures = section.Flag("capture") ?? false,
            Route = section.Object<string>("route", Upstream),
            DialAs = section.Object<string>("dialAs", Values.HostName),
            Limit = section.Child("limit") is { } limit ? ReadRate(limit) : null,
            Where = where,
        };
        Judge(section, rule);
        return rule;
    }

    private static RuleAction ActionOf(Section section)
    {
        var deny = section.Flag("deny");
        var allow = section.Flag("allow");
        if (section.Has("deny") && section.Has("allow"))
            section.Problem("allow", "a rule has deny or allow, not both");
        else if (deny is false)
            section.Problem("deny", "'false' leaves open what the rule does, write allow: true");
        else if (allow is false)
            section.Problem("allow", "'false' leaves open what the rule does, write deny: true");
        else if (!section.Has("deny") && !section.Has("allow") && !Additions.Any(section.Has))
            section.Problem("deny", $"a rule says what it does: write deny: true or allow: true (or {string.Join(", ", Additions[..^1])} or {Additions[^1]}, then the next rule is tried)");
        return deny is not null ? RuleAction.Deny : allow is not null ? RuleAction.Allow : RuleAction.Continue;
    }

    /// <summary>What goes with what.</summary>
    private void Judge(Section section, RuleOptions rule)
    {
        if (rule.Captures && !writesCaptures)
            section.Problem("capture", "has nowhere to write to: write capture: { folder: PATH } at the top level");
        else if (rule.Captures && (rule.Reply is not null || rule.Tls.Count > 0))
            section.Problem("capture", $"comes too late beside {(rule.Reply is null ? "tls" : "reply")}: what is captured is chosen when the head of its request has been judged");
        foreach (var key in OfRefusals)
            if (rule.Action != RuleAction.Deny && section.Has(key) && !(key == "reason" && rule.Limit?.Requests is not null))
                section.Problem(key, $"stands in a rule that {(rule.Action == RuleAction.Allow ? "allows" : "refuses nothing")}, remove it: only a refusal has a {key}");
        foreach (var key in NotOfTunnels)
            if (rule.Tls.Count > 0 && section.Has(key))
                section.Problem(key, "has nothing to do beside tls, remove one of them: a tunnel shows no path, and once it is open it has its place and no page");
        if (rule.Tls.Count > 0 && rule.Refusal == RefusalForm.Empty)
            section.Problem("refusal", "comes too late beside tls: an open tunnel can be closed or reset");
        foreach (var key in OfRequests.Where(section.Has))
        {
            if (rule.Action == RuleAction.Deny)
                section.Problem(key, "has nothing to do in a rule that refuses, remove it");
            if (rule.Reply is not null)
                section.Problem(key, "comes too late in a rule on answers: make a rule on requests of it");
        }
        if (rule.Route is not null && rule.DialAs is not null)
            section.Problem("dialAs", "has nothing to do beside route, remove one of them");
        if (section.Has("redirect") && (section.Has("status") || section.Has("refusal")))
            section.Problem(section.Has("status") ? "status" : "refusal", "has nothing to do beside redirect, remove one of them");
        if (rule.Refusal != RefusalForm.Page && section.Has("status"))
            section.Problem("status", "is for a page: an empty answer is 200, and a reset has none");
        if (rule.Reports && rule.Action != RuleAction.Deny && rule.Limit is null)
            section.Problem("mode", "stands in a rule that refuses nothing: there is nothing to report instead");
    }

    private static TimeWindow ReadTime(Section section) => new(
        section.Value<int>("days", Values.Days) ?? TimeWindow.EveryDay,
        section.Value<int>("from", Values.TimeOfDay) ?? 0,
        section.Value<int>("to", Values.TimeOfDay) ?? TimeWindow.MinutesOfDay,
        section.Object<TimeZoneInfo>("zone", Values.Zone) ?? TimeZoneInfo.Local);

    private static RateOptions ReadRate(Section section)
    {
        var read = new RateOptions
        {
            Requests = (int?)section.Whole("requests"),
            Every = section.Duration("every") ?? new RateOptions().Every,
            BytesPerSecond = (int?)section.Size("bandwidth"),
            Per = section.Choice<RateShare>("per") ?? RateShare.Client,
        };
        if (!section.Has("requests") && !section.Has("bandwidth"))
            section.Problem("requests", "says of nothing how much: write requests: 100 or bandwidth: 1MiB");
        if (!section.Has("requests") && section.Has("every"))
            section.Problem("every", "is about requests: write requests, too, or remove it");
        return read;
    }

    private static ReplyOptions ReadReply(Section section) => new()
    {
        Status = section.Some<StatusRange>("status", Values.Status),
        Types = section.Some<string>("types", Values.TypeGlob),
        Larger = section.Size("larger"),
    };

    private string? Listener(string text, out string value) =>
        listeners.Contains(value = text) ? null : $"is not the name of a listener{Nearest.Hint(text, [.. listeners])}";

    private string? Upstream(string text, out string value) =>
        upstreams.Contains(value = text) ? null : $"is not the name of an upstream{(upstreams.Count == 0 ? ", there is no section upstreams" : Nearest.Hint(text, [.. upstreams]))}";

    private static string? Path(string text, out TextPattern value)
    {
        if (TextPattern.TryParse(text, out value) is { } wrong)
            return wrong;
        if (value.IsRegex)
            return null;
        return Values.PathGlob(text, out _) ?? TextPattern.TryParse(PathSpelling.NormalizeGlob(text), out value);
    }

    private static List<NamedPattern> Patterns(Section section, string name)
    {
        var patterns = new List<NamedPattern>();
        if (section.Node[name] is not { } node)
            return patterns;
        if (node is not Mapping map)
        {
            section.Problem(name, "is not a map from names to patterns, write for example { User-Agent: \"*curl*\" }");
            return patterns;
        }
        foreach (var entry in map.Entries)
            switch (entry.Value)
            {
                case Scalar { IsNull: true }:
                    patterns.Add(new NamedPattern(entry.Key, null));
                    break;
                case Scalar { Text: var text } when TextPattern.TryParse(text, out var pattern) is var wrong:
                    if (wrong is null)
                        patterns.Add(new NamedPattern(entry.Key, pattern));
                    else
                        section.Problem(name, $"'{text}' {wrong}");
                    break;
                default:
                    section.Problem(name, $"'{entry.Key}' has not a single value: write a pattern, or null where it must be absent");
                    break;
            }
        return patterns;
    }
}
