namespace Sluice.Policy;

/// <summary>What the censor says of one request: the answer, and why.</summary>
public sealed record Verdict
{
    /// <summary>Nothing spoke against it: there is no policy. Shared, so allowing costs nothing.</summary>
    public static readonly Verdict Allowed = new();

    public bool Denies { get; init; }

    /// <summary>Let through, but <see cref="Rule"/> would have refused it.</summary>
    public bool Reports { get; init; }

    /// <summary>The id of the rule that decided; null where the policy's default did, or there is no policy.</summary>
    public string? Rule { get; init; }

    /// <summary>The list file that named it; null for entries in the configuration, for rules without a list and for defaults.</summary>
    public string? List { get; init; }

    /// <summary>The line in <see cref="List"/>, from 1; 0 without a list file.</summary>
    public int Line { get; init; }

    /// <summary>The status of the refusal, 400-599; 0 where nothing is refused.</summary>
    public int Status { get; init; }

    /// <summary>Why, in a sentence for the person who asked; empty where nothing is refused. May quote the request: escape it.</summary>
    public string Reason { get; init; } = "";

    public RefusalForm Refusal { get; init; }

    /// <summary>Where the refused client is sent instead; null: nowhere.</summary>
    public string? Redirect { get; init; }

    /// <summary>Words of the rules that matched, with commas between; null: none.</summary>
    public string? Tags { get; init; }

    /// <summary>Neither stored nor answered from the cache.</summary>
    public bool BypassesCache { get; init; }

    /// <summary>The rule that has its octets written down; null: none.</summary>
    public string? CapturedBy { get; init; }

    /// <summary>The name of the upstream where it goes; null: where it would go anyway.</summary>
    public string? Route { get; init; }

    /// <summary>The host that is dialled instead; null: the one that is asked for.</summary>
    public string? DialAs { get; init; }

    /// <summary>What paces its octets; null: nothing does.</summary>
    public Bandwidth? Bandwidth { get; init; }

    /// <summary>Where <see cref="Status"/> is 429: when it is worth to try again (RFC 9110 s.10.2.3).</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>As it stands in records: <c>allow</c>, <c>deny</c> or <c>report</c>.</summary>
    public string Outcome => Denies ? "deny" : Reports ? "report" : "allow";

    /// <summary>Where in its policy it was decided: rules on answers before that are still to be asked.</summary>
    internal int Position { get; init; }

    /// <summary>What it says, decided after what <paramref name="carried"/> has gathered.</summary>
    internal Verdict After(Verdict? carried) =>
        carried is null ? this
        : carried.Reports && !Denies ? carried.Adding(this) with { Position = Position }
        : Gathering(carried, this);

    /// <summary>The same with what a rule adds that decides nothing.</summary>
    internal Verdict Adding(Verdict more) =>
        Gathering(this, more);

    /// <summary>The same, let through, with the refusal of a rule on trial; the first one stays.</summary>
    internal Verdict Noting(Verdict refusal) =>
        Reports ? Adding(refusal) : refusal.AsReport().Gathering(this, refusal) with { Position = Position };

    /// <summary>What it says of a tunnel that is to be allowed twice, by another name too.</summary>
    internal Verdict And(Verdict other)
    {
        var tags = other.Tags?.Split(',').Except(Tags?.Split(',') ?? []).ToList() is { Count: > 0 } more ? Join(Tags, string.Join(',', more)) : Tags;
        return (other.Denies || other.Reports && !Reports ? other : this) with { Tags = tags, Bandwidth = Bandwidth ?? other.Bandwidth };
    }

    internal Verdict AsReport() => this with { Denies = false, Reports = true };

    /// <summary>The same with what both say beside their decision; of what there can be only one the earlier has it.</summary>
    private Verdict Gathering(Verdict first, Verdict then) => this with
    {
        Tags = Join(first.Tags, then.Tags),
        BypassesCache = first.BypassesCache || then.BypassesCache,
        CapturedBy = first.CapturedBy ?? then.CapturedBy,
        Route = first.Route ?? then.Route,
        DialAs = first.DialAs ?? then.DialAs,
        Bandwidth = first.Bandwidth ?? then.Bandwidth,
    };

    private static string? Join(string? tags, string? more) => tags is null ? more : more is null ? tags : $"{tags},{more}";
}
