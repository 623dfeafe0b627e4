namespace Sluice.Policy;

/// <summary>A censor ready to judge, and all that was wrong with its policies and lists.</summary>
/// <param name="Censor">Judges by what could be read: a rule whose list is missing matches nothing.</param>
/// <param name="Problems">In the order of policies, rules and lines; empty where all is well.</param>
public sealed record CensorLoad(Censor Censor, IReadOnlyList<PolicyProblem> Problems);
