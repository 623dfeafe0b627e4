namespace Sluice.Policy;

/// <summary>What the censor says of one request: the answer, and why.</summary>
public sealed record Verdict
{
    /// <summary>Nothing spoke against it: no policy, or a default of allow. Shared, so allowing costs nothing.</summary>
    public static readonly Verdict Allowed = new();

    public bool Denies { get; init; }

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

    /// <summary>Neither stored nor answered from the cache.</summary>
    public bool BypassesCache { get; init; }

    /// <summary>As it stands in records: <c>allow</c> or <c>deny</c>.</summary>
    public string Outcome => Denies ? "deny" : "allow";
}
