using System.Net;
using Sluice.Http;
using Sluice.Net;

namespace Sluice.Policy;

/// <summary>What a rule says of that which it matches.</summary>
public enum RuleAction : byte
{
    /// <summary>Only what it adds (a tag, no cache): the next rule is tried.</summary>
    Continue,

    Allow,

    Deny,
}

/// <summary>What becomes of that which is refused.</summary>
public enum RefusalForm : byte
{
    /// <summary>A page for people, problem+json for programs.</summary>
    Page,

    /// <summary>200 and nothing in it, in the type that was asked for: a page whose images and scripts are refused stays whole.</summary>
    Empty,

    /// <summary>The connection is reset.</summary>
    Reset,
}

/// <summary>One rule: conditions, all of which must hold, and what follows. A condition of several values holds with one of them; one that
/// is empty says nothing; a rule without conditions matches everything.</summary>
public sealed record RuleOptions
{
    /// <summary>Unique in its policy.</summary>
    public required string Id { get; init; }

    public required RuleAction Action { get; init; }

    /// <summary>A refusal is noted instead, and the next rule is tried.</summary>
    public bool Reports { get; init; }

    public IReadOnlyList<IPNetwork> Clients { get; init; } = [];

    /// <summary>Names of listeners.</summary>
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>Names of users.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Names of groups of users.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary><c>http</c>, <c>https</c>, and <c>connect</c> for tunnels.</summary>
    public IReadOnlyList<string> Schemes { get; init; } = [];

    /// <summary>List lines written in the configuration itself, in the list's syntax.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>A list file, reloaded when it changes.</summary>
    public string? HostsFile { get; init; }

    /// <summary>Files of filters (Adblock Plus, uBlock Origin) that work as one, reloaded when they change.</summary>
    public IReadOnlyList<string> Filters { get; init; } = [];

    public IReadOnlyList<PortRange> Ports { get; init; } = [];

    /// <summary>With case (RFC 9110 s.9.1), but for a rule that denies: not all origins mind it.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    /// <summary>Of the path in its one spelling, without query.</summary>
    public IReadOnlyList<TextPattern> Paths { get; init; } = [];

    /// <summary>Of the whole URL in its one spelling.</summary>
    public IReadOnlyList<TextPattern> Urls { get; init; } = [];

    /// <summary>Parameters of the query and what their values look like.</summary>
    public IReadOnlyList<NamedPattern> Query { get; init; } = [];

    /// <summary>Fields of the request and what their values look like.</summary>
    public IReadOnlyList<NamedPattern> Headers { get; init; } = [];

    public IReadOnlyList<TimeWindow> Times { get; init; } = [];

    /// <summary>What the first octets of a tunnel are.</summary>
    public IReadOnlyList<TlsFacts> Tls { get; init; } = [];

    /// <summary>What must hold of the answer; null: the rule is about requests.</summary>
    public ReplyOptions? Reply { get; init; }

    /// <summary>The status of the answer to what is denied, 400-599.</summary>
    public int Status { get; init; } = 403;

    /// <summary>Why, in a sentence for the person who is refused; null: a stock sentence.</summary>
    public string? Reason { get; init; }

    public RefusalForm Refusal { get; init; }

    /// <summary>Where the refused client is sent (302), instead of a page.</summary>
    public string? Redirect { get; init; }

    /// <summary>A word for the record.</summary>
    public string? Tag { get; init; }

    /// <summary>Neither stored nor answered from the cache.</summary>
    public bool BypassesCache { get; init; }

    /// <summary>The octets of what matches are written into the files of captures.</summary>
    public bool Captures { get; init; }

    /// <summary>The name of the upstream where it goes, instead of where it would; null: none.</summary>
    public string? Route { get; init; }

    /// <summary>The host that is dialled in place of the one that is asked for; the request stays as it is. Null: none.</summary>
    public string? DialAs { get; init; }

    /// <summary>How much of what matches may be taken; null: any.</summary>
    public RateOptions? Limit { get; init; }

    /// <summary>Whether it says more than allow or deny.</summary>
    internal bool Adds => Tag is not null || BypassesCache || Captures || Route is not null || DialAs is not null || Limit is not null;

    /// <summary>Where the rule stands, for messages: <c>sluice.yaml:14:7</c>.</summary>
    public string? Where { get; init; }
}

/// <summary>Conditions on an answer's head.</summary>
public sealed record ReplyOptions
{
    public IReadOnlyList<StatusRange> Status { get; init; } = [];

    /// <summary>Globs for the media type.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Content-Length in octets is more than this. An answer that does not name it matches no such rule.</summary>
    public long? Larger { get; init; }
}

/// <summary>A name and what its value looks like; null: it must be absent.</summary>
public sealed record NamedPattern(string Name, TextPattern? Value)
{
    /// <summary>Why a value is right or not.</summary>
    /// <param name="value">Null: it is absent.</param>
    internal string Explain(string? value, bool holds) =>
        value is null ? $"{Name} is absent"
        : Value is null ? $"{Name} is there"
        : $"{Name} '{value}' {(holds ? "matches" : "does not match")} {Value}";
}
